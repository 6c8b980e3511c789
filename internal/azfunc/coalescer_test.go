package azfunc

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A pass is a run that a test watches: it takes a minute of the test's clock.
type pass struct {
	runs, going int
	lived       []time.Duration // how long each was to live, 0 without a deadline
}

func (p *pass) run(ctx context.Context) error {
	p.runs++
	p.going++
	defer func() { p.going-- }()
	if p.going > 1 {
		return errors.New("two at a time")
	}
	var lives time.Duration
	if deadline, ok := ctx.Deadline(); ok {
		lives = time.Until(deadline)
	}
	p.lived = append(p.lived, lives)
	select {
	case <-time.After(time.Minute):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// start calls do in the background and recoalescer where its result will be.
func start(ctx context.Context, t *coalescer, f func(context.Context) error) <-chan error {
	result := make(chan error, 1)
	go func() { result <- t.do(ctx, f) }()
	synctest.Wait() // it has joined
	return result
}

func TestWaitingRunsShareOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pass
		var runs coalescer
		begun := time.Now()
		first := start(t.Context(), &runs, p.run)
		time.Sleep(time.Second)
		var waiting []<-chan error
		for range 5 {
			waiting = append(waiting, start(t.Context(), &runs, p.run))
		}
		if err := <-first; err != nil || time.Since(begun) != time.Minute {
			t.Errorf("first: %v after %v", err, time.Since(begun))
		}
		synctest.Wait()
		later := start(t.Context(), &runs, p.run) // the second is going already
		for _, w := range waiting {
			if err := <-w; err != nil || time.Since(begun) != 2*time.Minute {
				t.Errorf("waiting: %v after %v", err, time.Since(begun))
			}
		}
		if err := <-later; err != nil || time.Since(begun) != 3*time.Minute {
			t.Errorf("later: %v after %v", err, time.Since(begun))
		}
		if p.runs != 3 {
			t.Errorf("%d runs, want 3", p.runs)
		}
		if err := <-start(t.Context(), &runs, p.run); err != nil || p.runs != 4 {
			t.Errorf("%d runs, want 4; error %v", p.runs, err)
		}
	})
}

func TestEachWaitsOnlyAsLongAsItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		within := func(d time.Duration) context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			t.Cleanup(cancel)
			return ctx
		}
		var p pass
		var runs coalescer
		first := start(within(90*time.Second), &runs, p.run)
		before := start(within(30*time.Second), &runs, p.run) // ends before the second run begins
		short := start(within(90*time.Second), &runs, p.run)  // ends in its midst
		long := start(within(10*time.Minute), &runs, p.run)   // keeps it alive
		if err := <-before; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("before: %v", err)
		}
		if err := <-first; err != nil {
			t.Errorf("first: %v", err)
		}
		if err := <-short; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("short: %v", err)
		}
		if err := <-long; err != nil {
			t.Errorf("long: %v", err)
		}
		if p.runs != 2 || p.lived[0] != 90*time.Second || p.lived[1] != 9*time.Minute {
			t.Errorf("%d runs, to live %v", p.runs, p.lived)
		}
	})
}

func TestRunThatNobodyWantsIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pass
		var runs coalescer
		one, leaveOne := context.WithCancel(t.Context())
		two, leaveTwo := context.WithCancel(t.Context())
		begun := time.Now()
		first := start(t.Context(), &runs, p.run)
		a := start(one, &runs, p.run)
		b := start(two, &runs, p.run)
		if err := <-first; err != nil {
			t.Errorf("first: %v", err)
		}
		leaveOne()
		if err := <-a; !errors.Is(err, context.Canceled) {
			t.Errorf("a: %v", err)
		}
		synctest.Wait()
		if p.going != 1 {
			t.Error("the run was cancelled although b wants it")
		}
		leaveTwo()
		if err := <-b; !errors.Is(err, context.Canceled) {
			t.Errorf("b: %v", err)
		}
		if p.going != 0 || time.Since(begun) != time.Minute {
			t.Errorf("going %d after %v", p.going, time.Since(begun))
		}
	})
}

func TestRunThatNobodyWaitsForNeverBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pass
		var runs coalescer
		ctx, leave := context.WithCancel(t.Context())
		first := start(t.Context(), &runs, p.run)
		second := start(ctx, &runs, p.run)
		leave()
		if err := <-second; !errors.Is(err, context.Canceled) {
			t.Errorf("second: %v", err)
		}
		if err := <-first; err != nil {
			t.Errorf("first: %v", err)
		}
		synctest.Wait()
		if p.runs != 1 {
			t.Errorf("%d runs, want 1", p.runs)
		}
	})
}

func TestNextRunWaitsForOneThatIgnoresItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pass
		var runs coalescer
		ctx, leave := context.WithCancel(t.Context())
		stubborn := start(ctx, &runs, func(context.Context) error { return p.run(context.Background()) })
		leave()
		next := start(t.Context(), &runs, p.run)
		begun := time.Now()
		if err := <-stubborn; err != nil { // it was done after all
			t.Errorf("stubborn: %v", err)
		}
		if err := <-next; err != nil || time.Since(begun) != 2*time.Minute {
			t.Errorf("next: %v after %v", err, time.Since(begun))
		}
	})
}

func TestPanicOfASharedRunReachesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pass
		var runs coalescer
		broken := func(context.Context) error { panic("oh") }
		first := start(t.Context(), &runs, p.run)
		a, b := start(context.WithoutCancel(t.Context()), &runs, broken), start(t.Context(), &runs, broken)
		if err := <-first; err != nil {
			t.Errorf("first: %v", err)
		}
		stacks := 0
		for _, result := range []<-chan error{a, b} {
			err := <-result
			if err == nil || !strings.Contains(err.Error(), "panic: oh") {
				t.Errorf("error %v", err)
			}
			if _, ok := errors.AsType[*panicked](err); ok {
				stacks++
			}
		}
		if stacks != 1 {
			t.Errorf("%d stacks, want 1", stacks)
		}
		if err := <-start(t.Context(), &runs, p.run); err != nil {
			t.Errorf("after the panic: %v", err)
		}
	})
}
