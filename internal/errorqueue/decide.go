package errorqueue

import (
	"time"

	"github.com/busbell/busbell/internal/incident"
)

// A Reason is why we speak now. It is in the message, the log and the ledger.
type Reason string

// The reasons. FirstSeen and Reopened begin a life; those that follow, but for
// the last four, are heard by the channel.
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
	Changed    Reason = "changed"             // only the page is brought up to date
	Lost       Reason = "its record was lost" // the ledger's row of the incident, or of the notice, could not be used
)

// A sighting is what a pass knows of one problem, over all places.
type observation struct {
	// sources says where its messages lie after this pass. A place that could
	// not be read keeps what was known of it.
	sources map[string]incident.Seen

	unwatched  []string // of the places where they lay, those that are there no longer
	unreadable bool     // they were gone from a place that nobody could look into now

	newest *group // nil where only places that could not be read hold it
	source Source // where newest lies

	priority string           // what the page rules say; "" is nobody
	ignored  incident.Silence // what the ignore rules say
}

// trouble is what it is about where it is a problem of ours.
func (s observation) kind() incident.Kind {
	if s.newest == nil {
		return ""
	}
	return s.newest.kind
}

func (s observation) count() int {
	n := 0
	for _, seen := range s.sources {
		n += seen.Count
	}
	return n
}

// A policy is what decisions go by besides the incident.
type policy struct {
	remindAfter time.Duration // 0: never
	quiet       bool          // what does not page is held back now
}

// soon is how long before its first message disappears people are told.
const expiryNotice = 48 * time.Hour

// decide says why a problem is worth a word now; nil means it is not. It is
// the whole policy of speaking; keep it free of I/O. The incident holds what
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
	calls := higher(seen.priority, known.Priority)
	hush := p.quiet && seen.priority == "" && known.Priority == ""
	switch known.Silence.Why {
	case incident.Quiet:
		if hush {
			return nil
		}
		why = append(why, HeldBack)
	case incident.Ignored:
		if hush {
			return nil
		}
		why = append(why, Unignored)
	}
	if calls {
		why = append(why, Escalated)
	}
	if known.Silence.Why == "" && known.GrowsAt > 0 && seen.count() >= known.GrowsAt {
		why = append(why, Growing)
	}
	if broadcast(why) || hush {
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

// begin are the reasons of a life's first moment. What is ignored begins too,
// and calls nobody.
func firstReasons(first Reason, seen observation) []Reason {
	if seen.priority != "" && seen.ignored.Why == "" {
		return []Reason{first, Escalated}
	}
	return []Reason{first}
}

// ending are the reasons when nothing of a problem is left. One that came and
// went while nobody was to be disturbed is told when that is over; one that
// comes and goes again and again is not over before it has stayed away.
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

// calm is how long a problem must stay away before it is over, by how often
// it has come back within a day.
func resolveDelay(returns []time.Time, now time.Time) time.Duration {
	switch n := len(lastDay(returns, now)); n {
	case 0, 1:
		return 0
	default:
		return min(15*time.Minute<<(n-2), 2*time.Hour)
	}
}

// lately are the times of the last day, of which no more count than matter.
func lastDay(times []time.Time, now time.Time) []time.Time {
	for len(times) > 0 && (len(times) > 9 || now.Sub(times[0]) > 24*time.Hour) {
		times = times[1:]
	}
	return times
}

// heard reports whether any of the reasons is told aloud.
func broadcast(why []Reason) bool {
	for _, r := range why {
		switch r {
		case FirstSeen, Reopened, HeldBack, Unignored, Escalated, SnoozeOver, Expiring, Reminder:
			return true
		}
	}
	return false
}

// expiring reports whether a message disappears soon by its time to live.
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

// nextStep is the count at which an incident that was announced with a count
// is growing next: at 2×, 10×, 100× … of it.
func growsAt(announced, now int) int {
	announced = max(announced, 1)
	step := 2 * announced
	for factor := 10; step <= now; factor *= 10 {
		step = factor * announced
	}
	return step
}

// age is how long the oldest message that is still there has been there.
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
