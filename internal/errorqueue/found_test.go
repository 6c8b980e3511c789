package errorqueue_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A namespace lists its queues and subscriptions, or says why it does not.
type namespace struct {
	there []source.Entity
	err   error // of all that is asked for
	gaps  []source.Unlisted
	asked int
}

func (n *namespace) list(_ context.Context, sought source.Query) ([]source.Entity, []source.Unlisted) {
	n.asked++
	if n.err != nil {
		return nil, sought.AllUnlisted(n.err)
	}
	return n.there, n.gaps
}

// newFindingDriver watches the queue error and all whose names end in _error.
func newFindingDriver(t *testing.T) (*driver, *namespace) {
	t.Helper()
	d, n := newDriver(t), &namespace{}
	d.Sources = []source.Source{{Queue: "error"}, {Queue: "*_error"}}
	d.Find, d.OwnQueues = n.list, []string{"our_error"}
	for _, name := range []string{"error/$DeadLetterQueue", "our_error", "our_error/$DeadLetterQueue"} {
		d.queues[name] = &queue{}
	}
	return d, n
}

// appear makes a queue, with the dead-letter queue that every queue has.
func (n *namespace) appear(d *driver, name string) *queue {
	q := &queue{}
	d.queues[name], d.queues[name+"/$DeadLetterQueue"] = q, &queue{}
	n.there = append(n.there, source.Entity{Queue: name})
	return q
}

func TestQueuesAreFoundByName(t *testing.T) {
	d, n := newFindingDriver(t)
	n.there = []source.Entity{{Queue: "our_error"}, {Queue: "shop.billing"}}
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t), "post: 1 failed OrderPlaced in shop.billing: CardExpired")

	q := n.appear(d, "stock_error")
	q.fail(2, "ItemReserved", "NoStock")
	wantHeard(t, d.pass(t), "post: 2 failed ItemReserved in shop.billing: NoStock")
	if n.asked != 2 {
		t.Errorf("listed %d times in two passes", n.asked)
	}

	q.messages = nil
	wantHeard(t, d.pass(t),
		"reply: Resolved after 31m59s: its messages are gone, taken by somebody else.",
		"update: Resolved: 2 failed ItemReserved in shop.billing: NoStock")
}

func TestAQueueThatDisappearsEndsItsIncidentsAndSaysSo(t *testing.T) {
	d, n := newFindingDriver(t)
	n.appear(d, "stock_error").fail(2, "ItemReserved", "NoStock")
	d.pass(t)
	n.there = nil
	delete(d.queues, "stock_error")
	wantHeard(t, d.pass(t),
		"reply: Ended after 29m59s: stock_error is no longer there, or no longer watched. Where its messages went is not known.",
		"update: Resolved: 2 failed ItemReserved in shop.billing: NoStock")
}

// Without the right to list, nothing that is known goes unwatched, and what
// may be missed is told.
func TestWithoutAListWhatIsKnownIsWatchedOn(t *testing.T) {
	d, n := newFindingDriver(t)
	q := n.appear(d, "stock_error")
	q.fail(1, "ItemReserved", "NoStock")
	d.pass(t)

	n.err = fmt.Errorf("list queues: %w: give the role", message.ErrForbidden)
	q.fail(1, "ItemReserved", "NoStock")
	wantHeard(t, d.pass(t),
		"post: Cannot look for queues by name: *_error",
		"reply: Growing: 2 messages now, 1 when first told.",
		"update: 2 failed ItemReserved in shop.billing: NoStock")
	pass, err := d.Run(t.Context())
	if err != nil || pass.Unreadable != 1 {
		t.Errorf("%d of %d sources are blind, %v", pass.Unreadable, pass.Sources, err)
	}

	// A program that has just started has only the ledger to know it from.
	again, _ := newFindingDriver(t)
	again.ledger.Ledger, again.queues, again.Find, again.now = d.ledger.Ledger, d.queues, n.list, d.now
	q.fail(2, "ItemReserved", "NoStock")
	wantHeard(t, again.pass(t), "update: 4 failed ItemReserved in shop.billing: NoStock")

	n.err = nil
	wantHeard(t, again.pass(t), "reply: Can be looked for again after 4m0s.", "update: Resolved: can look for queues by name again: *_error")
}

// One topic whose subscriptions cannot be listed blinds the patterns that mean
// it, and no other.
func TestOneTopicThatCannotBeListedHidesNoOther(t *testing.T) {
	d, n := newFindingDriver(t)
	d.Sources = []source.Source{
		{Queue: "*_error"}, {Topic: "orders", Subscription: "*", DeadLetter: true}, {Topic: "st*", Subscription: "*", DeadLetter: true},
	}
	subscription := func(topic, name string) *queue {
		q, e := &queue{}, source.Entity{Topic: topic, Subscription: name}
		d.queues[source.Source{Topic: topic, Subscription: name, DeadLetter: true}.Entity()] = q
		n.there = append(n.there, e)
		return q
	}
	subscription("orders", "invoicing")
	stock := subscription("stock", "reports")
	d.pass(t)

	orders := n.there[:1:1]
	n.there = orders // what lies in stock is not listed any more
	n.gaps = []source.Unlisted{{Topic: "stock", Err: errors.New("list subscriptions of stock: no answer")}, {Topic: "streets", Err: errors.New("none either")}}
	stock.fail(1, "ItemReserved", "NoStock")
	n.appear(d, "billing_error").fail(1, "OrderPlaced", "CardExpired")
	subscription("orders", "shipping").fail(2, "ParcelPacked", "NoAddress")
	wantHeard(t, d.pass(t),
		"post: 1 failed ItemReserved in shop.billing: NoStock",
		"post: 1 failed OrderPlaced in shop.billing: CardExpired",
		"post: 2 failed ParcelPacked in shop.billing: NoAddress",
		"post: Cannot look for queues by name: st*/Subscriptions/*/$DeadLetterQueue")
}

func TestAPatternAloneThatCannotBeListedIsAFailedPass(t *testing.T) {
	d, n := newFindingDriver(t)
	d.Sources = d.Sources[1:]
	n.err = errors.New("list queues: no network")
	if _, err := d.Run(t.Context()); !errors.Is(err, errorqueue.ErrUnreadable) {
		t.Errorf("error is %v, want ErrBlind", err)
	}
}

func TestAPageWithoutTheLedgerFindsQueuesToo(t *testing.T) {
	d, n := newFindingDriver(t)
	rules, err := triage.NewRules(triage.Config{Page: []triage.PageRule{{When: "true", Priority: "P1"}}})
	if err != nil {
		t.Fatal(err)
	}
	d.Rules = rules
	n.appear(d, "stock_error").fail(3, "ItemReserved", "NoStock")
	d.ledger.down = errors.New("tables are down")
	if _, err := d.Run(t.Context()); err == nil {
		t.Error("the pass succeeded without its ledger")
	}
	wantHeard(t, d.pager.heard(), "post P1: Blind: stock_error holds failures, and the ledger cannot be read")
}
