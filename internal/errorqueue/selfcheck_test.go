package errorqueue_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/source"
)

// ownQueueDriver also watches our own queue busbell-events, and the sources that are
// implied.
func ownQueueDriver(t *testing.T) *driver {
	t.Helper()
	d := newDriver(t)
	d.OwnQueues = []string{"busbell-events"}
	d.Implied = source.Implied(d.Sources, d.OwnQueues...)
	for _, entity := range []string{"error/$DeadLetterQueue", "busbell-events", "busbell-events/$DeadLetterQueue"} {
		d.queues[entity] = &queue{}
	}
	return d
}

// why is what the chat heard as the cause of the troubles of a pass.
func (d *driver) why(t *testing.T) string {
	t.Helper()
	d.now = d.now.Add(2 * time.Minute)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var causes []string
	for _, n := range d.chat.said {
		for _, f := range n.Facts {
			if f.Name == "Why" {
				causes = append(causes, f.Value.Plain())
			}
		}
	}
	d.chat.said = nil
	return strings.Join(causes, "\n")
}

func TestBesideNamesEachPlaceOnce(t *testing.T) {
	named := []source.Source{
		{Queue: "error"},
		{Queue: "Billing_error"},
		{Queue: "billing_error", DeadLetter: true},
		{Queue: "billing", DeadLetter: true},
		{Topic: "orders", Subscription: "invoicing", DeadLetter: true},
	}
	var got []string
	for _, p := range source.Implied(named, "busbell-events", "error") {
		got = append(got, p.Entity())
	}
	if want := []string{"error/$DeadLetterQueue", "busbell-events/$DeadLetterQueue"}; !slices.Equal(got, want) {
		t.Errorf("beside: %q, want %q", got, want)
	}
}

func TestAnErrorQueueThatDeadLettersIsSaid(t *testing.T) {
	d := ownQueueDriver(t)
	d.queues["error/$DeadLetterQueue"].fail(2, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t),
		"post: 2 failed OrderPlaced in shop.billing: CardExpired",
		"post: error dead-letters what it holds")
	d.queues["error/$DeadLetterQueue"].fail(1, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t), "update: 3 failed OrderPlaced in shop.billing: CardExpired")
	d.queues["error/$DeadLetterQueue"].messages = nil
	heard := d.pass(t)
	if !slices.Contains(heard, "update: Resolved: error no longer dead-letters") {
		t.Errorf("heard %q", heard)
	}
}

// A pattern that finds the dead-letter queue of an error queue says no less.
func TestAnErrorQueueThatDeadLettersIsSaidThoughAPatternFindsIt(t *testing.T) {
	d := ownQueueDriver(t)
	d.Sources = append(d.Sources, source.Source{Queue: "*", DeadLetter: true})
	d.Find = func(context.Context, source.Query) ([]source.Entity, []source.Unlisted) {
		return []source.Entity{{Queue: "error"}, {Queue: "shop.billing"}}, nil
	}
	d.queues["shop.billing/$DeadLetterQueue"] = &queue{}
	d.queues["error/$DeadLetterQueue"].fail(2, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t),
		"post: 2 failed OrderPlaced in shop.billing: CardExpired",
		"post: error dead-letters what it holds")
}

func TestWhatWaitsInOurOwnQueuesIsSaid(t *testing.T) {
	d := ownQueueDriver(t)
	q := d.queues["busbell-events"]
	q.messages = []message.Message{
		{SequenceNumber: 1, EnqueuedAt: d.now.Add(-time.Hour), State: message.Scheduled},
		{SequenceNumber: 2, EnqueuedAt: d.now.Add(-time.Hour), State: message.Deferred},
		{SequenceNumber: 3, EnqueuedAt: d.now.Add(-12 * time.Minute)},
	}
	wantHeard(t, d.pass(t))
	if why := d.why(t); !strings.Contains(why, "has waited since 17 April 08:48 UTC") || !strings.Contains(why, "function disabled") {
		t.Errorf("says %q", why)
	}
	wantHeard(t, d.pass(t))
	q.messages = nil
	wantHeard(t, d.pass(t),
		"reply: Taken up again after 4m0s.",
		"update: Resolved: nothing waits any more in busbell-events")
}

func TestWhatOurOwnQueuesDeadLetterIsAFailure(t *testing.T) {
	d := ownQueueDriver(t)
	d.queues["busbell-events/$DeadLetterQueue"].fail(1, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t), "post: 1 failed OrderPlaced in shop.billing: CardExpired")
}

func TestMissingUnnamedQueueIsNotReported(t *testing.T) {
	d := ownQueueDriver(t)
	missing := fmt.Errorf("read it: %w", message.ErrMissing)
	for _, entity := range []string{"error/$DeadLetterQueue", "busbell-events", "busbell-events/$DeadLetterQueue"} {
		d.queues[entity].err = missing
	}
	d.now = d.now.Add(time.Minute)
	var log strings.Builder
	d.Log = slog.New(slog.NewTextHandler(&log, nil))
	if p, err := d.Run(t.Context()); err != nil || p.Unreadable != 0 || strings.Contains(log.String(), "deep") {
		t.Errorf("%d blind, %v, logged %s", p.Unreadable, err, log.String())
	}
	wantHeard(t, d.chat.heard())
	d.queues["error"].err = missing
	d.queues["error/$DeadLetterQueue"].err = errors.New("no network")
	d.queues["busbell-events"].err = fmt.Errorf("read busbell-events: %w", message.ErrForbidden)
	wantHeard(t, d.pass(t), "post: Cannot read busbell-events", "post: Cannot read error")
}

func TestAnotherCauseIsSaid(t *testing.T) {
	d := newDriver(t)
	q := d.queues["error"]
	for _, tt := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("read error: %w: first wording", message.ErrBusy), "first wording"},
		{fmt.Errorf("read error: %w: second wording", message.ErrBusy), ""},
		{fmt.Errorf("read error: %w: ask for the right", message.ErrForbidden), "ask for the right"},
	} {
		q.err = tt.err
		if why := d.why(t); !strings.Contains(why, tt.want) || tt.want == "" && why != "" {
			t.Errorf("%v: says %q", tt.err, why)
		}
	}
}

func TestAToolThatDrainsAQueueIsSaidOnce(t *testing.T) {
	d := newDriver(t)
	d.RemindAfter = time.Hour
	q := d.queues["error"]
	number := int64(0)
	come := func(skipped int64) {
		q.messages = nil
		q.fail(1, "OrderPlaced", "CardExpired")
		number += skipped + 1
		q.messages[0].SequenceNumber = number
	}
	said := 0
	for i := range 60 { // with pauses in which the queue is empty
		q.messages = nil
		if i%10 == 0 {
			come(8)
		}
		for _, line := range d.pass(t) {
			if strings.Contains(line, "Somebody else takes messages from error") {
				said++
			}
		}
	}
	if said != 1 {
		t.Errorf("said %d times, want once", said)
	}
}

func TestAPassThatComesLateIsSaid(t *testing.T) {
	d := newDriver(t)
	for range 3 {
		d.pass(t)
	}
	d.now = d.now.Add(3 * time.Hour)
	if why := d.why(t); !strings.Contains(why, "ended at 17 April 09:06 UTC, 3h2m0s ago; 2m0s lay between") {
		t.Errorf("says %q", why)
	}
	d.now = d.now.Add(2 * time.Minute)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantHeard(t, d.chat.heard(), "reply: In time again after 3h4m0s.", "update: Resolved: failures are looked for in time again")
}

// Lateness is about us: in which order the sources stand says nothing.
func TestLatenessKeepsItsIncidentWhenSourcesChangePlaces(t *testing.T) {
	d := newDriver(t)
	for range 3 {
		d.pass(t)
	}
	d.wait(3 * time.Hour)
	if why := d.why(t); !strings.Contains(why, "3h2m0s ago") {
		t.Errorf("says %q", why)
	}
	d.chat.heard()
	d.Sources[0], d.Sources[1] = d.Sources[1], d.Sources[0]
	d.wait(6 * time.Hour)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantHeard(t, d.chat.heard(), "update: Failures were not looked for in time")
	d.wait(2 * time.Minute)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantHeard(t, d.chat.heard(), "reply: In time again after 9h4m0s.", "update: Resolved: failures are looked for in time again")
}

// hanging is a source that never answers.
type hanging struct{}

func (hanging) Peek(ctx context.Context, _ int64) iter.Seq2[message.Message, error] {
	return func(yield func(message.Message, error) bool) {
		<-ctx.Done()
		yield(message.Message{}, ctx.Err())
	}
}

func TestASourceThatHangsHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDriver(t)
		d.Connections = 2
		open := d.Open
		d.Sources = append([]source.Source{{Queue: "stuck"}}, d.Sources...)
		d.Open = func(p source.Source) source.Peeker {
			if p.Queue == "stuck" {
				return hanging{}
			}
			return open(p)
		}
		d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
		begun := time.Now()
		wantHeard(t, d.pass(t),
			"post: 1 failed OrderPlaced in shop.billing: CardExpired",
			"post: Cannot read stuck")
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("the pass took %s", took)
		}
	})
}

func TestAPassLeavesTimeToTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDriver(t)
		d.Open = func(source.Source) source.Peeker { return hanging{} }
		d.Connections = 1
		ctx, cancel := context.WithTimeout(t.Context(), 80*time.Second)
		defer cancel()
		if _, err := d.Run(ctx); !errors.Is(err, errorqueue.ErrUnreadable) {
			t.Errorf("error is %v, want ErrBlind", err)
		}
		if ctx.Err() != nil {
			t.Error("no time was left")
		}
		// One could not be read, the other's turn never came.
		wantHeard(t, d.chat.heard(), "post: Cannot read error", "post: Failures were not looked for in time")
	})
}

// Neither the queues of our own nor the sources wait for each other.
func TestAQueueOfOurOwnThatHangsTakesNoTimeOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDriver(t)
		d.OwnQueues = []string{"busbell-events"}
		d.Open = func(source.Source) source.Peeker { return hanging{} }
		begun := time.Now()
		if _, err := d.Run(t.Context()); !errors.Is(err, errorqueue.ErrUnreadable) {
			t.Errorf("error is %v, want ErrBlind", err)
		}
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("the pass took %s", took)
		}
	})
}

// A clock that was ahead, another machine's, must not make passes seem to be
// missing from then on: each of them would end alarms that nobody raised.
func TestAClockThatWasAheadIsForgotten(t *testing.T) {
	d := newDriver(t)
	d.pass(t)
	d.wrongly(t, 10*time.Minute)
	d.pass(t)
	d.pass(t)
	d.pager.heard()
	d.pass(t)
	wantHeard(t, d.pager.heard())
}

func TestWhenTextIsHiddenTroubleOfOursIsSaidAllTheSame(t *testing.T) {
	d := newDriver(t)
	masker, err := privacy.New(privacy.Config{Text: "hidden"})
	if err != nil {
		t.Fatal(err)
	}
	d.Masker = masker
	d.queues["error"].err = fmt.Errorf("link detached: %w", message.ErrForbidden)
	d.wait(2 * time.Minute)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if why := factOf(d.chat.said[0], "Why"); !strings.Contains(why, "link detached") {
		t.Errorf("why: %q", why)
	}
	d.chat.heard()
	wantHeard(t, d.pass(t))
}

func factOf(n notify.Notice, name string) string {
	for _, f := range n.Facts {
		if f.Name == name {
			return f.Value.Plain()
		}
	}
	return ""
}
