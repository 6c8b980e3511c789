package errorqueue_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/triage"
)

// plans are the rows of plans in the ledger.
func (d *driver) plans(t *testing.T) (rows []string) {
	t.Helper()
	for e, err := range d.ledger.Ledger.List(t.Context(), "test/journal") {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, e.Key.Row)
	}
	return rows
}

// fingerprintOf finds the incident of an event.
func (d *driver) fingerprintOf(t *testing.T, event string) string {
	t.Helper()
	all, err := d.Incidents.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for fingerprint, k := range all {
		if strings.HasSuffix(triage.FailureOf(k.Cause).MessageType, "."+event) {
			return fingerprint
		}
	}
	t.Fatalf("no incident of %s", event)
	return ""
}

// refuse lets the ledger refuse to save one incident.
func (d *driver) refuse(fingerprint string) {
	d.ledger.before = func(e ledger.Entry) error {
		if strings.HasSuffix(e.Key.Partition, "/incidents") && e.Key.Row == fingerprint {
			return errors.New("no such thing")
		}
		return nil
	}
}

// badPass is a pass that reports an error, and what the chat hears after it.
func (d *driver) badPass(t *testing.T) []string {
	t.Helper()
	d.wait(2 * time.Minute)
	if _, err := d.Run(t.Context()); err == nil {
		t.Error("the pass reports no error")
	}
	if _, err := d.Delivery.Deliver(t.Context()); err != nil {
		t.Error(err)
	}
	return d.chat.heard()
}

// An incident that cannot be saved is tried again by each pass, is decided once
// and is said in the end; all others are told as if it were not there.
func TestAnIncidentThatCannotBeSavedHoldsUpNoOther(t *testing.T) {
	for _, writers := range []int{1, 16} {
		d := newDriver(t)
		d.Writers, d.Journal.Writers, d.Delivery.Writers = writers, writers, writers
		for _, event := range []string{"EventA", "EventB", "EventC"} {
			d.queues["error"].fail(1, event, "Broken")
		}
		d.pass(t)
		d.refuse(d.fingerprintOf(t, "EventB"))
		for _, event := range []string{"EventA", "EventB", "EventC"} {
			d.queues["error"].fail(1, event, "Broken")
		}
		wantHeard(t, d.badPass(t),
			"reply: Growing: 2 messages now, 1 when first told.",
			"reply: Growing: 2 messages now, 1 when first told.",
			"update: 2 failed EventA in shop.billing: Broken",
			"update: 2 failed EventC in shop.billing: Broken")
		d.queues["error"].fail(1, "EventA", "Broken")
		wantHeard(t, d.badPass(t), "update: 3 failed EventA in shop.billing: Broken")
		wantHeard(t, d.badPass(t))
		if rows := d.plans(t); len(rows) != 1 {
			t.Errorf("%d rows of plans: %v", len(rows), rows)
		}
		d.ledger.before = nil
		wantHeard(t, d.pass(t),
			"reply: Growing: 2 messages now, 1 when first told.",
			"update: 2 failed EventB in shop.billing: Broken")
		if rows := d.plans(t); len(rows) != 0 {
			t.Errorf("rows of plans are left: %v", rows)
		}
	}
}

// What cannot be saved for a day is decided anew: whatever was wrong with it,
// a newer program may decide it in another way.
func TestAPlanThatCannotBeCarriedOutForADayIsGivenUp(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(1, "EventA", "Broken")
	d.pass(t)
	d.refuse(d.fingerprintOf(t, "EventA"))
	d.queues["error"].fail(1, "EventA", "Broken")
	d.badPass(t)
	first := d.plans(t)
	d.wait(25 * time.Hour)
	d.badPass(t)
	if then := d.plans(t); len(then) != 1 || then[0] == first[0] {
		t.Errorf("plans were %v, are %v", first, then)
	}
}

// hiding is a ledger whose next listing misses a row, as one that was made
// while the row was written.
type hiding struct {
	ledger.Ledger
	suffix string
}

func (h *hiding) List(ctx context.Context, partition string) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		for e, err := range h.Ledger.List(ctx, partition) {
			if h.suffix != "" && strings.HasSuffix(e.Key.Partition, "/journal") && strings.HasSuffix(e.Key.Row, h.suffix) {
				h.suffix = ""
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestAPartOfAPlanThatAListingMissesIsCarriedOut(t *testing.T) {
	d := newDriver(t)
	d.pass(t)
	for n := range 150 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%d", n), "Broken")
	}
	d.ledger.before = func(e ledger.Entry) error {
		if strings.HasSuffix(e.Key.Partition, "/incidents") {
			return errCrash
		}
		return nil
	}
	d.badPass(t)
	d.ledger.before = nil
	if rows := d.plans(t); len(rows) != 2 {
		t.Fatalf("the plan has the rows %v", rows)
	}
	messages := d.queues["error"].messages
	d.queues["error"].outages = 10 // nothing is decided anew
	d.ledger.Ledger = &hiding{d.ledger.Ledger, "/1"}
	d.pass(t)
	all, err := d.Incidents.All(t.Context())
	if err != nil || len(all) != len(messages) {
		t.Errorf("%d incidents of %d, %v", len(all), len(messages), err)
	}
	if rows := d.plans(t); len(rows) != 0 {
		t.Errorf("rows of plans are left: %v", rows)
	}
}

// A plan of several parts that is killed at any of its writes is carried out by
// the next pass, and what is said of many is said once.
func TestALargePlanKilledAnywhereIsMadeGoodByTheNext(t *testing.T) {
	const kinds = 230
	for _, writers := range []int{1, 16} {
		for at := 0; ; at += 41 {
			d := newDriver(t, triage.PageRule{When: "true", Priority: "P2"})
			d.pass(t)
			d.Writers, d.Journal.Writers, d.Delivery.Writers = writers, writers, writers
			for n := range kinds {
				d.queues["error"].fail(1, fmt.Sprintf("Event%d", n), "Broken")
			}
			d.wait(2 * time.Minute)
			d.crashAt(at)
			_, killed := d.Run(t.Context())
			d.ledger.before = nil
			d.threePasses(t)
			name := fmt.Sprintf("%d writers, killed at write %d", writers, at)
			d.wantDigest(t, kinds)
			d.wantNothingTwice(t)
			all, err := d.Incidents.All(t.Context())
			if err != nil || len(all) != kinds {
				t.Errorf("%s: %d incidents, %v", name, len(all), err)
			}
			alerts := 0
			for _, n := range d.pager.said {
				alerts += number(n.Act == notify.Post && n.State != notify.Unreadable)
			}
			if alerts != 6 {
				t.Errorf("%s: the pager heard %d alerts", name, alerts)
			}
			d.wait(time.Hour)
			d.threePasses(t)
			if rows := d.plans(t); len(rows) != 0 {
				t.Errorf("%s: rows of plans are left: %v", name, rows)
			}
			if killed == nil || t.Failed() {
				break
			}
		}
	}
}
