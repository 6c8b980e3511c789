package repair

import (
	"testing"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/incident/reason"
)

// Under another alias the pager would have two alerts, of which one is never
// closed.
func TestALostAlertIsRaisedUnderTheAliasThatItHad(t *testing.T) {
	v, pager := notice.Deployment{Environment: "test", Ledger: "A"}, incident.Target{Channel: "opsgenie"}
	alone := incident.Incident{Fingerprint: "1-a", Generation: 1, State: incident.Open, Priority: "P1"}
	opened, alert := notice.Page(v, &alone, pager, reason.Escalated)
	alone.Alerts = []incident.Alert{alert}
	many := incident.Incident{Fingerprint: "1-b", Generation: 1, State: incident.Open, Priority: "P2"}
	grouped, alert := notice.GroupedAlert(v, pager, "storm", incident.DigestKey(pager, "test", "storm", "1"), []*incident.Incident{&many})
	many.Alerts = []incident.Alert{alert}

	r := Repair{Deployment: v, Pager: pager}
	known := map[string]incident.Stored{"1-a": {Incident: alone}, "1-b": {Incident: many}}
	aliases := map[string]string{}
	for _, n := range r.posts(known, func(string, bool) bool { return true }) {
		aliases[n.Key] = n.Alias
	}
	if len(aliases) != 2 || aliases[opened.Key] != opened.Alias || aliases[grouped.Key] != grouped.Alias {
		t.Errorf("raised %v, want %s as %s and %s as %s", aliases, opened.Key, opened.Alias, grouped.Key, grouped.Alias)
	}
}
