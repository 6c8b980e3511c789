package azfunc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// serve runs one invocation and writes its answer.
func (t Route) serve(life context.Context, log *slog.Logger, w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	ctx := withInvocation(life, r)
	if t.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.Deadline)
		defer cancel()
	}
	if t.Function.trigger == nil {
		t.proxy(ctx, log, w, r)
		return
	}
	err := t.trigger(ctx, w, r)
	if err == nil {
		log.DebugContext(ctx, "invocation done", "duration", time.Since(begun))
		succeed(w)
		return
	}
	report(ctx, log, begun, err)
	answer(w, err)
}

// trigger reads the envelope and runs the function with it.
func (t Route) trigger(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	body := bodies.Get().(*bytes.Buffer)
	defer release(body)
	if err := readBody(w, r, body, MaxBody, bodyTimeout); err != nil {
		return err
	}
	return Guard(func() error {
		if t.Ready != nil {
			if err := t.Ready(ctx); err != nil {
				return err
			}
		}
		return t.Function.trigger(ctx, body.Bytes())
	})
}

// proxy passes the request to the function's HTTP handler.
func (t Route) proxy(ctx context.Context, log *slog.Logger, w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	r = r.WithContext(ctx)
	limit, within := int64(MaxBody), bodyTimeout
	if p := t.Function.public; p != nil {
		limit, within = MaxPublicBody, publicBodyTimeout
		done, err := p.enter(w, r)
		switch {
		case err != nil:
			report(ctx, log, begun, err)
			answer(w, err)
			return
		case done == nil:
			log.DebugContext(ctx, "request not admitted")
			return
		}
		defer done()
	}
	var body bytes.Buffer // not from the pool: the handler may keep it
	if err := readBody(w, r, &body, limit, within); err != nil {
		if t.Function.public == nil {
			report(ctx, log, begun, err)
		} else { // a stranger must not fill the log
			log.DebugContext(ctx, "request not read", "err", err)
		}
		refuse(w, err)
		return
	}
	r.Body = io.NopCloser(&body)
	r.ContentLength = int64(body.Len())
	rec := &recorder{ResponseWriter: w}
	err := Guard(func() error { t.Function.http.ServeHTTP(rec, r); return nil })
	switch {
	case err != nil && rec.status != 0:
		report(ctx, log, begun, err)
		panic(http.ErrAbortHandler) // a partial answer must not look complete
	case err != nil:
		report(ctx, log, begun, err)
		fail(w, http.StatusInternalServerError, "internal error") // the caller may be anybody
	case rec.status >= http.StatusInternalServerError && rec.status != http.StatusServiceUnavailable:
		report(ctx, log, begun, fmt.Errorf("answered %d", rec.status))
	default:
		log.DebugContext(ctx, "invocation done", "duration", time.Since(begun), "status", rec.status)
	}
}

// enter answers a request that is not to be read now, and returns nil. Otherwise
// done makes room for another one.
func (p *public) enter(w http.ResponseWriter, r *http.Request) (done func(), err error) {
	var ok bool
	err = Guard(func() (err error) { ok, err = p.admit(w, r); return err })
	if err != nil || !ok {
		return nil, err
	}
	select {
	case p.bodies <- struct{}{}:
		return func() { <-p.bodies }, nil
	default:
		w.Header().Set("Retry-After", "1")
		fail(w, http.StatusServiceUnavailable, "busy; try again")
		return nil, nil
	}
}

// Known marks an error that was logged as a whole, such as one that fails every
// invocation: the log of each repeats its beginning alone.
func Known(err error) error { return &known{err} }

type known struct{ error }

func (k *known) Unwrap() error { return k.error }

// maxKnown is how much of a known error is repeated, in characters.
const maxKnown = 300

// report logs a failed invocation.
func report(ctx context.Context, log *slog.Logger, begun time.Time, err error) {
	why := slog.Any("err", err)
	if _, ok := errors.AsType[*known](err); ok {
		if text := []rune(err.Error()); len(text) > maxKnown {
			why = slog.String("err", string(text[:maxKnown])+"…")
		}
	}
	attrs := []slog.Attr{slog.Duration("duration", time.Since(begun)), why}
	if p, ok := errors.AsType[*panicked](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	log.LogAttrs(ctx, slog.LevelError, "invocation failed", attrs...)
}

// Guard returns a panic of f as an error. The stack is logged with the failed
// invocation.
func Guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{value: v, stack: debug.Stack()}
		}
	}()
	return f()
}

// A panicked error is a recovered panic, with the stack of its goroutine.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// A recorder holds the status of a handler's answer; 0 means none yet.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
