package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A tour is one channel's part of a Deliver, Say or Show.
type tour struct {
	d      *Delivery
	origin Origin
	name   string
	ch     Channel

	sites   sites
	sitesMu *sync.Mutex // the tours share the sites

	ends time.Time // no waiting beyond
	out  Outcome
	errs []error
	more []*record // pages that are to be announced anew
}

// Why a notice stays where it is, for now.
var (
	errPageFirst = errors.New("its page comes first")
	errMoot      = errors.New("nobody needs it any more")
	errTaken     = errors.New("somebody else has it")
)

// pacedError holds a notice back: the channel's pace, or somebody else who is
// changing the page.
type pacedError struct{ wait time.Duration }

func (e *pacedError) Error() string { return "not for another " + e.wait.String() }

// run works through the channel's queue, round by round, as long as the next
// notice may be sent before the time for waiting is over.
func (t *tour) run(ctx context.Context, queue []*record) (Outcome, error) {
	if t.ch == nil {
		return t.nowhere(ctx, queue)
	}
	queue = inOrder(queue)
	for len(queue) > 0 {
		left, wait := t.round(ctx, queue)
		queue = append(t.more, left...)
		again := len(t.more) > 0 && wait == 0
		t.more = nil
		if !again && (wait == 0 || !t.sleep(ctx, wait)) {
			break
		}
	}
	t.out.Left += len(queue)
	return t.out, errors.Join(t.errs...)
}

// offAfter is how long a channel that is not set up is waited for.
const offAfter = 24 * time.Hour

// nowhere is the tour of a channel that is not set up. It may be in a moment,
// when a setting was lost; after a day somebody meant it.
func (t *tour) nowhere(ctx context.Context, queue []*record) (Outcome, error) {
	errs := []error{fmt.Errorf("%d notices wait for the channel %q, which is not set up", len(queue), t.name)}
	for _, r := range queue {
		s := pending
		if r.waited > offAfter {
			var err error
			s, err = t.finish(ctx, r, dead)
			errs = append(errs, err)
		}
		t.out.count(s)
	}
	return t.out, errors.Join(errs...)
}

// note keeps an error, once: a notice may be tried several times on a tour.
func (t *tour) note(err error) {
	if !slices.ContainsFunc(t.errs, func(known error) bool { return known.Error() == err.Error() }) {
		t.errs = append(t.errs, err)
	}
}

// round takes each notice as far as it goes. It returns those that are held
// back, and after which time the first of them may go on, 0 if waiting does
// not help.
func (t *tour) round(ctx context.Context, queue []*record) (left []*record, wait time.Duration) {
	for i, r := range queue {
		if err := ctx.Err(); err != nil {
			t.errs = append(t.errs, fmt.Errorf("%s: %d notices left: %w", t.name, len(queue)-i, err))
			return append(left, queue[i:]...), 0
		}
		if held := t.held(); held > 0 {
			return append(left, queue[i:]...), held
		}
		s, err := t.one(ctx, r)
		paced, isPaced := errors.AsType[*pacedError](err)
		switch {
		case isPaced:
			left = append(left, r)
			wait = soonest(wait, paced.wait)
			continue
		case errors.Is(err, errPageFirst):
			left = append(left, r)
			continue
		case errors.Is(err, errTaken):
			continue
		}
		if err != nil {
			t.note(fmt.Errorf("%s: notice %s: %w", t.name, r.Notice.Key, err))
		}
		if t.held() > 0 && !s.finished() {
			left = append(left, r)
			continue
		}
		t.out.count(s)
	}
	if held := t.held(); held > 0 && len(left) > 0 {
		return left, held
	}
	return left, wait
}

// held is how long the channel asked to be left alone.
func (t *tour) held() time.Duration {
	return max(t.site(Destination{Channel: t.name}).held.Sub(t.d.now()), 0)
}

// sleep waits, if that ends in time.
func (t *tour) sleep(ctx context.Context, wait time.Duration) bool {
	if t.d.now().Add(wait).After(t.ends) {
		return false
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) < wait+t.d.lease()/4 {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func soonest(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

func (o *Outcome) count(s stage) {
	switch s {
	case sent:
		o.Sent++
	case moot:
		o.Moot++
	case dead:
		o.Dead++
	default:
		o.Left++
	}
}
