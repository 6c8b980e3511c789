package errorqueue_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/triage"
)

// A header that is as large and as hostile as it can be must not keep a pass
// from writing what it decided.
func TestAHostileTraceFitsIntoTheLedger(t *testing.T) {
	for _, char := range []string{"<", "\x01", "\xff", "\"", "é", "\U0001F600", "\u2028"} {
		d := newDriverWith(t, triage.Config{Routes: []triage.Route{{When: "true", Slack: setting.Slack{Channel: "#loyalty"}, Also: true}}})
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

// Another instance that meets a plan which is still being written leaves its
// parts alone: its writer may yet be killed while it carries it out. The head is
// written last.
func TestAPlanThatIsBeingWrittenIsLeftAlone(t *testing.T) {
	for _, ahead := range []time.Duration{0, 24 * time.Hour} { // the other one's clock
		t.Run(ahead.String(), func(t *testing.T) { leavesAPlanAlone(t, ahead) })
	}
}

func leavesAPlanAlone(t *testing.T, ahead time.Duration) {
	d := newDriver(t)
	d.pass(t)
	for i := range 5 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
		m := &d.queues["error"].messages[i]
		m.Properties["rbs2-error-details"] = m.Properties["rbs2-error-details"].(string) + strings.Repeat("\n   at Shop.Billing.X"+strings.Repeat("<", 200), 600)
	}
	parts := 0
	d.ledger.before = func(e ledger.Entry) error {
		if strings.HasSuffix(e.Key.Partition, "/journal") && strings.HasSuffix(e.Key.Row, "/0") {
			d.ledger.before = nil
			messages := d.queues["error"].messages
			d.queues["error"].messages = nil // the other one looks a moment earlier
			d.skew = ahead
			if _, err := d.Run(t.Context()); err != nil {
				t.Error(err)
			}
			d.skew = 0
			d.queues["error"].messages = messages
			parts = len(d.plans(t))
		}
		return nil
	}
	d.pass(t)
	if parts == 0 {
		t.Error("no part is left")
	}
}

// An incident that is no longer in the ledger, because its row was lost or it
// was forgotten, keeps no plan from its end.
func TestAPlanOfAnIncidentThatIsGoneIsOver(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
	d.pass(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.ledger.before = func(e ledger.Entry) error {
		if strings.HasSuffix(e.Key.Partition, "/incidents") {
			return errCrash
		}
		return nil
	}
	d.wait(2 * time.Minute)
	if _, err := d.Run(t.Context()); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	d.ledger.before = nil
	for e, err := range d.ledger.List(t.Context(), "test/incidents") {
		if err == nil {
			err = d.ledger.Delete(t.Context(), e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	d.pass(t)
	if rows := d.plans(t); len(rows) > 0 {
		t.Errorf("%v are left", rows)
	}
	if k := d.only(t); k.Count() != 3 {
		t.Errorf("it has %d messages", k.Count())
	}
}
