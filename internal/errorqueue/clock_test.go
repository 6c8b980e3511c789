package errorqueue_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/triage"
)

// wrongly makes a pass on a machine whose clock is wrong by so much.
func (d *driver) wrongly(t *testing.T, by time.Duration) []string {
	t.Helper()
	d.skew = by
	defer func() { d.skew = 0 }()
	return d.run(t)
}

// run makes a pass and returns all that the chat heard.
func (d *driver) run(t *testing.T) []string {
	t.Helper()
	d.wait(2 * time.Minute)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d.chat.heard()
}

func heardOf(heard []string, text string) bool {
	return slices.ContainsFunc(heard, func(line string) bool { return strings.Contains(line, text) })
}

const aDay = 24 * time.Hour

func TestAPassADayAheadPutsOffNoReminder(t *testing.T) {
	d := newDriverWith(t, triage.Config{RemindAfter: setting.Duration(4 * time.Hour)})
	d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
	d.run(t)
	d.wrongly(t, aDay)
	d.wait(3 * time.Hour)
	if heard := d.run(t); heardOf(heard, "Reminder") {
		t.Errorf("an hour too early: %q", heard)
	}
	d.wait(time.Hour)
	if heard := d.run(t); !heardOf(heard, "Reminder") {
		t.Errorf("no reminder after four hours: %q", heard)
	}
}

func TestAPassHalfADayAheadKeepsNoIncidentOpen(t *testing.T) {
	d := newDriver(t)
	q := d.queues["error"]
	for range 4 {
		q.fail(1, "OrderPlaced", "CardExpired")
		d.run(t)
		q.messages = nil
		d.run(t)
	}
	if k := d.only(t); !k.Alive() || k.GoneSince.IsZero() {
		t.Fatalf("life %d is %s", k.Generation, k.State)
	}
	q.fail(1, "OrderPlaced", "CardExpired")
	d.wrongly(t, aDay/2)
	q.messages = nil
	d.wrongly(t, aDay/2)
	d.wait(2 * time.Hour)
	if heard := d.run(t); !heardOf(heard, "Resolved: 1 failed") {
		t.Errorf("not over after two hours: %q", heard)
	}
}

func TestAPassADayAheadHidesNoLateness(t *testing.T) {
	for _, by := range []time.Duration{aDay, -aDay} {
		d := newDriver(t)
		for range 3 {
			d.run(t)
		}
		if heard := append(d.wrongly(t, by), d.run(t)...); len(heard) > 0 {
			t.Errorf("%s: nothing was late, and it said %q", by, heard)
		}
		d.wrongly(t, by)
		d.wait(3 * time.Hour)
		if heard := d.run(t); !heardOf(heard, "in time") {
			t.Errorf("%s: three hours late: %q", by, heard)
		}
	}
}

func TestAPassMonthsAheadForgetsNoIncident(t *testing.T) {
	d := newDriver(t)
	q := d.queues["error"]
	q.fail(1, "OrderPlaced", "CardExpired")
	d.run(t)
	q.messages = nil
	d.run(t)
	d.wrongly(t, incident.Retention+aDay)
	q.fail(1, "OrderPlaced", "CardExpired")
	if heard := d.run(t); !heardOf(heard, "post: 1 failed") {
		t.Errorf("it came back: %q", heard)
	}
	if k := d.failures(t)[0]; k.Generation != 2 {
		t.Errorf("it came back in life %d, want 2", k.Generation)
	}
}

// A snooze ends in the morning of the next day, at the latest.
func TestASnoozeThatEndsLaterThanAnyHasEnded(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.run(t)
	do(t, d, lifecycle.Action{By: "U0123", Until: d.now.Add(10 * aDay)})
	d.chat.heard()
	if heard := d.run(t); !heardOf(heard, "The snooze is over") {
		t.Errorf("heard %q", heard)
	}
}
