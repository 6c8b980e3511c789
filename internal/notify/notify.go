// Package notify has the words for what Busbell tells people: a [Notice] for one
// [Channel], in spans of text that are ours or foreign.
//
// Package outbox stores notices and sends them; the packages below slack and
// opsgenie are the channels.
package notify

// An Origin names the Busbell that sends a notice. Two of them may share a
// Slack app or a pager, and may even give their environments the same name:
// Ledger tells them apart, and Environment tells people which one it is.
type Origin struct {
	Environment string
	Ledger      string // random; made once for each environment in a ledger
}
