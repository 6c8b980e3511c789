package functions

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"time"
)

const (
	hostVersion = "4.1037.0.0"
	userAgent   = "Azure-Functions-Host/" + hostVersion

	chunkSize     = 1 << 10  // the host's writer flushes about so much at a time
	largestAnswer = 64 << 20 // the real host would take 2 GiB
)

var (
	errStopping = errors.New("the host is stopping")
	errTimeout  = errors.New("functionTimeout was exceeded")
	errNeverUp  = errors.New("the handler never became ready: initialization timed out and host is shutting down")
)

// invoke posts one envelope to the handler and tells whether the invocation
// counts as a success. After functionTimeout it has the process killed, with
// everything else that runs in it.
func (h *Host) invoke(function string, envelope []byte, trace string) error {
	if !h.calls.begin() {
		return errStopping
	}
	defer h.calls.end()
	id, began := newGUID(), time.Now()
	logs, err := h.limited(func(ctx context.Context) ([]string, error) {
		return h.post(ctx, function, id, envelope, trace)
	})
	for _, line := range logs {
		h.emit(Event{Kind: Line, Function: function, ID: id, Line: line})
	}
	e := Event{Kind: Ran, Function: function, ID: id, Took: time.Since(began)}
	if err != nil {
		e.Kind, e.Level, e.Err = Failed, slog.LevelError, err
	}
	h.emit(e)
	return err
}

// limited runs one call once the handler is ready and waits for it no longer
// than functionTimeout.
func (h *Host) limited(call func(context.Context) ([]string, error)) ([]string, error) {
	ctx, cancel := context.WithCancel(h.life)
	defer cancel()
	type outcome struct {
		logs []string
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		if err := h.awaitHandler(ctx); err != nil {
			done <- outcome{nil, err}
			return
		}
		logs, err := call(ctx)
		done <- outcome{logs, err}
	}()
	var timeout <-chan time.Time
	if h.file.functionTimeout > 0 {
		timeout = time.After(h.file.functionTimeout)
	}
	select {
	case o := <-done:
		return o.logs, o.err
	case <-timeout:
	}
	p := h.worker.current()
	sleep(h.life, h.pace.grace) // for a cancellation that the host never sends
	h.worker.restart(p)
	cancel()
	<-done
	return nil, fmt.Errorf("%w (%v): the handler is killed and restarted", errTimeout, h.file.functionTimeout)
}

// awaitHandler waits until the handler can be called. If that takes four
// times initializationTimeout, the host gives up altogether.
func (h *Host) awaitHandler(ctx context.Context) error {
	ready := h.worker.answers()
	select {
	case <-ready:
		return nil
	default:
	}
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		return errStopping
	case <-time.After(4 * h.file.initializationTimeout):
		h.fail(errNeverUp)
		return errNeverUp
	}
}

// post makes the HTTP call of an invocation and judges the answer. Where the
// host would wait on in spite of an answer, it returns when ctx ends.
func (h *Host) post(ctx context.Context, function, id string, envelope []byte, trace string) ([]string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url+"/"+function, h.body(envelope))
	if err != nil {
		return nil, fmt.Errorf("calling the handler: %w", err)
	}
	req.ContentLength = int64(len(envelope))
	if !h.cfg.ContentLength {
		req.ContentLength = -1 // chunked
	}
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(h.body(envelope)), nil }
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("X-Azure-Functions-HostVersion", hostVersion)
	req.Header.Set("X-Azure-Functions-InvocationId", id)
	if trace != "" {
		req.Header.Set("traceparent", trace)
	}
	p := h.worker.current()
	resp, err := h.client.Do(req)
	if err != nil {
		h.notice(p)
		return nil, fmt.Errorf("calling the handler: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // everything wanted has been read
	answer, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the handler's answer: %w", err)
	case len(answer) > largestAnswer:
		return nil, fmt.Errorf("the handler's answer is larger than %d MiB", largestAnswer>>20)
	}
	v := judge(resp.StatusCode, resp.Header.Get("Content-Type"), answer)
	if v.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return v.logs, v.err
}

// notice gives the host a moment to see that a call broke because its process
// died, so that a message given back now is met by the next process.
func (h *Host) notice(p *process) {
	select {
	case <-p.exited:
	case <-h.life.Done():
	case <-time.After(h.pace.notice):
	}
}

// body reads an envelope in pieces, each of which becomes a chunk.
func (h *Host) body(envelope []byte) io.Reader { return pieces{bytes.NewReader(envelope)} }

type pieces struct{ io.Reader }

func (p pieces) Read(b []byte) (int, error) {
	return p.Reader.Read(b[:min(len(b), chunkSize)])
}

var traceparent = regexp.MustCompile(`^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$`)

// trace is the traceparent of a call: none without Application Insights, else
// a new span in the trace of parent, or in a new one that is not sampled.
func (h *Host) trace(parent string) string {
	if v, _ := h.env.lookup("APPLICATIONINSIGHTS_CONNECTION_STRING"); v == "" {
		return ""
	}
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	if m := traceparent.FindStringSubmatch(parent); m != nil {
		return fmt.Sprintf("00-%s-%x-%s", m[1], b[16:], m[2])
	}
	return fmt.Sprintf("00-%x-%x-00", b[:16], b[16:])
}
