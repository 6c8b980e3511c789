package notice

import (
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
)

// wordings are the texts of each kind: around the source's name while it lasts
// and when it is resolved, and in the thread how it ended.
var wordings = map[incident.Kind]struct {
	before, after         string
	beforeOver, afterOver string
	end                   string
}{
	incident.Unreadable:    {"Cannot read ", "", "Resolved: can read ", " again", "Can be read again after %s."},
	incident.Unlisted:      {"Cannot look for queues by name: ", "", "Resolved: can look for queues by name again: ", "", "Can be looked for again after %s."},
	incident.DeadLettering: {"", " dead-letters what it holds", "Resolved: ", " no longer dead-letters", "Its dead-letter queue was empty again after %s."},
	incident.Drained:       {"Somebody else takes messages from ", "", "Resolved: nobody else takes messages from ", " any more", "Nothing was taken unseen for a while; it began %s ago."},
	incident.Waiting:       {"Messages wait in ", "", "Resolved: nothing waits any more in ", "", "Taken up again after %s."},
	incident.Late:          {"Failures were not looked for in time", "", "Resolved: failures are looked for in time again", "", "In time again after %s."},
	incident.BadRow:        {"Rows of the ledger could not be used: ", "", "Resolved: what was kept of rows that could not be used is deleted: ", "", "Deleted after %s."},
}

// merged are the kinds that many sources have for one cause, when Service Bus or
// a right is missing, and the texts for all of them together.
var merged = map[incident.Kind]struct{ many, over string }{
	incident.Unreadable: {"Cannot read %d sources", "Resolved: can read %d sources again"},
	incident.Unlisted:   {"Cannot look for queues by name, for %d sources", "Resolved: can look for queues by name again, for %d sources"},
}

// headline is the problem in one line.
func kindHeadline(k incident.Kind, source string, over bool) notify.Text {
	w := wordings[k]
	before, after := w.before, w.after
	if over {
		before, after = w.beforeOver, w.afterOver
	}
	if k == incident.Late {
		source = "" // it is about all of them
	}
	return notify.Text{notify.Ours(before), notify.Bold(source), notify.Ours(after)}
}
