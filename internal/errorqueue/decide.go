package errorqueue

import (
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A Reason is why a notice is sent. It is in the message, the log and the
// ledger.
type Reason string

// The reasons. FirstSeen and Reopened begin a life.
const (
	FirstSeen  Reason = "first seen"
	Reopened   Reason = "reopened"
	HeldBack   Reason = "held back until now" // by quiet hours
	Unignored  Reason = "no longer ignored"
	Escalated  Reason = "escalated"
	SnoozeOver Reason = "snooze is over"
	Expiring   Reason = "disappears soon" // by the time to live of its messages
	Reminder   Reason = "reminder"
	Growing    Reason = "growing"
	Ignored    Reason = "ignored from now on"
	Resolved   Reason = "resolved"
	Changed    Reason = "changed"             // only the page is updated
	Lost       Reason = "its record was lost" // the ledger's row of the incident, or of the notice, could not be used
)

// An observation is what a pass knows of one fingerprint, over all sources.
type observation struct {
	// sources says where its messages are after this pass. A source that could
	// not be read keeps what was known of it.
	sources map[string]incident.Seen

	unwatched  []string // names of sources that held them and are no longer there
	unreadable bool     // a source that held them could not be read now

	newest *triage.Group // nil where only unreadable sources hold it
	source source.Source // of newest

	priority string           // what the page rules say; "" is nobody
	ignored  incident.Silence // what the ignore rules say
}

// kind is the kind of the incident: "" for failures.
func (s observation) kind() incident.Kind {
	if s.newest == nil {
		return ""
	}
	return s.newest.Kind
}

func (s observation) count() int {
	n := 0
	for _, seen := range s.sources {
		n += seen.Count
	}
	return n
}

// A policy is what decisions depend on besides the incident.
type policy struct {
	remindAfter time.Duration // 0: never
	quiet       bool          // incidents that do not page are held back now
}

// expiryNotice is how long before its first message expires an incident is
// announced again.
const expiryNotice = 48 * time.Hour

// decide says why an incident needs a notice now; nil means that it does not. It
// is the whole notification policy: keep it free of I/O. The incident holds what
// was decided before; what was delivered is the notices' business.
func decide(seen observation, known incident.Incident, now time.Time, p policy) []Reason {
	switch n := seen.count(); {
	case n == 0:
		return endReasons(seen, known, now, p)
	case known.Generation == 0:
		return firstReasons(FirstSeen, seen)
	case !known.Alive():
		return firstReasons(Reopened, seen)
	case seen.ignored.Why != "":
		if known.Silence.Why != incident.Ignored {
			return []Reason{Ignored}
		}
		return nil
	}
	var why []Reason
	escalates := higher(seen.priority, known.Priority)
	quiet := p.quiet && seen.priority == "" && known.Priority == ""
	switch known.Silence.Why {
	case incident.Quiet:
		if quiet {
			return nil
		}
		why = append(why, HeldBack)
	case incident.Ignored:
		if quiet {
			return nil
		}
		why = append(why, Unignored)
	}
	if escalates {
		why = append(why, Escalated)
	}
	if known.Silence.Why == "" && known.GrowsAt > 0 && seen.count() >= known.GrowsAt {
		why = append(why, Growing)
	}
	if broadcast(why) || quiet {
		return why
	}
	switch {
	case known.State == incident.Snoozed && !now.Before(known.SnoozedUntil):
		why = append(why, SnoozeOver)
	case known.State != incident.Open:
	case !known.ExpiryAnnounced && expiring(seen, now):
		why = append(why, Expiring)
	case p.remindAfter > 0 && !known.Kind.NoReminder() && !known.BroadcastAt.IsZero() && now.Sub(known.BroadcastAt) >= p.remindAfter:
		why = append(why, Reminder)
	}
	return why
}

// firstReasons are the reasons of a life's first notice. An ignored incident
// begins too, and pages nobody.
func firstReasons(first Reason, seen observation) []Reason {
	if seen.priority != "" && seen.ignored.Why == "" {
		return []Reason{first, Escalated}
	}
	return []Reason{first}
}

// endReasons are the reasons when no message is left. An incident that came and
// went during quiet hours is announced when these are over; one that comes and
// goes repeatedly resolves only after it has stayed away for a while.
func endReasons(seen observation, known incident.Incident, now time.Time, p policy) []Reason {
	switch {
	case seen.unreadable:
		return nil
	case known.Alive():
		if wait := resolveDelay(known.Returns, now); wait > 0 && (known.GoneSince.IsZero() || now.Sub(known.GoneSince) < wait) {
			return nil
		}
		return []Reason{Resolved}
	case known.Silence.Why == incident.Quiet && !p.quiet:
		return []Reason{HeldBack}
	}
	return nil
}

// resolveDelay is how long an incident must stay away before it resolves, by how
// often it has come back within a day.
func resolveDelay(returns []time.Time, now time.Time) time.Duration {
	switch n := len(lastDay(returns, now)); n {
	case 0, 1:
		return 0
	default:
		return min(15*time.Minute<<(n-2), 2*time.Hour)
	}
}

// lastDay are the times of the last 24 hours, at most as many as matter.
func lastDay(times []time.Time, now time.Time) []time.Time {
	for len(times) > 0 && (len(times) > 9 || now.Sub(times[0]) > 24*time.Hour) {
		times = times[1:]
	}
	return times
}

// broadcast reports whether any of the reasons is sent to the whole channel.
func broadcast(why []Reason) bool {
	for _, r := range why {
		switch r {
		case FirstSeen, Reopened, HeldBack, Unignored, Escalated, SnoozeOver, Expiring, Reminder:
			return true
		}
	}
	return false
}

// expiring reports whether a message expires soon by its time to live.
func expiring(seen observation, now time.Time) bool {
	for _, s := range seen.sources {
		if !s.Expires.IsZero() && s.Expires.Sub(now) < expiryNotice {
			return true
		}
	}
	return false
}

// higher reports whether a priority is above another. P1 is the highest.
func higher(a, b string) bool { return a != "" && (b == "" || a < b) }

// growsAt is the next count at which an incident that was first announced with a
// count is growing: 2×, 10×, 100× … of it.
func growsAt(announced, now int) int {
	announced = max(announced, 1)
	next := 2 * announced
	for factor := 10; next <= now; factor *= 10 {
		next = factor * announced
	}
	return next
}

// age is how long the oldest message has been there.
func (s observation) age(now time.Time) time.Duration {
	var oldest time.Time
	for _, seen := range s.sources {
		if oldest.IsZero() || seen.Oldest.Before(oldest) {
			oldest = seen.Oldest
		}
	}
	if oldest.IsZero() {
		return 0
	}
	return now.Sub(oldest)
}
