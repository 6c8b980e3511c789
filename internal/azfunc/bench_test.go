package azfunc

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// The recording that costs most to read, as a host sends it: 1.6 KB in chunks.
const recorded = "servicebus/dataType-binary/json-full.http"

func BenchmarkDecodeMessage(b *testing.B) {
	envelope := envelopeOf(b, recordings(b)[recorded])
	b.SetBytes(int64(len(envelope)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeMessages(envelope); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkInvocation times one call after the other, and 200 at a time, over
// keep-alive connections. Empty is the baseline: net/http with a handler that
// reads the body and answers {}.
func BenchmarkInvocation(b *testing.B) {
	nothing := func(context.Context, Message) error { return nil }
	door := &Door{Log: slog.New(slog.DiscardHandler), Routes: map[string]Route{
		"/FeatureEventTrigger": {Function: OnMessage(nothing), Deadline: 1 << 40},
		"/ErrorQueueTimer":     {Function: OnTimer(func(context.Context) error { return nil }), Deadline: 1 << 40},
	}}
	empty := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	})
	message, timer := recordings(b)[recorded], recordings(b)["timer/regular.http"]
	for _, concurrency := range []int{1, 200} {
		for _, bb := range []struct {
			name    string
			handler http.Handler
			request []byte
		}{
			{"message/empty", empty, message},
			{"message/door", door.Handler(b.Context()), message},
			{"timer/empty", empty, timer},
			{"timer/door", door.Handler(b.Context()), timer},
		} {
			b.Run(fmt.Sprintf("%s/%d", bb.name, concurrency), func(b *testing.B) {
				addr := benchServer(b, bb.handler)
				load(b, addr, bb.request, concurrency)
			})
		}
	}
}

func benchServer(b *testing.B, h http.Handler) net.Addr {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(l) }()
	b.Cleanup(func() { _ = server.Close() })
	return l.Addr()
}

// load sends b.N requests from a number of connections.
func load(b *testing.B, addr net.Addr, request []byte, connections int) {
	if connections == 1 {
		c := connect(b, addr)
		for b.Loop() {
			c.call(b, request)
		}
		return
	}
	b.SetParallelism(connections / runtime.GOMAXPROCS(0))
	b.RunParallel(func(pb *testing.PB) {
		c := connect(b, addr)
		for pb.Next() {
			c.call(b, request)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

type client struct {
	conn net.Conn
	r    *bufio.Reader
}

func connect(b *testing.B, addr net.Addr) client {
	conn := dial(b, addr)
	return client{conn, bufio.NewReader(conn)}
}

func (c client) call(b *testing.B, request []byte) {
	if _, err := c.conn.Write(request); err != nil {
		b.Error(err)
		return
	}
	if _, err := c.r.ReadString('{'); err != nil {
		b.Error(err)
		return
	}
	if rest, err := c.r.ReadString('}'); err != nil || strings.TrimSpace(rest) != "}" {
		b.Errorf("answer %q, error %v", rest, err)
	}
}
