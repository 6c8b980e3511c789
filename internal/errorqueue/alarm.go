package errorqueue

import (
	"context"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
)

// Limits of the emergency page. Its time is its own, beside that of its pass,
// which may have run out.
const (
	AlarmTime  = 30 * time.Second
	alarmPeek  = 10 * time.Second // at one source
	alarmLooks = 1000             // messages of a source
)

// alarm is what is left when the ledger cannot be read: without it nothing
// can be said once, but for a page, which its alias keeps from repeating. It
// raises one alert for each source that holds what a page rule pages for.
func (w *Watch) alarm(ctx context.Context, to round, cause error) error {
	pager := w.Delivery.Channels[w.Pager.Channel]
	if pager == nil || len(to.named) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), AlarmTime)
	defer cancel()
	first := w.turn() // where time is short, nobody is always the last
	err := parallel(orDefault(w.Links, defaultLinks), len(to.named), func(n int) error {
		place := to.named[(first+n)%len(to.named)]
		priority, failures := w.urgency(w.glimpse(ctx, place))
		if priority == "" {
			return nil
		}
		w.alarmed.Store(true)
		alert := incident.Alarm(w.Voice, w.Pager, place.Entity(), place.Label(), priority, failures)
		_, err := pager.Send(ctx, alert, notify.Receipt{})
		if err == nil {
			w.Log.WarnContext(ctx, "paged without the ledger", "source", place.Label(), "priority", priority, "failures", failures, "cause", cause)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("page without the ledger: %w", err)
	}
	return nil
}

// glimpse is what lies at the beginning of a place, as far as it can be seen:
// neither a source that hangs nor one that panics holds up the others.
func (w *Watch) glimpse(ctx context.Context, place Place) (r *reading) {
	r = &reading{place: place, groups: groups{}}
	ctx, cancel := context.WithTimeout(ctx, alarmPeek)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			w.Log.WarnContext(ctx, "source panics", "source", place.Label(), "panic", p)
		}
	}()
	for m, err := range w.Open(place).Peek(ctx, 0) {
		if err != nil || r.messages >= alarmLooks {
			break
		}
		if f := w.understand(&m); !f.Ignore && m.State != message.Scheduled {
			r.messages++
			r.groups.add(w.Rules.fingerprint(f, place), f, &m)
		}
	}
	return r
}

// urgency is the highest priority that a page rule gives what was read.
func (w *Watch) urgency(r *reading) (priority string, failures int) {
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
	ctx, cancel := context.WithTimeout(ctx, AlarmTime)
	defer cancel()
	err := parallel(orDefault(w.Links, defaultLinks), len(to.named), func(n int) error {
		over := incident.AlarmOver(w.Voice, w.Pager, to.named[n].Entity())
		_, err := pager.Send(ctx, over, notify.Receipt{})
		return err
	})
	if err != nil {
		w.Log.WarnContext(ctx, "alarms may still be open", "err", err)
	}
	w.alarmed.Store(err != nil)
	return err != nil
}
