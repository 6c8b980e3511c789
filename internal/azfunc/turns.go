package azfunc

import (
	"context"
	"errors"
	"sync"
	"time"
)

// turns lets one run go at a time. A call that finds one going waits; all that
// wait share the one that follows. The zero value is ready to use.
type turns struct {
	mu    sync.Mutex
	going *turn
	next  *turn
}

// A turn is one run and those who want its result.
type turn struct {
	first    context.Context // of the call that asked first: gives the values
	run      func(context.Context) error
	waiting  int
	endless  bool      // one of them has no deadline
	deadline time.Time // the last one of theirs
	cancel   context.CancelCauseFunc
	done     chan struct{}
	err      error // once done
}

// do runs f, or shares a run with others. It returns when that run ends, or
// when ctx ends and others still want the run or it has not begun. If nobody
// wants the run any more, its context is cancelled and do waits for its end.
func (t *turns) do(ctx context.Context, f func(context.Context) error) error {
	r := t.join(ctx, f)
	select {
	case <-r.done:
	case <-ctx.Done():
		if !t.leave(ctx, r) {
			return context.Cause(ctx)
		}
		<-r.done
	}
	if p, ok := errors.AsType[*panicked](r.err); ok && r.first != ctx {
		return errors.New(p.Error()) // its stack is logged by the first
	}
	return r.err
}

func (t *turns) join(ctx context.Context, f func(context.Context) error) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.next
	if r == nil {
		r = &turn{first: ctx, run: f, done: make(chan struct{})}
	}
	r.waiting++
	if deadline, ok := ctx.Deadline(); !ok {
		r.endless = true
	} else if deadline.After(r.deadline) {
		r.deadline = deadline
	}
	if t.going != nil {
		t.next = r
		return r
	}
	t.going = r
	go t.loop(r.begin(), r)
	return r
}

// leave reports whether nobody wants r any more although it is going.
func (t *turns) leave(ctx context.Context, r *turn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.waiting--
	switch {
	case r.waiting > 0:
		return false
	case r == t.next:
		t.next = nil
		return false
	}
	if r.endless || time.Now().Before(r.deadline) {
		r.cancel(context.Cause(ctx))
	} // else it ends by itself, and can say that it was its deadline
	return true
}

// loop runs r and the turns that come up meanwhile.
func (t *turns) loop(ctx context.Context, r *turn) {
	for r != nil {
		r.err = guard(func() error { return r.run(ctx) })
		r.cancel(nil)
		ctx, r = t.advance(r)
	}
}

func (t *turns) advance(ended *turn) (context.Context, *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(ended.done)
	t.going, t.next = t.next, nil
	if t.going == nil {
		return nil, nil
	}
	return t.going.begin(), t.going
}

// begin makes the context of the run. From here on nobody joins it.
func (r *turn) begin() context.Context {
	ctx, stop := context.WithoutCancel(r.first), func() {}
	if !r.endless {
		ctx, stop = context.WithDeadline(ctx, r.deadline)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	r.cancel = func(cause error) { cancel(cause); stop() }
	return ctx
}
