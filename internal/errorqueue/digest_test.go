package errorqueue_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
)

func TestManyThatAreHeardAgainLeaveTheirDigestTogether(t *testing.T) {
	d := newDeskWith(t, errorqueue.Config{})
	for i := range 8 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	d.pass(t)
	all, err := d.Incidents.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range all {
		deed := incident.Deed{Subject: k.Pages[0].Key, By: "U0123", At: d.now, Until: d.now.Add(time.Hour)}
		if _, err := d.Incidents.Do(t.Context(), d.Voice, deed, d.Delivery.Write); err != nil {
			t.Fatal(err)
		}
		break
	}
	d.pass(t)
	d.wait(time.Hour)
	wantHeard(t, d.pass(t), "announce: 8 failures of 8 kinds", "revise: Nothing is left here: what had to be heard again is shown further down")
}

// A digest that one after the other has left must not say that all is well.
func TestADigestThatAllHaveLeftDoesNotSayResolved(t *testing.T) {
	d := newDesk(t, errorqueue.PageRule{When: "incident.count >= 5", Priority: "P2"})
	for i := range 6 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	d.pass(t)
	for i := range 6 {
		d.queues["error"].fail(4, fmt.Sprintf("Event%c", 'A'+i), "Broken")
		for _, line := range d.pass(t) {
			if strings.Contains(line, "esolved") {
				t.Errorf("after %d have left: %s", i+1, line)
			}
		}
	}
}

// A pass that was killed before it could write that it has ended has a
// follower of the same number: what that brings together is told all the same.
func TestADigestOfARepeatedPassShowsWhatIsNewInIt(t *testing.T) {
	d := newDesk(t)
	d.pass(t)
	for i := range 7 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	d.ledger.before = func(e ledger.Entry) error {
		if e.Key.Row == "$last" {
			return errCrash
		}
		return nil
	}
	d.wait(2 * time.Minute)
	if _, err := d.Run(t.Context()); err == nil {
		t.Fatal("the pass could write that it has ended")
	}
	d.ledger.before = nil
	for i := range 7 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'K'+i), "Broken")
	}
	if got := strings.Join(d.pass(t), "\n"); !strings.Contains(got, "14 failures of 14 kinds") {
		t.Errorf("heard:\n%s", got)
	}
}
