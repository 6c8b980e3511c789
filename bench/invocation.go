package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/busbell/busbell/internal/azfunc"
)

// invocation measures the door with nothing behind it: one call after the
// other without a network, and 200 at once over connections of this process,
// which holds the callers too.
func invocation(ctx context.Context, _ *lab) ([]line, error) {
	door := &azfunc.Door{Log: slog.New(slog.DiscardHandler), Routes: map[string]azfunc.Route{
		eventRoute: {Function: azfunc.OnMessage(func(context.Context, azfunc.Message) error { return nil }), Deadline: time.Minute},
	}}
	ours, baseline := door.Handler(ctx), http.HandlerFunc(nothing)
	envelope := eventEnvelope()
	alone, err := inTurns(7, calls(ours, envelope), calls(baseline, envelope))
	if err != nil {
		return nil, err
	}
	together, err := inTurns(5, crowd(ours, envelope), crowd(baseline, envelope))
	if err != nil {
		return nil, err
	}
	const beside = "an empty net/http handler"
	return []line{
		{What: "one invocation alone, no I/O", Unit: "µs", pair: alone, Budget: atMost(100), Beside: beside},
		{What: "invocations at 200 concurrent, callers included", Unit: "/s", pair: together, Budget: atLeast(15_000), Beside: beside},
	}, nil
}

// nothing reads a request and answers {}.
func nothing(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}")
}

// calls measures the median call of a handler, in microseconds.
func calls(h http.Handler, envelope []byte) func() (float64, error) {
	return func() (float64, error) {
		times := make([]float64, 2000)
		for i := range times {
			r, err := http.NewRequest(http.MethodPost, eventRoute, bytes.NewReader(envelope))
			if err != nil {
				return 0, err
			}
			w := &answer{header: http.Header{}, status: http.StatusOK}
			begun := time.Now()
			h.ServeHTTP(w, r)
			times[i] = microseconds(time.Since(begun))
			if w.status != http.StatusOK {
				return 0, fmt.Errorf("answered %d", w.status)
			}
		}
		return median(times), nil
	}
}

// crowd measures how many calls a second a server of the handler answers.
func crowd(h http.Handler, envelope []byte) func() (float64, error) {
	return func() (float64, error) {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return 0, fmt.Errorf("listen: %w", err)
		}
		server := &http.Server{Handler: h}
		go func() { _ = server.Serve(l) }()
		defer func() { _ = server.Close() }()
		return load(l.Addr().String(), request(eventRoute, envelope), 200, 700*time.Millisecond)
	}
}

// An answer keeps the status of a call.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) Write(b []byte) (int, error) { return len(b), nil }
func (a *answer) WriteHeader(status int)      { a.status = status }

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
