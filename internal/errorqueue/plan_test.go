package errorqueue_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/setting"
)

// A header that is as large and as hostile as it can be must not keep a pass
// from writing what it decided.
func TestAHostileTraceFitsIntoTheLedger(t *testing.T) {
	for _, char := range []string{"<", "\x01", "\xff", "\"", "é", "\U0001F600", "\u2028"} {
		d := newDeskWith(t, errorqueue.Config{Routes: []errorqueue.Route{{When: "true", Slack: setting.Slack{Channel: "#loyalty"}, Also: true}}})
		for i := range 5 {
			d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
			m := &d.queues["error"].messages[i]
			m.Properties["rbs2-error-details"] = m.Properties["rbs2-error-details"].(string) + strings.Repeat("\n   at Shop.Billing.X"+strings.Repeat(char, 200), 600)
		}
		d.wait(2 * time.Minute)
		if _, err := d.Run(t.Context()); err != nil {
			t.Errorf("%q: %v", char, err)
		}
	}
}
