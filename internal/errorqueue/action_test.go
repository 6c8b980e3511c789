package errorqueue_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/triage"
)

// A deed is killed at each of its writes. What pages and threads show in the
// end is what the incidents are: acknowledged, all of them, or none, in which
// case the same click does it when it comes again.
func TestActionKilledAnywhereIsCompletedOrNotStarted(t *testing.T) {
	for _, tt := range []struct {
		name     string
		kinds    int
		imported int // which alert is acknowledged in the pager; 0: it is a click
	}{
		{"a click on an incident", 1, 0},
		{"a click on a digest", 8, 0},
		{"an alert acknowledged in the pager", 1, 1},
		{"a storm acknowledged in the pager", 12, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for at := 0; ; at++ {
				d := newDriver(t, triage.PageRule{When: "true", Priority: "P2"})
				d.pass(t)
				for i := range tt.kinds {
					d.queues["error"].fail(2, fmt.Sprintf("Event%c", 'A'+i), "Broken")
				}
				d.wait(2 * time.Minute)
				if _, err := d.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				name := fmt.Sprintf("killed at write %d", at)
				var deed func() error
				if tt.imported == 0 {
					click := d.clickOnAny(t)
					deed = func() error { return d.do(t, click) }
				} else {
					alias := d.pager.said[tt.imported-1].Alias
					deed = func() error {
						d.Acknowledged = func(_ context.Context, asked string) (string, bool, error) { return "ann", asked == alias, nil }
						d.wait(2 * time.Minute)
						_, err := d.Run(t.Context())
						d.Acknowledged = nil // the alert is closed
						return err
					}
				}
				d.crashAt(at)
				err := deed()
				d.ledger.before = nil
				d.pass2(t)
				done := d.wantShownAsIs(t, name)
				if again := deed(); again != nil {
					t.Errorf("%s: once more: %v", name, again)
				}
				d.pass2(t)
				if again := d.wantShownAsIs(t, name+", then once more"); again < done || tt.imported == 0 && again != tt.kinds {
					t.Errorf("%s: %d of %d are acknowledged, and once more %d", name, done, tt.kinds, again)
				}
				if err == nil || at > 60 {
					break
				}
			}
		})
	}
}

// clickOnAny is a click on the page of any incident.
func (d *driver) clickOnAny(t *testing.T) lifecycle.Action {
	t.Helper()
	k := d.failures(t)[0]
	click := lifecycle.Action{Subjects: []string{k.Subject()}, By: "U0ANN", At: d.now}
	if k.Pages[0].Shared {
		click.Subjects = []string{k.Pages[0].Key}
	}
	return click
}

func (d *driver) do(t *testing.T, deed lifecycle.Action) error {
	_, err := d.Apply(t.Context(), deed)
	return err
}

// pass2 makes two passes and keeps what was said.
func (d *driver) pass2(t *testing.T) {
	t.Helper()
	for range 2 {
		d.wait(2 * time.Minute)
		if _, err := d.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// wantShownAsIs checks that the pages show the incidents as they are, and that
// each thread says once what was done. It returns how many are acknowledged.
func (d *driver) wantShownAsIs(t *testing.T, name string) (acknowledged int) {
	t.Helper()
	shown, lines := map[string]notify.Notice{}, map[string]int{}
	for _, n := range d.chat.said {
		switch n.Act {
		case notify.Post, notify.Update:
			shown[cmp.Or(n.Page, n.Key)] = n
		case notify.Reply:
			lines[n.Page] += number(strings.HasPrefix(n.Headline.Plain(), "Acknowledged by"))
		}
	}
	open := map[string]bool{} // pages on which something is open
	pages := map[string]incident.State{}
	for _, k := range d.failures(t) {
		acknowledged += number(k.State == incident.Acknowledged)
		for _, p := range k.Pages {
			open[p.Key] = open[p.Key] || k.State == incident.Open
			pages[p.Key] = cmp.Or(map[bool]incident.State{true: incident.Acknowledged}[k.State == incident.Acknowledged], pages[p.Key])
		}
	}
	for key := range open {
		want := map[bool]notify.State{true: notify.Open, false: notify.Acknowledged}[open[key]]
		if got := shown[key]; got.State != want {
			t.Errorf("%s: the page %s shows %s, and it is %s", name, key, got.State, want)
		}
		if want := number(pages[key] == incident.Acknowledged); lines[key] != want {
			t.Errorf("%s: the thread of %s says %d times that it is acknowledged, want %d", name, key, lines[key], want)
		}
	}
	return acknowledged
}

// A click is followed by another before the first is noted: somebody else's,
// or the same person's because the first got no answer. The thread has one line.
func TestWhatIsDoneTwiceAtOnceIsSaidOnce(t *testing.T) {
	for _, tt := range []struct {
		name   string
		kinds  int
		snooze time.Duration
		killed bool
		second string
	}{
		{"two acknowledge", 1, 0, false, "U0BEN"},
		{"the first acknowledgement was killed", 1, 0, true, "U0ANN"},
		{"two snooze", 1, 4 * time.Hour, false, "U0BEN"},
		{"the first to snooze was killed", 1, 4 * time.Hour, true, "U0ANN"},
		{"one acknowledges a digest twice", 8, 0, false, "U0ANN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for at := range tt.kinds {
				d := newDriver(t)
				d.pass(t)
				for i := range tt.kinds {
					d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
				}
				d.pass2(t)
				deed := func(by string) error {
					d.wait(time.Millisecond)
					click := d.clickOnAny(t)
					if click.By = by; tt.snooze > 0 {
						click.Until = click.At.Add(tt.snooze)
					}
					_, err := d.Apply(t.Context(), click)
					return err
				}
				n := -1
				d.ledger.before = func(e ledger.Entry) error {
					if !strings.HasSuffix(e.Key.Partition, "/incidents") {
						return nil
					}
					if n++; n < at {
						return nil
					}
					d.ledger.before = nil
					if tt.killed {
						d.crashAt(0)
						return errCrash
					}
					return deed(tt.second)
				}
				if err := deed("U0ANN"); (err != nil) != tt.killed {
					t.Fatal(err)
				}
				d.ledger.before = nil
				if err := deed("U0ANN"); err != nil {
					t.Fatal(err)
				}
				d.pass2(t)
				said := 0
				for _, n := range d.chat.said {
					said += number(n.Act == notify.Reply)
				}
				if said != 1 {
					t.Errorf("said %d times", said)
				}
				for _, k := range d.failures(t) {
					if k.State == incident.Open || k.Actions != 1 {
						t.Errorf("kept %s after %d deeds", k.State, k.Actions)
					}
				}
			}
		})
	}
}

// A pass counts more messages between a click's reading and its writing: the
// page shows both in the end.
func TestActionOvertakenByAPassShowsResultOfThePass(t *testing.T) {
	for _, when := range []string{"/journal", "/incidents", "/notices"} {
		d := newDriver(t)
		d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
		d.pass(t)
		click := d.clickOnAny(t)
		d.ledger.before = func(e ledger.Entry) error {
			if strings.HasSuffix(e.Key.Partition, when) {
				d.ledger.before = nil
				d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
				d.wait(time.Second)
				if _, err := d.Run(t.Context()); err != nil {
					t.Error(err)
				}
			}
			return nil
		}
		if err := d.do(t, click); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Delivery.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		var last notify.Notice
		for _, n := range d.chat.said {
			if n.Act == notify.Update {
				last = n
			}
		}
		if got := last.Headline.Plain(); last.State != notify.Acknowledged || !strings.HasPrefix(got, "3 failed") {
			t.Errorf("before a write of %s: the page shows %s: %s", when, last.State, got)
		}
	}
}

// What somebody did and somebody else undid is not done again when the same
// click arrives once more.
func TestAClickThatArrivesTwiceIsDoneOnce(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.pass(t)
	first := d.clickOnAny(t)
	d.wait(time.Second)
	second := d.clickOnAny(t)
	second.By, second.Until = "U0BEN", d.now.Add(time.Hour)
	for _, click := range []lifecycle.Action{first, second, first} {
		if err := d.do(t, click); err != nil {
			t.Fatal(err)
		}
	}
	if k := d.only(t); k.State != incident.Snoozed || k.Actions != 2 {
		t.Errorf("it is %s after %d deeds", k.State, k.Actions)
	}
}

// What is done about one incident of a digest, and what a pass sees of another
// at the same time, are both shown, whoever writes first.
func TestADigestShowsWhatIsDoneAndWhatIsSeenAtOnce(t *testing.T) {
	for _, deedFirst := range []bool{false, true} {
		for at := range 12 {
			d := newDriver(t)
			for i := range 8 {
				d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
			}
			d.pass(t)
			all := d.failures(t)
			some := slices.IndexFunc(all, func(k incident.Stored) bool { return triage.FailureOf(k.Cause).MessageType == "Shop.Orders.EventA" })
			deed := lifecycle.Action{Subjects: []string{all[some].Subject()}, By: "ann in the pager", At: d.now.Add(2*time.Minute + time.Second)}
			d.wait(2 * time.Minute)
			does := func() error { return d.do(t, deed) }
			sees := func() error {
				d.wait(time.Millisecond)
				_, err := d.Run(t.Context())
				return err
			}
			one, other := sees, does
			if deedFirst {
				one, other = does, sees
			}
			d.queues["error"].fail(1, "EventB", "Broken")
			n := -1
			d.ledger.before = func(ledger.Entry) error {
				if n++; n < at {
					return nil
				}
				d.ledger.before = nil
				return other()
			}
			if err := one(); err != nil {
				t.Fatal(err)
			}
			d.ledger.before = nil
			if _, err := d.Delivery.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			d.pass2(t)
			face := notify.Notice{}
			for _, n := range d.chat.said {
				if n.Act == notify.Update {
					face = n
				}
			}
			if got := face.Headline.Plain(); got != "9 failures of 8 kinds" {
				t.Errorf("deed first %t, other at write %d: the digest shows %q", deedFirst, at, got)
			}
		}
	}
}
