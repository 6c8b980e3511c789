package errorqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// odd is a source at which the SDK panics.
type odd struct{}

func (odd) Peek(context.Context, int64) iter.Seq2[message.Message, error] {
	return func(func(message.Message, error) bool) { panic("odd message") }
}

func TestAnEmergencyPageDependsOnNoOtherSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDriver(t, triage.PageRule{When: "true", Priority: "P1"})
		d.Connections = 1
		open := d.Open
		d.Sources = []source.Source{{Queue: "odd"}, {Queue: "stuck"}, {Queue: "error"}}
		d.Open = func(p source.Source) source.Peeker {
			switch p.Queue {
			case "odd":
				return odd{}
			case "stuck":
				return hanging{}
			}
			return open(p)
		}
		d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
		d.ledger.down = errors.New("no storage")
		for range 3 { // another source is the first each time
			d.wait(time.Minute)
			if _, err := d.Run(t.Context()); !errors.Is(err, d.ledger.down) {
				t.Errorf("error is %v", err)
			}
			wantHeard(t, d.pager.heard(), "post P1: Blind: error holds failures, and the ledger cannot be read")
		}
	})
}

// A pager that refuses one emergency page gets the others.
func TestAnEmergencyPageThatIsRefusedHoldsUpNoOther(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: `source.name == "error"`, Priority: "P1"}, triage.PageRule{When: "true", Priority: "P2"})
	d.Connections = 1
	d.Delivery.Channels["opsgenie"] = &picky{d.pager, "P1"}
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.queues[dlq].fail(1, "OrderPlaced", "CardExpired")
	d.ledger.down = errors.New("no storage")
	if _, err := d.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "page without the ledger") {
		t.Errorf("error is %v", err)
	}
	wantHeard(t, d.pager.heard(), "post P2: Blind: shop.orders/$DeadLetterQueue holds failures, and the ledger cannot be read")
}

// Another instance that ends its pass at the same time knows of no alarm.
func TestAnAlarmThatCouldNotBeEndedIsRememberedWhoeverWritesLast(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: "true", Priority: "P1"})
	d.pass(t)
	d.pass(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.ledger.down = errors.New("no storage")
	if _, err := d.Run(t.Context()); err == nil {
		t.Fatal("the pass succeeded without its ledger")
	}
	wantHeard(t, d.pager.heard(), "post P1: Blind: error holds failures, and the ledger cannot be read")
	d.ledger.down, d.queues["error"].messages = nil, nil
	d.pager.fails = errors.New("out of order")
	d.ledger.before = func(e ledger.Entry) error {
		if e.Key.Row != "$last" {
			return nil
		}
		d.ledger.before = nil
		theirs, err := d.ledger.Get(t.Context(), e.Key)
		if err != nil {
			t.Fatal(err)
		}
		var h map[string]any
		if err := json.Unmarshal(theirs.Value, &h); err != nil {
			t.Fatal(err)
		}
		h["idle"] = 0
		if theirs.Value, err = json.Marshal(h); err != nil {
			t.Fatal(err)
		}
		_, err = d.ledger.Update(t.Context(), theirs)
		return err
	}
	d.pass(t)
	again := newDriver(t, triage.PageRule{When: "true", Priority: "P1"}) // a program that has just started
	again.ledger.Ledger, again.now = d.ledger.Ledger, d.now
	again.pass(t)
	wantHeard(t, again.pager.heard(),
		"close: Over: the ledger can be read again; what is left has an alert of its own",
		"close: Over: the ledger can be read again; what is left has an alert of its own")
}
