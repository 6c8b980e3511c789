package incident

import (
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// A Kind is what an incident of Busbell itself is about: something that keeps
// failures from being seen.
type Kind string

// The kinds. The source that each is about is the incident's FailingQueue.
const (
	Unreadable    Kind = "unreadable"     // the source cannot be read
	Unlisted      Kind = "unlisted"       // queues cannot be listed by name
	DeadLettering Kind = "dead-lettering" // the source itself dead-letters what it holds
	Drained       Kind = "drained"        // another tool takes messages from the source
	Waiting       Kind = "waiting"        // messages wait in a queue of our own
	Late          Kind = "late"           // passes did not run in time
	BadRow        Kind = "bad-row"        // rows of the ledger cannot be used
)

// wordings are the texts of each kind: around the source's name while it lasts
// and when it is resolved, and in the thread how it ended.
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

// merged are the kinds that many sources have for one cause, when Service Bus or
// a right is missing, and the texts for all of them together.
var merged = map[Kind]struct{ many, over string }{
	Unreadable: {"Cannot read %d sources", "Resolved: can read %d sources again"},
	Unlisted:   {"Cannot look for queues by name, for %d sources", "Resolved: can look for queues by name again, for %d sources"},
}

// Merges reports whether incidents of many sources with one cause are shown
// together.
func (k Kind) Merges() bool {
	_, ok := merged[k]
	return ok
}

// NoReminder reports whether it is posted once, without reminders.
func (k Kind) NoReminder() bool { return k == Drained || k == Late || k == BadRow }

// headline is the problem in one line.
func (k Kind) headline(source string, over bool) notify.Text {
	w := wordings[k]
	before, after := w.before, w.after
	if over {
		before, after = w.beforeOver, w.afterOver
	}
	if k == Late {
		source = "" // it is about all of them
	}
	return notify.Text{notify.Ours(before), notify.Bold(source), notify.Ours(after)}
}

// Resolution says how it ended after a time.
func (k Kind) Resolution(lasted time.Duration) string { return fmt.Sprintf(wordings[k].end, lasted) }
