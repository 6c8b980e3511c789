package notice_test

import (
	"slices"
	"testing"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
)

// Whoever pages through one account has alerts of their own, and repeats them
// under the same name.
func TestAliasesAreThoseOfOneBusbell(t *testing.T) {
	i := &incident.Incident{Fingerprint: "f00", Generation: 1, Priority: "P1"}
	to := incident.Target{Channel: "opsgenie"}
	aliases := func(v notice.Deployment) []string {
		page, _ := notice.Page(v, i, to, "escalated")
		storm, _ := notice.GroupedAlert(v, to, "storm", incident.DigestKey(to, "storm", "1"), []*incident.Incident{i})
		alarm := notice.EmergencyPage(v, to, "error", "error", "P1", 1)
		over := notice.CloseEmergencyPage(v, to, "error")
		if over.Alias != alarm.Alias {
			t.Errorf("%+v: the alarm %s is ended as %s", v, alarm.Alias, over.Alias)
		}
		return []string{page.Alias, storm.Alias, alarm.Alias}
	}
	mine := aliases(notice.Deployment{Environment: "production", Namespace: "shop", Ledger: "A"})
	if again := aliases(notice.Deployment{Environment: "production", Namespace: "shop", Ledger: "A", Buttons: true}); !slices.Equal(again, mine) {
		t.Errorf("again: %v, before: %v", again, mine)
	}
	for name, tt := range map[string]struct {
		voice notice.Deployment
		same  []bool // page, storm, alarm without a ledger
	}{
		"another environment": {notice.Deployment{Environment: "staging", Namespace: "shop", Ledger: "A"}, []bool{false, false, false}},
		"another ledger":      {notice.Deployment{Environment: "production", Namespace: "shop", Ledger: "B"}, []bool{false, false, true}},
		"another namespace":   {notice.Deployment{Environment: "production", Namespace: "stock", Ledger: "B"}, []bool{false, false, false}},
	} {
		for n, alias := range aliases(tt.voice) {
			if (alias == mine[n]) != tt.same[n] {
				t.Errorf("%s: alias %d is %s, ours is %s", name, n, alias, mine[n])
			}
		}
	}
}
