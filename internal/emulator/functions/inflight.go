package functions

import (
	"context"
	"sync"
)

// inflight counts the invocations that run, until it is closed to new ones.
type inflight struct {
	mu     sync.Mutex
	n      int
	closed bool
	idle   chan struct{} // made by close, closed when the last one ends
}

// begin reports whether an invocation may start; end must follow.
func (f *inflight) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.n++
	return true
}

func (f *inflight) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n--
	if f.closed && f.n == 0 {
		close(f.idle)
	}
}

// close lets nothing begin any more.
func (f *inflight) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.closed, f.idle = true, make(chan struct{})
	if f.n == 0 {
		close(f.idle)
	}
}

// stopping reports whether close was called.
func (f *inflight) stopping() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

// drain waits, after close, for the last invocation and says how many were
// left when ctx ended.
func (f *inflight) drain(ctx context.Context) int {
	select {
	case <-f.idle:
		return 0
	case <-ctx.Done():
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.n
	}
}
