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
	if err := readBody(w, r, body); err != nil {
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
	var body bytes.Buffer // not from the pool: the handler may keep it
	if err := readBody(w, r, &body); err != nil {
		report(ctx, log, begun, err)
		refuse(w, err)
		return
	}
	r = r.WithContext(ctx)
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
	case rec.status >= http.StatusInternalServerError:
		report(ctx, log, begun, fmt.Errorf("answered %d", rec.status))
	default:
		log.DebugContext(ctx, "invocation done", "duration", time.Since(begun), "status", rec.status)
	}
}

// Logged marks an error that is logged already, such as one that fails every
// invocation: the door answers with it and does not log it again.
func Logged(err error) error { return &logged{err} }

type logged struct{ error }

func (l *logged) Unwrap() error { return l.error }

// report logs a failed invocation.
func report(ctx context.Context, log *slog.Logger, begun time.Time, err error) {
	if _, ok := errors.AsType[*logged](err); ok {
		log.DebugContext(ctx, "invocation failed", "err", err)
		return
	}
	attrs := []slog.Attr{slog.Duration("duration", time.Since(begun)), slog.Any("err", err)}
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
