package errorqueue_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/source"
)

// deepDriver polls ten messages at a time.
func deepDriver(t *testing.T) *driver {
	t.Helper()
	d := newDriver(t)
	d.Batch = 10
	return d
}

func (d *driver) incidentCount(t *testing.T) int {
	t.Helper()
	all, err := d.Incidents.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, k := range all {
		n += k.Count()
	}
	return n
}

// read makes a pass and returns how many messages of a queue it looked at.
func (d *driver) read(t *testing.T, q *queue) int {
	t.Helper()
	q.shown = 0
	d.pass(t)
	return q.shown
}

func TestDeepQueueIsReportedAtOnceAndThenReadInSteps(t *testing.T) {
	d := deepDriver(t)
	q := d.queues["error"]
	q.fail(95, "OrderPlaced", "CardExpired")
	wantHeard(t, d.pass(t), "post: 95 failed OrderPlaced in shop.billing: CardExpired")
	for range 3 {
		if n := d.read(t, q); n != 10 {
			t.Errorf("a pass over an unchanged backlog looked at %d messages, want a stretch of 10", n)
		}
	}
	q.fail(1, "CustomerMoved", "AddressUnknown")
	wantHeard(t, d.pass(t), "post: 1 failed CustomerMoved in shop.billing: AddressUnknown")
	if n := d.incidentCount(t); n != 96 {
		t.Errorf("%d messages are known, want 96", n)
	}
}

func TestADeepQueueIsBelievedEmptierOnlyAfterAWholeRollCall(t *testing.T) {
	d := deepDriver(t)
	q := d.queues["error"]
	q.fail(1, "CustomerMoved", "AddressUnknown")
	q.fail(59, "OrderPlaced", "CardExpired")
	d.pass(t)
	q.messages = q.messages[1:] // the only one of its kind
	var heard []string
	passes := 0
	for ; len(heard) == 0 && passes < 20; passes++ {
		if n := d.incidentCount(t); n != 60 {
			t.Fatalf("%d messages are known before the roll call is over, want 60", n)
		}
		heard = d.pass(t)
	}
	if passes != 6 || !strings.HasPrefix(strings.Join(heard, "\n"), "reply: Resolved") || d.incidentCount(t) != 59 {
		t.Errorf("after %d passes, with %d messages, heard %q", passes, d.incidentCount(t), heard)
	}
}

func TestDeepDeadLetterQueueIsReportedStepByStep(t *testing.T) {
	d := deepDriver(t)
	q := d.queues["shop.orders/$DeadLetterQueue"]
	q.fail(25, "OrderPlaced", "CardExpired")
	for pass, want := range []int{10, 20, 25, 25, 25} {
		heard := d.pass(t)
		if d.incidentCount(t) != want {
			t.Errorf("%d messages are known, want %d", d.incidentCount(t), want)
		}
		if pass > 2 && len(heard) > 0 {
			t.Errorf("of what has not changed was heard %q", heard)
		}
	}
	q.messages = nil
	for range 3 {
		d.pass(t)
	}
	if n := d.incidentCount(t); n != 0 {
		t.Errorf("%d messages are known of an empty queue", n)
	}
}

func TestMessageShowsThatADeepSourceIsReportedLate(t *testing.T) {
	d := deepDriver(t)
	d.queues["error"].fail(30, "OrderPlaced", "CardExpired")
	d.queues["shop.orders/$DeadLetterQueue"].fail(30, "CustomerMoved", "AddressUnknown")
	d.now = d.now.Add(time.Minute)
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, n := range d.chat.said {
		deep := strings.Contains(n.Headline.Plain(), "CustomerMoved")
		if says := strings.Contains(fmt.Sprint(n.Facts), "its news come late"); says != deep {
			t.Errorf("%s: %v", n.Headline.Plain(), n.Facts)
		}
	}
}

func TestAPartitionedQueueHasNoMark(t *testing.T) {
	d := deepDriver(t)
	q := d.queues["error"]
	q.fail(30, "OrderPlaced", "CardExpired")
	for i := range q.messages { // three partitions of ten
		q.messages[i].SequenceNumber = int64(i/10)<<48 | int64(i%10+1)
	}
	d.pass(t)
	d.pass(t)
	// A number of the first partition is lower than what has been read.
	low := q.messages[0]
	low.SequenceNumber = 11
	low.Properties["rbs2-msg-type"] = "Shop.Orders.CustomerMoved, Shop.Orders"
	q.messages = append(q.messages[:10:10], append([]message.Message{low}, q.messages[10:]...)...)
	heard := ""
	for range 8 {
		heard += strings.Join(d.pass(t), "\n")
	}
	if !strings.Contains(heard, "CustomerMoved") {
		t.Errorf("what came with a lower number was not told: %s", heard)
	}
}

func TestAFloodIsBoundedOverTheStretches(t *testing.T) {
	d := newDriver(t)
	d.Batch = 100
	q := d.queues["shop.orders/$DeadLetterQueue"]
	for i := range 600 {
		q.fail(1, fmt.Sprintf("Event%c%c", 'A'+i/26, 'A'+i%26), "Broken")
	}
	for range 8 {
		d.pass(t)
	}
	all, err := d.Incidents.All(t.Context())
	if err != nil || len(all) != 501 || d.incidentCount(t) != 600 {
		t.Errorf("%d incidents of %d messages, want 501 of 600; %v", len(all), d.incidentCount(t), err)
	}
}

func TestACrashBetweenStretchesRepeatsOneAndCountsNothingTwice(t *testing.T) {
	for _, entity := range []string{"error", "shop.orders/$DeadLetterQueue"} {
		t.Run(entity, func(t *testing.T) {
			d := deepDriver(t)
			broken := false
			d.ledger.before = func(e ledger.Entry) error {
				if broken && strings.HasSuffix(e.Key.Partition, "/places") {
					return errCrash
				}
				return nil
			}
			q := d.queues[entity]
			q.fail(35, "OrderPlaced", "CardExpired")
			d.pass(t)
			for i := range 12 {
				if i%3 == 0 {
					q.fail(1, "OrderPlaced", "CardExpired")
				}
				if broken = i%2 == 0; broken {
					if _, err := d.Run(t.Context()); err == nil {
						t.Fatal("a pass that could not keep its places ended well")
					}
					continue
				}
				d.pass(t)
				if n := d.incidentCount(t); n > len(q.messages) {
					t.Fatalf("%d messages are known of %d", n, len(q.messages))
				}
			}
			broken = false
			for range 10 {
				d.pass(t)
			}
			if n := d.incidentCount(t); n != len(q.messages) {
				t.Errorf("%d messages are known of %d", n, len(q.messages))
			}
		})
	}
}

// Of two deep sources one is always in the middle of its roll call. What has
// gone from both, and is waited for whether it comes back, is over all the same.
func TestWhatIsGoneFromTwoDeepSourcesIsOver(t *testing.T) {
	d := newDriver(t)
	d.Batch = 2
	d.Sources = []source.Source{{Queue: "shop.billing", DeadLetter: true}, {Queue: "shop.orders", DeadLetter: true}}
	d.queues["shop.billing/$DeadLetterQueue"] = &queue{}
	places := []*queue{d.queues["shop.billing/$DeadLetterQueue"], d.queues["shop.orders/$DeadLetterQueue"]}
	for range 3 { // it comes and goes
		for _, q := range places {
			q.fail(1, "OrderPlaced", "CardExpired")
		}
		d.pass(t)
		for _, q := range places {
			q.messages = nil
		}
		d.pass(t)
	}
	for _, q := range places {
		q.fail(3, "CustomerMoved", "AddressUnknown")
		d.pass(t)
	}
	var heard []string
	for range 30 {
		heard = append(heard, d.pass(t)...)
	}
	if !slices.Contains(heard, "update: Resolved: 2 failed OrderPlaced in shop.billing: CardExpired") {
		t.Errorf("heard %q", heard)
	}
}
