package lifecycle

import (
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/reason"
)

// A policy holds the inputs of a decision besides the incident.
type policy struct {
	remindAfter time.Duration // 0: never
	quiet       bool          // incidents that do not page are held back now
}

// expiryNotice is the time before an incident's first message expires at which
// the incident is announced again.
const expiryNotice = 48 * time.Hour

// decide returns why an incident needs a notice now; nil means that it needs none.
// It is the whole notification policy: keep it free of I/O. The incident holds
// earlier decisions; the notices hold the delivery state.
func decide(seen incident.Observation, known incident.Incident, now time.Time, p policy) reason.Reasons {
	switch n := seen.Count(); {
	case n == 0:
		return endReasons(seen, known, now, p)
	case known.Generation == 0:
		return firstReasons(reason.FirstSeen, seen)
	case !known.Alive():
		return firstReasons(reason.Reopened, seen)
	case seen.Ignored.Why != "":
		if known.Silence.Why != incident.Ignored {
			return reason.Reasons{reason.Ignored}
		}
		return nil
	}
	var why reason.Reasons
	escalates := incident.Higher(seen.Priority, known.Priority)
	quiet := p.quiet && seen.Priority == "" && known.Priority == ""
	switch known.Silence.Why {
	case incident.Quiet:
		if quiet {
			return nil
		}
		why = append(why, reason.HeldBack)
	case incident.Ignored:
		if quiet {
			return nil
		}
		why = append(why, reason.Unignored)
	}
	if escalates {
		why = append(why, reason.Escalated)
	}
	if known.Silence.Why == "" && known.GrowsAt > 0 && seen.Count() >= known.GrowsAt {
		why = append(why, reason.Growing)
	}
	if why.Broadcast() || quiet {
		return why
	}
	switch {
	case known.State == incident.Snoozed && !now.Before(known.SnoozedUntil):
		why = append(why, reason.SnoozeOver)
	case known.State != incident.Open:
	case !known.ExpiryAnnounced && seen.ExpiresBefore(now.Add(expiryNotice)):
		why = append(why, reason.Expiring)
	case p.remindAfter > 0 && !known.Kind.NoReminder() && !known.BroadcastAt.IsZero() && now.Sub(known.BroadcastAt) >= p.remindAfter:
		why = append(why, reason.Reminder)
	}
	return why
}

// firstReasons returns the reasons of a life's first notice. An ignored incident
// opens too, but does not page.
func firstReasons(first reason.Reason, seen incident.Observation) reason.Reasons {
	if seen.Priority != "" && seen.Ignored.Why == "" {
		return reason.Reasons{first, reason.Escalated}
	}
	return reason.Reasons{first}
}

// endReasons returns the reasons when no message remains. An incident that came and
// went during quiet hours is announced when these are over; one that comes and
// goes repeatedly resolves only after it has stayed away for a while.
func endReasons(seen incident.Observation, known incident.Incident, now time.Time, p policy) reason.Reasons {
	switch {
	case seen.Unreadable:
		return nil
	case known.Alive():
		if wait := resolveDelay(known.Returns, now); wait > 0 && (known.GoneSince.IsZero() || now.Sub(known.GoneSince) < wait) {
			return nil
		}
		return reason.Reasons{reason.Resolved}
	case known.Silence.Why == incident.Quiet && !p.quiet:
		return reason.Reasons{reason.HeldBack}
	}
	return nil
}

// resolveDelay returns how long an incident must stay without messages before it
// resolves. The delay depends on how often it came back within a day.
func resolveDelay(returns []time.Time, now time.Time) time.Duration {
	switch n := len(lastDay(returns, now)); n {
	case 0, 1:
		return 0
	default:
		return min(15*time.Minute<<(n-2), 2*time.Hour)
	}
}

// lastDay returns the times within the last 24 hours, at most as many as matter.
func lastDay(times []time.Time, now time.Time) []time.Time {
	for len(times) > 0 && (len(times) > 9 || now.Sub(times[0]) > 24*time.Hour) {
		times = times[1:]
	}
	return times
}

// growsAt returns the next count at which an incident counts as growing: 2×, 10×,
// 100× … of the count when it was first announced.
func growsAt(announced, now int) int {
	announced = max(announced, 1)
	next := 2 * announced
	for factor := 10; next <= now; factor *= 10 {
		next = factor * announced
	}
	return next
}
