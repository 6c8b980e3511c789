// Package reason lists the reasons for notices about an incident. The message, the
// log and the ledger contain the reason, to answer "why did I get this?".
package reason

import "slices"

// A Reason is why a notice is sent.
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

// effects define how a reason is shown. A reason that is not listed only updates
// the page or adds a line to its thread.
var effects = map[Reason]struct {
	broadcast bool // the whole channel sees it
	mentions  bool // the thread line or post mentions people
	posts     bool // an incident without a page is posted
	leaves    bool // an incident in a digest gets its own page
}{
	FirstSeen:  {broadcast: true, mentions: true, posts: true},
	Reopened:   {broadcast: true, mentions: true, posts: true},
	HeldBack:   {broadcast: true, mentions: true, posts: true},
	Unignored:  {broadcast: true, posts: true, leaves: true},
	Escalated:  {broadcast: true, mentions: true, leaves: true},
	SnoozeOver: {broadcast: true, leaves: true},
	Expiring:   {broadcast: true, leaves: true},
	Reminder:   {broadcast: true},
}

// Broadcast reports whether the whole channel is to see it.
func (r Reason) Broadcast() bool { return effects[r].broadcast }

// Reasons are the reasons of one decision, the most important first.
type Reasons []Reason

// Any reports whether it contains any of the given reasons.
func (all Reasons) Any(some ...Reason) bool {
	return slices.ContainsFunc(some, func(r Reason) bool { return slices.Contains(all, r) })
}

// Broadcast reports whether the whole channel is to see it.
func (all Reasons) Broadcast() bool { return slices.ContainsFunc(all, Reason.Broadcast) }

// Mention reports whether to mention people.
func (all Reasons) Mention() bool {
	return slices.ContainsFunc(all, func(r Reason) bool { return effects[r].mentions })
}

// Post reports whether to post an incident that has no page.
func (all Reasons) Post() bool {
	return slices.ContainsFunc(all, func(r Reason) bool { return effects[r].posts })
}

// LeaveDigest reports whether an incident in a digest gets its own page.
func (all Reasons) LeaveDigest() bool {
	return slices.ContainsFunc(all, func(r Reason) bool { return effects[r].leaves })
}

// Strings returns the reasons as strings.
func (all Reasons) Strings() []string {
	texts := make([]string, 0, len(all))
	for _, r := range all {
		texts = append(texts, string(r))
	}
	return texts
}
