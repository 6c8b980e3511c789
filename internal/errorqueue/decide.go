package errorqueue

import (
	"time"

	"github.com/busbell/busbell/internal/incident"
)

// A Reason is why we speak now. It is in the message, the log and the ledger.
type Reason string

// The reasons.
const (
	FirstSeen Reason = "first seen"
	Reopened  Reason = "reopened"
	Growing   Reason = "growing"
	Escalated Reason = "escalated"
	Resolved  Reason = "resolved"
	Changed   Reason = "changed" // only the page is brought up to date
)

// A sighting is what a pass knows of one problem, over all places.
type sighting struct {
	// sources says where its messages lie after this pass. A place that could
	// not be read keeps what was known of it.
	sources map[string]incident.Seen

	newest   *group // nil where only places that could not be read hold it
	place    Place  // where newest lies
	priority string // what the page rules say; "" is nobody
}

// trouble is what it is about where it is a problem of ours.
func (s sighting) trouble() incident.Trouble {
	if s.newest == nil {
		return ""
	}
	return s.newest.trouble
}

func (s sighting) count() int {
	n := 0
	for _, seen := range s.sources {
		n += seen.Count
	}
	return n
}

// decide says why a problem is worth a word now; nil means it is not. It is
// the whole policy of speaking; keep it free of I/O. The incident holds what
// was decided before; what was delivered is the notices' business.
func decide(seen sighting, known incident.Incident) []Reason {
	var why []Reason
	alive := known.Generation > 0 && known.State != incident.Resolved
	switch n := seen.count(); {
	case n == 0 && alive:
		return []Reason{Resolved}
	case n == 0:
		return nil
	case known.Generation == 0:
		why = append(why, FirstSeen)
	case !alive:
		why = append(why, Reopened)
		known = incident.Incident{} // a new life has not been paged
	case known.NextStep > 0 && n >= known.NextStep:
		why = append(why, Growing)
	}
	if higher(seen.priority, known.Priority) {
		why = append(why, Escalated)
	}
	return why
}

// higher reports whether a priority is above another. P1 is the highest.
func higher(a, b string) bool { return a != "" && (b == "" || a < b) }

// nextStep is the count at which an incident that was announced with a count
// is growing next: at 2×, 10×, 100× … of it.
func nextStep(announced, now int) int {
	step := 2 * announced
	for factor := 10; step <= now; factor *= 10 {
		step = factor * announced
	}
	return step
}

// age is how long the oldest message that is still there has been there.
func (s sighting) age(now time.Time) time.Duration {
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
