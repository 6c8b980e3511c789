package outbox_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox/pace"
)

func TestAPlaceIsPostedToInBurstsAndThenOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{}
		d := delivery(c)
		d.Paces = map[string]pace.Limit{"slack": {Every: time.Second, Burst: 3}}
		var all []notify.Notice
		for i := range 20 {
			all = append(all, announcement(fmt.Sprintf("a%02d", i)))
		}
		elsewhere := announcement("b")
		elsewhere.To = "#other"
		write(t, d, append(all, elsewhere)...)
		begun := time.Now()
		if out := deliver(t, d); out.Sent != 4 || out.Left != 17 || time.Since(begun) != 0 {
			t.Errorf("%+v after %s, want 4 at once", out, time.Since(begun))
		}
		d.Wait = 10 * time.Second
		if out := deliver(t, d); out.Sent != 10 || time.Since(begun) != 10*time.Second {
			t.Errorf("%+v after %s, want 10 in 10 s", out, time.Since(begun))
		}
		if out := deliver(t, d); out.Sent != 7 || !out.Oldest.IsZero() {
			t.Errorf("%+v, want the last 7", out)
		}
	})
}

func TestNoWaitingBeyondTheInvocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{}
		d := delivery(c)
		d.Wait, d.Paces = time.Hour, map[string]pace.Limit{"slack": {Every: time.Second, Burst: 1}}
		write(t, d, announcement("a"), announcement("b"), announcement("c"))
		ctx, cancel := contextFor(t, 17*time.Second) // a call may want 15 of them
		defer cancel()
		out, err := d.Deliver(ctx)
		if err != nil || out.Sent != 3 {
			t.Errorf("%+v, %v", out, err)
		}
		write(t, d, announcement("d"), announcement("e"))
		time.Sleep(time.Second)
		ctx, cancel = contextFor(t, 10*time.Second)
		defer cancel()
		if out, err := d.Deliver(ctx); err != nil || out.Sent != 1 || out.Left != 1 {
			t.Errorf("%+v, %v, want one left", out, err)
		}
	})
}

func TestNoMinuteHasMoreThanFortyEditsAndTheOldestComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{}
		d := delivery(c)
		d.Paces = map[string]pace.Limit{"slack": {Edits: 40}}
		for i := range 100 {
			said(t, d, announcement(fmt.Sprintf("a%02d", i)))
		}
		for i := 99; i >= 0; i-- { // the one with the last name is the oldest
			write(t, d, revision(fmt.Sprintf("a%02d/v2", i), fmt.Sprintf("a%02d", i), 2))
			time.Sleep(time.Millisecond)
		}
		c.said = nil
		var at []time.Time
		for len(at) < 100 {
			for range deliver(t, d).Sent {
				at = append(at, time.Now())
			}
			time.Sleep(100 * time.Millisecond)
		}
		for i := range len(at) - 40 {
			if within := at[i+40].Sub(at[i]); within < time.Minute {
				t.Fatalf("41 edits within %s", within)
			}
		}
		if took := at[99].Sub(at[0]); took > 250*time.Second {
			t.Errorf("100 edits took %s", took)
		}
		for i, what := range c.said {
			if want := fmt.Sprintf("update a%02d/v2", 99-i); what != want {
				t.Fatalf("said %s, want %s", what, want)
			}
		}
	})
}

func TestRetryAfterHoldsTheWholeChannelInAllProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{fail: []error{&notify.LaterError{After: 30 * time.Second, Err: errors.New("429")}}}
		d := delivery(c)
		write(t, d, announcement("a"), announcement("b"))
		_, _ = d.Deliver(t.Context())
		other := delivery(c)
		other.Ledger = d.Ledger
		time.Sleep(29 * time.Second)
		if err := other.Send(t.Context(), announcement("c")); err != nil {
			t.Error(err)
		}
		if out := deliver(t, other); out.Left != 2 { // a is not due
			t.Errorf("%+v", out)
		}
		wantSaid(t, c)
		time.Sleep(time.Second)
		deliver(t, other)
		wantSaid(t, c, "post a", "post b", "post c")
	})
}

// conversations.history has a limit of its own, and is asked first after an
// unknown outcome: while it lasts, what is new is still said.
func TestALimitOfLookUpsHoldsNoPost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{fail: []error{notify.ErrUnknown}, acceptUnknown: true}
		d := delivery(c)
		write(t, d, announcement("a"))
		_, _ = d.Deliver(t.Context())
		c.findErr = &notify.LaterError{After: 30 * time.Second, Err: errors.New("429"), Limited: true}
		want := []string{"post a"}
		for i := range 8 {
			time.Sleep(2 * time.Minute)
			write(t, d, announcement(fmt.Sprintf("b%d", i)))
			_, _ = d.Deliver(t.Context())
			want = append(want, fmt.Sprintf("post b%d", i))
		}
		wantSaid(t, c, want...)
		if c.found == 0 || c.found > 8 {
			t.Errorf("asked %d times in 8 passes", c.found)
		}
		c.findErr = nil
		time.Sleep(2 * time.Minute)
		if out := deliver(t, d); out.Left != 0 {
			t.Errorf("%+v", out)
		}
		wantSaid(t, c, want...)
	})
}

func TestALimitHoldsItsDestinationInAllProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{fail: []error{&notify.LaterError{After: 30 * time.Second, Err: errors.New("429"), Limited: true}}}
		d := delivery(c)
		elsewhere := announcement("c")
		elsewhere.To = "#other"
		write(t, d, announcement("a"), announcement("b"), elsewhere)
		_, _ = d.Deliver(t.Context())
		wantSaid(t, c, "post c")
		other := delivery(c)
		other.Ledger = d.Ledger
		write(t, other, announcement("d"))
		time.Sleep(29 * time.Second)
		_, _ = other.Deliver(t.Context())
		wantSaid(t, c, "post c")
		time.Sleep(time.Second)
		deliver(t, other)
		wantSaid(t, c, "post c", "post b", "post d", "post a")
	})
}

func TestAShortRetryAfterIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{fail: []error{&notify.LaterError{After: 2 * time.Second, Err: errors.New("429")}}}
		d := delivery(c)
		d.Wait = 5 * time.Second
		write(t, d, announcement("a"), announcement("b"))
		_, _ = d.Deliver(t.Context())
		wantSaid(t, c, "post a", "post b")
	})
}

func TestRetryAfterIsObeyedWhenLookingUpToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{fail: []error{notify.ErrUnknown}, acceptUnknown: true}
		d := delivery(c)
		write(t, d, announcement("a"))
		_, _ = d.Deliver(t.Context())
		time.Sleep(time.Minute)
		c.findErr = &notify.LaterError{After: 5 * time.Minute, Err: errors.New("429")}
		write(t, d, announcement("b"))
		_, _ = d.Deliver(t.Context())
		c.findErr = nil
		time.Sleep(4 * time.Minute)
		deliver(t, d)
		if c.found != 1 {
			t.Errorf("asked %d times within five minutes, want 1", c.found)
		}
		time.Sleep(time.Minute)
		deliver(t, d)
		wantSaid(t, c, "post a", "post b")
	})
}
