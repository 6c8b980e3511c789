package incident

import (
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// A Trouble is what an incident of ours is about: something that keeps
// failures from being seen.
type Kind string

// The troubles. The source that each is about is the incident's FailingQueue.
const (
	Unreadable    Kind = "unreadable"     // the source cannot be read
	Unlisted      Kind = "unlisted"       // queues cannot be looked for by name
	DeadLettering Kind = "dead-lettering" // the source itself dead-letters what it holds
	Drained       Kind = "drained"        // somebody else takes what lies in the source
	Waiting       Kind = "waiting"        // messages wait in a queue of our own
	Late          Kind = "late"           // we ourselves did not look in time
	BadRow        Kind = "bad-row"        // rows of the ledger cannot be used
)

// wordings are what is said of each trouble: around the source's name while
// it lasts and when it is over, and in the thread how it ended.
var wordings = map[Kind]struct {
	before, after         string
	beforeOver, afterOver string
	end                   string
}{
	Unreadable:    {"Cannot read ", "", "Resolved: can read ", " again", "Can be read again after %s."},
	Unlisted:      {"Cannot look for queues by name: ", "", "Resolved: can look for queues by name again: ", "", "Can be looked for again after %s."},
	DeadLettering: {"", " dead-letters what it holds", "Resolved: ", " no longer dead-letters", "Its dead-letter queue was empty again after %s."},
	Drained:       {"Somebody else takes messages from ", "", "Resolved: nobody else takes messages from ", " any more", "Nothing was taken unseen for a while; it began %s ago."},
	Waiting:       {"Messages wait in ", "", "Resolved: nothing waits any more in ", "", "Taken up again after %s."},
	Late:          {"Failures were not looked for in time", "", "Resolved: failures are looked for in time again", "", "In time again after %s."},
	BadRow:        {"Rows of the ledger could not be used: ", "", "Resolved: what was kept of rows that could not be used is deleted: ", "", "Deleted after %s."},
}

// together are the troubles that have one cause for many sources when Service
// Bus or a right is missing, and what is then said of all of them at once.
var merged = map[Kind]struct{ many, over string }{
	Unreadable: {"Cannot read %d sources", "Resolved: can read %d sources again"},
	Unlisted:   {"Cannot look for queues by name, for %d sources", "Resolved: can look for queues by name again, for %d sources"},
}

// Together reports whether the trouble is said of many sources at once where
// they have it for the same cause.
func (t Kind) Merges() bool {
	_, ok := merged[t]
	return ok
}

// Calm reports whether it is said once, and nobody is reminded of it.
func (t Kind) NoReminder() bool { return t == Drained || t == Late || t == BadRow }

// headline is the trouble in one line.
func (t Kind) headline(source string, over bool) notify.Text {
	w := wordings[t]
	before, after := w.before, w.after
	if over {
		before, after = w.beforeOver, w.afterOver
	}
	if t == Late {
		source = "" // it is about all of them
	}
	return notify.Text{notify.Ours(before), notify.Bold(source), notify.Ours(after)}
}

// End says how a trouble ended that lasted so long.
func (t Kind) Resolution(lasted time.Duration) string { return fmt.Sprintf(wordings[t].end, lasted) }
