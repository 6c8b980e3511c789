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
	EmergencyTime        = 30 * time.Second
	emergencyPeekTime    = 10 * time.Second // at one source
	maxEmergencyMessages = 1000             // messages of a source
)

// alarm is what is left when the ledger cannot be read: without it nothing
// can be said once, but for a page, which its alias keeps from repeating. It
// raises one alert for each source that holds what a page rule pages for.
func (w *Watch) pageWithoutLedger(ctx context.Context, to sourceSet, cause error) error {
	pager := w.Delivery.Channels[w.Pager.Channel]
	if pager == nil || len(to.named) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), EmergencyTime)
	defer cancel()
	first := w.rotation() // where time is short, nobody is always the last
	err := parallel(orDefault(w.Connections, defaultConnections), len(to.named), func(n int) error {
		place := to.named[(first+n)%len(to.named)]
		priority, failures := w.highestPriority(w.peekStart(ctx, place))
		if priority == "" {
			return nil
		}
		w.emergency.Store(true)
		alert := incident.EmergencyPage(w.Deployment, w.Pager, place.Entity(), place.Label(), priority, failures)
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
func (w *Watch) peekStart(ctx context.Context, place Source) (r *scanResult) {
	r = &scanResult{source: place, groups: groups{}}
	ctx, cancel := context.WithTimeout(ctx, emergencyPeekTime)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			w.Log.WarnContext(ctx, "source panics", "source", place.Label(), "panic", p)
		}
	}()
	for m, err := range w.Open(place).Peek(ctx, 0) {
		if err != nil || r.messages >= maxEmergencyMessages {
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
func (w *Watch) highestPriority(r *scanResult) (priority string, failures int) {
	now := w.now()
	for _, g := range r.groups {
		g.date(incident.Stored{}, now)
		s := observation{}.merge(r, g)
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
func (w *Watch) closeEmergencyPages(ctx context.Context, to sourceSet, last history) (left bool) {
	pager := w.Delivery.Channels[w.Pager.Channel]
	if pager == nil || !w.emergency.Load() && !last.EmergencyPages && !last.missed(w.now()) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, EmergencyTime)
	defer cancel()
	err := parallel(orDefault(w.Connections, defaultConnections), len(to.named), func(n int) error {
		over := incident.CloseEmergencyPage(w.Deployment, w.Pager, to.named[n].Entity())
		_, err := pager.Send(ctx, over, notify.Receipt{})
		return err
	})
	if err != nil {
		w.Log.WarnContext(ctx, "alarms may still be open", "err", err)
	}
	w.emergency.Store(err != nil)
	return err != nil
}
