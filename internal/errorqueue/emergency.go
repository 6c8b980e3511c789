package errorqueue

import (
	"context"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/errorqueue/parallel"
	"github.com/busbell/busbell/internal/errorqueue/passlog"
	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// Limits of the emergency page. It has its own time limit, because the pass may
// have used up its time.
const (
	EmergencyTime        = 30 * time.Second
	emergencyPeekTime    = 10 * time.Second // per source
	maxEmergencyMessages = 1000             // per source
)

// pageWithoutLedger raises one alert for each source with failures that match a
// page rule. Without the ledger nothing else can be sent exactly once;
// an alert can, because the pager drops repeats of its alias.
func (w *Watch) pageWithoutLedger(ctx context.Context, to sourceSet, cause error) error {
	pager := w.Delivery.Channels[w.Pager.Channel]
	if pager == nil || len(to.named) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), EmergencyTime)
	defer cancel()
	first := w.rotation()
	err := parallel.Each(orDefault(w.Connections, defaultConnections), len(to.named), func(n int) error {
		source := to.named[(first+n)%len(to.named)]
		priority, failures := w.highestPriority(w.peekStart(ctx, source))
		if priority == "" {
			return nil
		}
		w.emergency.Store(true)
		alert := notice.EmergencyPage(w.Deployment, w.Pager, source.Entity(), source.Label(), priority, failures)
		_, err := pager.Send(ctx, alert, notify.Receipt{})
		if err == nil {
			w.Log.WarnContext(ctx, "paged without the ledger", "source", source.Label(), "priority", priority, "failures", failures, "cause", cause)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("page without the ledger: %w", err)
	}
	return nil
}

// peekStart reads the first messages of a source, as many as it can get in time.
// A source that hangs or panics does not hold up the others.
func (w *Watch) peekStart(ctx context.Context, source source.Source) (r *scanResult) {
	r = &scanResult{Result: scan.Result{Source: source, Groups: triage.Groups{}}}
	ctx, cancel := context.WithTimeout(ctx, emergencyPeekTime)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			w.Log.WarnContext(ctx, "source reader panicked", "source", source.Label(), "panic", p)
		}
	}()
	for m, err := range w.Open(source).Peek(ctx, 0) {
		if err != nil || r.Messages >= maxEmergencyMessages {
			break
		}
		if f := w.Understand(&m, w.now()); !f.Ignore && m.State != message.Scheduled {
			r.Messages++
			r.Groups.Add(w.Rules.Fingerprint(f, source), f, &m)
		}
	}
	return r
}

// highestPriority returns the highest priority that page rules give to these
// messages; "" means that no rule matches.
func (w *Watch) highestPriority(r *scanResult) (priority string, failures int) {
	now := w.now()
	for _, g := range r.Groups {
		date(g, incident.Stored{}, now)
		s := observation{}.merge(r, g)
		vars := s.vars(g.Failure, 1, now)
		if p := w.Rules.Priority(vars); incident.Higher(p, priority) && w.Rules.Ignored(vars, now).Why == "" {
			priority = p
		}
	}
	return priority, r.Messages
}

// closeEmergencyPages closes the emergency pages of all sources, and reports
// whether some may still be open. It runs when this process has raised some, and
// when a pass is missing between the last one and now: another process may have
// raised some in that one. Failures that still page now have their incident's alert.
func (w *Watch) closeEmergencyPages(ctx context.Context, to sourceSet, last passlog.History) (left bool) {
	pager := w.Delivery.Channels[w.Pager.Channel]
	if pager == nil || !w.emergency.Load() && !last.EmergencyPages && !last.Missed(w.now()) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, EmergencyTime)
	defer cancel()
	err := parallel.Each(orDefault(w.Connections, defaultConnections), len(to.named), func(n int) error {
		over := notice.CloseEmergencyPage(w.Deployment, w.Pager, to.named[n].Entity())
		_, err := pager.Send(ctx, over, notify.Receipt{})
		return err
	})
	if err != nil {
		w.Log.WarnContext(ctx, "emergency pages may still be open", "err", err)
	}
	w.emergency.Store(err != nil)
	return err != nil
}
