package incident

// A Kind is what sort of problem an incident is.
type Kind string

// Failed is the kind of failed messages, and the zero Kind.
const Failed = Kind("")

// The kinds of our own problems: something keeps failures from being seen. The
// source that each is about is where its cause is.
const (
	Unreadable    Kind = "unreadable"     // the source cannot be read
	Unlisted      Kind = "unlisted"       // queues cannot be listed by name
	DeadLettering Kind = "dead-lettering" // the source itself dead-letters what it holds
	Drained       Kind = "drained"        // another tool takes messages from the source
	Waiting       Kind = "waiting"        // messages wait in a queue of our own
	Late          Kind = "late"           // passes did not run in time
	BadRow        Kind = "bad-row"        // rows of the ledger cannot be used
)

// Ours reports whether it is a problem of Busbell itself.
func (k Kind) Ours() bool { return k != Failed }

// Merges reports whether incidents of many sources with one cause are shown
// together.
func (k Kind) Merges() bool { return k == Unreadable || k == Unlisted }

// NoReminder reports whether it is posted once, without reminders.
func (k Kind) NoReminder() bool { return k == Drained || k == Late || k == BadRow }
