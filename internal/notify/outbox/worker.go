package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox/protocol"
)

// A worker sends the notices of one channel.
type worker struct {
	*Due
	name    string
	channel notify.Channel
	rows    rows
	limits  protocol.Limits

	ends     time.Time            // the time for waiting is over
	retryAt  map[string]time.Time // by keys of notices: not to be tried before
	out      Outcome
	errs     []error
	reposted []*protocol.Record // pages that are to be posted again
}

// run sweeps over the queue of the channel, as long as another notice can be sent
// before the time for waiting is over.
func (w *worker) run(ctx context.Context, queue []*protocol.Record) error {
	if w.channel == nil {
		return w.unconfigured(ctx, queue)
	}
	queue = protocol.InOrder(queue)
	for len(queue) > 0 {
		left, wait := w.sweep(ctx, queue)
		again := len(w.reposted) > 0 && wait == 0
		queue, w.reposted = append(w.reposted, left...), nil
		if !again && (wait == 0 || !w.sleep(ctx, wait)) {
			break
		}
	}
	w.out.Left += len(queue)
	return errors.Join(w.errs...)
}

// sweep processes each notice as far as possible. It returns the notices that stay in
// the queue, and how long to wait for the first of them; 0 if waiting does not help.
func (w *worker) sweep(ctx context.Context, queue []*protocol.Record) (left []*protocol.Record, wait time.Duration) {
	for i, r := range queue {
		if err := ctx.Err(); err != nil {
			w.errs = append(w.errs, fmt.Errorf("%s: %d notices left: %w", w.name, len(queue)-i, err))
			return append(left, queue[i:]...), 0
		}
		if pause := w.pause(); pause > 0 {
			return append(left, queue[i:]...), pause
		}
		t, err := w.process(ctx, r)
		if errors.Is(err, errTaken) {
			continue
		}
		if err != nil {
			w.fail(fmt.Errorf("%s: notice %s: %w", w.name, r.Notice.Key, err))
		}
		switch {
		case t.Keep:
			left = append(left, r)
			if t.Wait > 0 && (wait == 0 || t.Wait < wait) {
				wait = t.Wait
			}
		case w.pause() > 0 && !r.Stage.Finished():
			left = append(left, r)
		default:
			w.out.count(r.Stage)
		}
	}
	if pause := w.pause(); pause > 0 && len(left) > 0 {
		return left, pause
	}
	return left, wait
}

// fail keeps an error once, because a notice may be tried several times.
func (w *worker) fail(err error) {
	if !slices.ContainsFunc(w.errs, func(known error) bool { return known.Error() == err.Error() }) {
		w.errs = append(w.errs, err)
	}
}

// unconfigured handles the notices of a channel that is not set up.
func (w *worker) unconfigured(ctx context.Context, queue []*protocol.Record) error {
	errs := []error{fmt.Errorf("%d notices wait for the channel %q, which is not set up", len(queue), w.name)}
	for _, r := range queue {
		a := &attempt{worker: w, notice: r}
		_, err := a.follow(ctx, protocol.Outcome{Step: protocol.Unconfigured})
		errs = append(errs, err)
		w.out.count(r.Stage)
	}
	return errors.Join(errs...)
}

// pause is how long the channel still has to be left alone.
func (w *worker) pause() time.Duration {
	return max(w.destinations.Get(notify.Destination{Channel: w.name}).Until("").Sub(w.d.now()), 0)
}

// sleep waits if there is enough time, and reports whether it has waited.
func (w *worker) sleep(ctx context.Context, wait time.Duration) bool {
	if w.d.now().Add(wait).After(w.ends) {
		return false
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) < wait+w.limits.Lease/4 {
		return false
	}
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}

func (o *Outcome) count(s protocol.Stage) {
	switch s {
	case protocol.Sent:
		o.Sent++
	case protocol.Obsolete:
		o.Obsolete++
	case protocol.Abandoned:
		o.Abandoned++
	default:
		o.Left++
	}
}
