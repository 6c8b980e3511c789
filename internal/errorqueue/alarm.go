package errorqueue

import (
	"cmp"
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
)

// alarmLooks is how many messages of a source are looked at for an alarm.
const alarmLooks = 1000

// alarm is what is left when the ledger cannot be read: without it nothing
// can be said once, but for a page, which its alias keeps from repeating. It
// raises one alert for each source that holds what a page rule pages for.
func (w *Watch) alarm(ctx context.Context, to round, cause error) error {
	pager := w.Delivery.Channels[w.Pager.Channel]
	if pager == nil {
		return nil
	}
	var all errgroup.Group
	all.SetLimit(cmp.Or(w.Links, 8))
	for _, place := range to.named {
		all.Go(func() error {
			priority, failures := w.urgency(ctx, place)
			if priority == "" {
				return nil
			}
			w.alarmed.Store(true)
			n := incident.Alarm(w.Voice, w.Pager, place.Entity(), place.Label(), priority, failures)
			if _, err := pager.Send(ctx, n, notify.Receipt{}); err != nil {
				return fmt.Errorf("page without the ledger: %w", err)
			}
			w.Log.WarnContext(ctx, "paged without the ledger", "source", place.Label(), "priority", priority, "failures", failures, "cause", cause)
			return nil
		})
	}
	return all.Wait()
}

// urgency is the highest priority that a page rule gives what lies at the
// beginning of a place.
func (w *Watch) urgency(ctx context.Context, place Place) (priority string, failures int) {
	r := &reading{place: place, groups: groups{}}
	for m, err := range w.Open(place).Peek(ctx, 0) {
		if err != nil || r.messages >= alarmLooks {
			break
		}
		if f := w.understand(&m); !f.Ignore && m.State != message.Scheduled {
			r.messages++
			r.groups.add(w.Rules.fingerprint(f, place), f, &m)
		}
	}
	now := w.now()
	for _, g := range r.groups {
		g.date(incident.Kept{}, now)
		s := sighting{}.with(r, g)
		vars := s.vars(g.failure, 1, now)
		if p := w.Rules.priority(vars); higher(p, priority) && w.Rules.ignored(vars, now).Why == "" {
			priority = p
		}
	}
	return priority, r.messages
}

// endAlarms ends the alarms of all sources, and reports whether some may
// still be open. It is due when this process has raised some, and when a pass
// finds that one is missing between it and the last that could write: another
// process may have raised alarms in that one. What is still there has now been
// paged as an incident.
func (w *Watch) endAlarms(ctx context.Context, to round, last history) (left bool) {
	pager := w.Delivery.Channels[w.Pager.Channel]
	if pager == nil || !w.alarmed.Load() && !last.Alarms && !last.missed(w.now()) {
		return false
	}
	for _, place := range to.named {
		n := incident.AlarmOver(w.Voice, w.Pager, place.Entity())
		if _, err := pager.Send(ctx, n, notify.Receipt{}); err != nil {
			left = true
			w.Log.WarnContext(ctx, "an alarm may still be open", "source", place.Label(), "err", err)
		}
	}
	w.alarmed.Store(left)
	return left
}
