package notice_test

import (
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
)

func TestEveryTroubleHasItsWords(t *testing.T) {
	for trouble, want := range map[incident.Kind][2]string{
		incident.Unreadable:    {"Cannot read error", "Resolved: can read error again"},
		incident.Unlisted:      {"Cannot look for queues by name: error", "Resolved: can look for queues by name again: error"},
		incident.DeadLettering: {"error dead-letters what it holds", "Resolved: error no longer dead-letters"},
		incident.Drained:       {"Somebody else takes messages from error", "Resolved: nobody else takes messages from error any more"},
		incident.Waiting:       {"Messages wait in error", "Resolved: nothing waits any more in error"},
		incident.Late:          {"Failures were not looked for in time", "Resolved: failures are looked for in time again"},
	} {
		i := incident.Incident{Kind: trouble, State: incident.Open, Cause: incident.Cause{Where: "error"}}
		if got := notice.Headline(&i).Plain(); got != want[0] {
			t.Errorf("%s: %q, want %q", trouble, got, want[0])
		}
		i.State = incident.Resolved
		if got := notice.Headline(&i).Plain(); got != want[1] {
			t.Errorf("%s is over: %q, want %q", trouble, got, want[1])
		}
		if end := notice.Resolution(&i, nil, i.FirstSeen.Add(2*time.Minute)); !strings.Contains(end, "2m0s") {
			t.Errorf("%s ended: %q", trouble, end)
		}
	}
}
