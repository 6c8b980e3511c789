package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox/destination"
	"github.com/busbell/busbell/internal/notify/outbox/protocol"
)

// outageAfter is how long a channel may say "later" before its destinations
// count as unreachable.
const outageAfter = 15 * time.Minute

// outagePrefix begins the subjects of notices that report an outage. An outage that
// affects these is not reported, because two broken channels would report each other
// for ever.
const outagePrefix = "destination/"

// outageOf is the destination of the outage that a subject names.
func outageOf(subject string) (notify.Destination, bool) {
	rest, ok := strings.CutPrefix(subject, outagePrefix)
	if !ok {
		return notify.Destination{}, false
	}
	rest = rest[:max(strings.LastIndexByte(rest, '/'), 0)] // its number
	channel, to, _ := strings.Cut(rest, ":")
	return notify.Destination{Channel: channel, To: to}, true
}

// note stores what a transition says about channel and destination.
func (w *worker) note(ctx context.Context, r *protocol.Record, t protocol.Transition) error {
	to := r.Notice.Destination()
	switch {
	case t.Arrived:
		w.d.Log.InfoContext(ctx, "notice sent", "notice", r.Notice.Key, "channel", r.Notice.Channel, "act", string(r.Notice.Act), "reason", r.Notice.Reason)
		return w.recovered(ctx, to, r.Receipt)
	case t.Pause > 0:
		return w.paused(ctx, to, t)
	case t.NewID:
		w.destinations.Learn(ctx, to, "")
	}
	if t.Outage != nil {
		return w.outage(ctx, to, r.Notice.Subject, t.Outage)
	}
	return nil
}

// paused stores that the channel must not be called for a while, or not by the calls
// that it limits. After a quarter of an hour the destination counts as unreachable.
func (w *worker) paused(ctx context.Context, to notify.Destination, t protocol.Transition) error {
	now := w.d.now()
	var since time.Time
	err := w.destinations.Change(ctx, notify.Destination{Channel: w.name}, func(c *destination.Row) bool {
		if c.LaterSince.IsZero() {
			c.LaterSince = now
		}
		since = c.LaterSince
		call := ""
		if t.Held != protocol.Stop {
			call = held(t.Held, to)
		}
		c.Leave(call, now.Add(t.Pause))
		return true
	})
	if now.Sub(since) < outageAfter {
		return err
	}
	return errors.Join(err, w.outage(ctx, to, t.Notice.Notice.Subject, t.Err))
}

// held names the calls that a limit of the channel is about.
func held(s protocol.Step, to notify.Destination) string { return s.String() + " " + to.To }

// hold is how long the channel does not want such calls.
func (w *worker) hold(s protocol.Step, to notify.Destination) time.Duration {
	until := w.destinations.Get(notify.Destination{Channel: w.name}).Until(held(s, to))
	return max(until.Sub(w.d.now()), 0)
}

// outage reports once, at the fallback, that a destination takes no notices. It writes
// the notice before the row, so that a crash in between repeats the same notice.
func (w *worker) outage(ctx context.Context, at notify.Destination, subject string, cause error) error {
	known := w.destinations.Get(at)
	if strings.HasPrefix(subject, outagePrefix) || !known.Unreachable.IsZero() {
		return nil
	}
	w.d.Log.ErrorContext(ctx, "destination unreachable", "destination", at.String(), "err", cause)
	now := destination.Row{Unreachable: w.d.now(), Outage: known.Outage + 1, Why: cause.Error()}
	if w.d.Fallback != nil {
		now.Reported, _ = w.d.Fallback(at)
	}
	if now.Reported.Channel != "" {
		if err := w.d.Write(ctx, w.outageNotice(at, now)); err != nil {
			return err
		}
	}
	return w.destinations.Change(ctx, at, func(r *destination.Row) bool {
		if !r.Unreachable.IsZero() || r.Outage != known.Outage {
			return false // another process was first
		}
		r.Unreachable, r.Outage, r.Reported, r.Why = now.Unreachable, now.Outage, now.Reported, now.Why
		return true
	})
}

// recovered stores that a destination took a notice, and reports that where the outage
// was reported.
func (w *worker) recovered(ctx context.Context, at notify.Destination, receipt notify.Receipt) error {
	known := w.destinations.Get(at)
	if known.ID == "" && receipt.Destination != "" {
		w.destinations.Learn(ctx, at, receipt.Destination)
	}
	var err error
	if whole := (notify.Destination{Channel: w.name}); !w.destinations.Get(whole).LaterSince.IsZero() {
		err = w.destinations.Change(ctx, whole, func(c *destination.Row) bool {
			c.LaterSince = time.Time{}
			return true
		})
	}
	if known.Unreachable.IsZero() {
		return err
	}
	w.d.Log.InfoContext(ctx, "destination reachable again", "destination", at.String(), "since", known.Unreachable)
	if known.Reported.Channel != "" {
		n := w.outageNotice(at, known)
		n.Act, n.Page, n.Key = notify.Close, n.Key, n.Key+"/end"
		n.State, n.Headline, n.Lines = notify.Resolved, notify.Text{notify.Ours("Notices get through again to "), notify.Bold(at.String())}, nil
		if err := w.d.Write(ctx, n); err != nil {
			return err
		}
	}
	return errors.Join(err, w.destinations.Change(ctx, at, func(r *destination.Row) bool {
		if r.Outage == known.Outage {
			r.Unreachable, r.Why, r.Reported = time.Time{}, "", notify.Destination{}
		}
		return true
	}))
}

func (w *worker) outageNotice(at notify.Destination, is destination.Row) notify.Notice {
	subject := outagePrefix + at.String() + "/" + strconv.Itoa(is.Outage)
	sum := sha256.Sum256([]byte(w.origin.Ledger + "\x00" + subject))
	return notify.Notice{
		Key: subject + "@" + is.Reported.String(), Channel: is.Reported.Channel, To: is.Reported.To, Act: notify.Post, Reason: "unreachable",
		Subject: subject, State: notify.Unreadable, Priority: "P2", Alias: "busbell-" + hex.EncodeToString(sum[:16]),
		Headline: notify.Text{notify.Ours("Notices do not get through to "), notify.Bold(at.String())},
		Facts:    []notify.Fact{{Name: "Why", Value: notify.Text{notify.Foreign(is.Why)}}, {Name: "Since", Value: notify.Text{notify.At(is.Unreachable.Unix())}}},
		Lines:    []notify.Text{{notify.Ours("They are kept and tried again.")}},
		Footer:   notify.Text{notify.Foreign(w.origin.Environment), notify.Ours(" · unreachable")},
	}
}

// logUnreachable logs the destinations that take no notices, and counts them.
func (due *Due) logUnreachable(ctx context.Context) int {
	all := due.destinations.Unreachable()
	for at, r := range all {
		due.d.Log.WarnContext(ctx, "destination unreachable", "destination", at.String(), "since", r.Unreachable, "err", fmt.Sprintf("%.500s", r.Why))
	}
	return len(all)
}
