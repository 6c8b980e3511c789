package azfunc

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A coalescer allows one run at a time. Calls during a run wait, and share the
// next run. The zero value is ready to use.
type coalescer struct {
	mu      sync.Mutex
	running *sharedRun
	next    *sharedRun
}

// A sharedRun is one call of a function and the callers that want its result.
type sharedRun struct {
	first    context.Context // of the first caller: the run has its values
	f        func(context.Context) error
	waiting  int       // callers
	endless  bool      // one of them has no deadline
	deadline time.Time // the last of theirs
	cancel   context.CancelCauseFunc
	done     chan struct{}
	err      error // once done
}

// do runs f, or shares a run with other callers. It returns when the run ends. If
// ctx ends before, do returns at once as long as other callers wait for the run
// or the run has not begun; else it cancels the run and waits for its end.
func (c *coalescer) do(ctx context.Context, f func(context.Context) error) error {
	r := c.join(ctx, f)
	select {
	case <-r.done:
	case <-ctx.Done():
		if !c.leave(ctx, r) {
			return context.Cause(ctx)
		}
		<-r.done
	}
	if p, ok := errors.AsType[*panicked](r.err); ok && r.first != ctx {
		return errors.New(p.Error()) // its stack is logged by the first
	}
	return r.err
}

func (c *coalescer) join(ctx context.Context, f func(context.Context) error) *sharedRun {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.next
	if r == nil {
		r = &sharedRun{first: ctx, f: f, done: make(chan struct{})}
	}
	r.waiting++
	if deadline, ok := ctx.Deadline(); !ok {
		r.endless = true
	} else if deadline.After(r.deadline) {
		r.deadline = deadline
	}
	if c.running != nil {
		c.next = r
		return r
	}
	c.running = r
	go c.loop(r.begin(), r)
	return r
}

// leave removes a caller from r. It reports whether r is running without callers.
func (c *coalescer) leave(ctx context.Context, r *sharedRun) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.waiting--
	switch {
	case r.waiting > 0:
		return false
	case r == c.next:
		c.next = nil
		return false
	}
	if r.endless || time.Now().Before(r.deadline) {
		r.cancel(context.Cause(ctx))
	} // else the run ends by its own deadline, and its error says so
	return true
}

// loop runs r, and then the runs that were requested meanwhile.
func (c *coalescer) loop(ctx context.Context, r *sharedRun) {
	for r != nil {
		r.err = Guard(func() error { return r.f(ctx) })
		r.cancel(nil)
		ctx, r = c.advance(r)
	}
}

func (c *coalescer) advance(ended *sharedRun) (context.Context, *sharedRun) {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(ended.done)
	c.running, c.next = c.next, nil
	if c.running == nil {
		return nil, nil
	}
	return c.running.begin(), c.running
}

// begin returns the context of the run. No caller joins it after this.
func (r *sharedRun) begin() context.Context {
	ctx, stop := context.WithoutCancel(r.first), func() {}
	if !r.endless {
		ctx, stop = context.WithDeadline(ctx, r.deadline)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	r.cancel = func(cause error) { cancel(cause); stop() }
	return ctx
}
