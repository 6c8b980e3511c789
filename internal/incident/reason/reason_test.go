package reason_test

import (
	"testing"

	"github.com/busbell/busbell/internal/incident/reason"
)

func TestOnlyNewOrWorseIncidentsBroadcast(t *testing.T) {
	const silent, seen, called = "silent", "seen by the channel", "mentions somebody"
	for r, want := range map[reason.Reason]string{
		reason.FirstSeen: called, reason.Reopened: called, reason.HeldBack: called, reason.Escalated: called,
		reason.Unignored: seen, reason.SnoozeOver: seen, reason.Expiring: seen, reason.Reminder: seen,
		reason.Growing: silent, reason.Ignored: silent, reason.Resolved: silent, reason.Changed: silent, reason.Lost: silent,
	} {
		all, got := reason.Reasons{reason.Changed, r}, silent
		if all.Broadcast() {
			got = seen
		}
		if all.Mention() {
			got = called
		}
		if got != want || r.Broadcast() != (want != silent) {
			t.Errorf("%q is %s, want %s", r, got, want)
		}
	}
}
