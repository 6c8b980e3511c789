package incident

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

// Merges reports whether incidents of many sources with one cause are shown
// together.
func (k Kind) Merges() bool { return k == Unreadable || k == Unlisted }

// NoReminder reports whether it is posted once, without reminders.
func (k Kind) NoReminder() bool { return k == Drained || k == Late || k == BadRow }
