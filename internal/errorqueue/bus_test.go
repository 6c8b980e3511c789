package errorqueue_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/control"
	emulator "github.com/busbell/busbell/internal/emulator/servicebus"
	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/servicebus"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/source"
)

// A busDriver reads a real bus through the real SDK, ten messages in a poll.
type busDriver struct {
	*driver
	t      *testing.T
	bus    *emulator.Server
	sdk    *azservicebus.Client
	client *servicebus.Client
	sent   int

	after int    // during the next look, when so many messages were read,
	then  func() // this happens
}

func newBusDriver(t *testing.T, queue emulator.Queue, place source.Source) *busDriver {
	t.Helper()
	d := &busDriver{driver: newDriver(t), t: t}
	var err error
	// Small pages, as the service gives them: a look takes several.
	if d.bus, err = emulator.Start(emulator.Config{Queues: []emulator.Queue{queue}, MaxPeek: 4}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.bus.Close() })
	if d.sdk, err = azservicebus.NewClientFromConnectionString(d.bus.ConnectionString(), nil); err != nil {
		t.Fatal(err)
	}
	if d.client, err = servicebus.New(servicebus.Config{ConnectionString: setting.Secret(d.bus.ConnectionString())}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.sdk.Close(context.Background())
		_ = d.client.Close(context.Background())
	})
	d.Sources, d.Batch = []source.Source{place}, 10
	d.Open = func(p source.Source) source.Peeker {
		return &interrupted{source: d.client.Source(p.Entity()), d: d}
	}
	return d
}

// interrupted is a real source, and something happens while it is read.
type interrupted struct {
	source source.Peeker
	d      *busDriver
}

func (s *interrupted) Peek(ctx context.Context, from int64) iter.Seq2[message.Message, error] {
	return func(yield func(message.Message, error) bool) {
		n := 0
		for m, err := range s.source.Peek(ctx, from) {
			if !yield(m, err) {
				return
			}
			if n++; n == s.d.after && s.d.then != nil {
				s.d.then()
				s.d.then = nil
			}
		}
	}
}

// fail sends failures of one kind to a queue.
func (d *busDriver) fail(queue string, times int, event string) {
	d.t.Helper()
	for range times {
		d.sendWith(queue, map[string]any{
			"rbs2-msg-type": "Shop.Orders." + event + ", Shop.Orders", "rbs2-source-queue": "shop.billing",
			"rbs2-error-details": "1 unhandled exceptions: 04/17/2026 08:34:01 +00:00: Shop.CardExpired: expired\n" +
				"   at Shop.Billing." + event + "Handler.Handle(" + event + " message) in /src/Handler.cs:line 52",
		})
	}
}

// sendWith sends a message with these application properties.
func (d *busDriver) sendWith(queue string, properties map[string]any) {
	d.t.Helper()
	sender, err := d.sdk.NewSender(queue, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = sender.Close(context.Background()) }()
	d.sent++
	id := fmt.Sprintf("m-%d", d.sent)
	if err := sender.SendMessage(d.t.Context(), &azservicebus.Message{MessageID: &id, Body: []byte("{}"), ApplicationProperties: properties}, nil); err != nil {
		d.t.Fatal(err)
	}
}

// take receives messages from an entity, as another tool does, and settles
// them in its way.
func (d *busDriver) take(queue string, n int, settle func(*azservicebus.Receiver, *azservicebus.ReceivedMessage) error) {
	d.t.Helper()
	receiver, err := d.sdk.NewReceiverForQueue(queue, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = receiver.Close(context.Background()) }()
	for n > 0 {
		got, err := receiver.ReceiveMessages(d.t.Context(), n, nil)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, m := range got {
			if err := settle(receiver, m); err != nil {
				d.t.Fatal(err)
			}
			n--
		}
	}
}

func (d *busDriver) complete(r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) error {
	return r.CompleteMessage(d.t.Context(), m, nil)
}

func (d *busDriver) deadLetter(r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) error {
	return r.DeadLetterMessage(d.t.Context(), m, nil)
}

var errorQueue = source.Source{Queue: "error"}

// pass makes a pass, which may find that its only source is out of reach.
func (d *busDriver) pass(t *testing.T) []string {
	t.Helper()
	d.now = d.now.Add(2 * time.Minute)
	if _, err := d.Run(t.Context()); err != nil && !errors.Is(err, errorqueue.ErrUnreadable) {
		t.Fatal(err)
	}
	return d.chat.heard()
}

// passes makes passes until so many messages are known, and returns all that
// was heard.
func (d *busDriver) passes(most, want int) string {
	d.t.Helper()
	heard := ""
	for range most {
		heard += strings.Join(d.pass(d.t), "\n") + "\n"
		if d.incidentCount(d.t) == want {
			return heard
		}
	}
	d.t.Fatalf("after %d passes %d messages are known, want %d; heard:\n%s", most, d.incidentCount(d.t), want, heard)
	return ""
}

func TestWhateverCutsReadingOffNothingIsLostOrSaidToBeGone(t *testing.T) {
	for name, trouble := range map[string]func(*busDriver){
		"the connection": func(d *busDriver) { d.bus.Fail(control.Fault{Kind: control.Drop, Times: 1}) },
		"the link":       func(d *busDriver) { d.bus.Fail(control.Fault{Kind: control.DetachForced, Entity: "error", Times: 1}) },
		"a busy broker": func(d *busDriver) {
			d.bus.Fail(control.Fault{Kind: control.Refuse, Entity: "error", Error: emulator.ServerBusy, Times: 2})
		},
		"an outage": func(d *busDriver) { d.bus.Fail(control.Fault{Kind: control.ShortPeek, Entity: "error", Times: 1}) },
		"a lasting outage": func(d *busDriver) {
			d.bus.Fail(control.Fault{Kind: control.Refuse, Entity: "error", Error: emulator.ServerBusy, Times: 6})
		},
		"a lost right": func(d *busDriver) {
			d.bus.Fail(control.Fault{Kind: control.Refuse, Entity: "error", Error: emulator.Unauthorized, Times: 2})
		},
	} {
		for _, before := range []int{1, 9, 17} {
			t.Run(fmt.Sprintf("%s after %d", name, before), func(t *testing.T) {
				t.Parallel()
				d := newBusDriver(t, emulator.Queue{Name: "error"}, errorQueue)
				d.fail("error", 30, "OrderPlaced")
				d.fail("error", 5, "CustomerMoved")
				d.after, d.then = before, func() { trouble(d) }
				heard := d.passes(8, 35)
				d.after, d.then = before, func() { trouble(d) }
				for range 8 {
					heard += strings.Join(d.pass(t), "\n")
				}
				if open := d.troubles(t); open != 0 || d.incidentCount(t) != 35 || strings.Contains(heard, "Resolved: 30") || strings.Contains(heard, "Resolved: 5") {
					t.Errorf("%d messages are known, want 35, and %d troubles are left; heard:\n%s", d.incidentCount(t), open, heard)
				}
			})
		}
	}
}

// troubles is how many incidents of ours are open.
func (d *busDriver) troubles(t *testing.T) int {
	t.Helper()
	all, err := d.Incidents.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, k := range all {
		if k.Alive() && k.Kind.Ours() {
			n++
		}
	}
	return n
}

func TestAnEmptyAnswerToAFreshReceiverIsNotBelieved(t *testing.T) {
	d := newBusDriver(t, emulator.Queue{Name: "error"}, errorQueue)
	d.fail("error", 3, "OrderPlaced")
	d.passes(1, 3)
	d.bus.Fail(control.Fault{Kind: control.ShortPeek, Entity: "error", Times: 1})
	wantHeard(t, d.pass(t))
	d.take("error", 3, d.complete)
	if heard := d.passes(1, 0); !strings.Contains(heard, "Resolved") {
		t.Errorf("heard %q", heard)
	}
}

func TestAPartitionedQueueIsReadInStretchesAndBelieved(t *testing.T) {
	d := newBusDriver(t, emulator.Queue{Name: "error", EnablePartitioning: true}, errorQueue)
	d.fail("error", 64, "OrderPlaced")
	d.passes(8, 64)
	d.fail("error", 1, "CustomerMoved") // its number is in the midst of the others
	d.passes(15, 65)
	d.take("error", 65, d.complete)
	if heard := d.passes(15, 0); strings.Count(heard, "update: Resolved") != 2 {
		t.Errorf("heard %q", heard)
	}
}

func TestADeadLetterKeepsItsOldNumberAndIsFoundAllTheSame(t *testing.T) {
	d := newBusDriver(t, emulator.Queue{Name: "shop.orders"}, source.Source{Queue: "shop.orders", DeadLetter: true})
	d.fail("shop.orders", 1, "CustomerMoved")
	d.fail("shop.orders", 30, "OrderPlaced")
	var first *azservicebus.ReceivedMessage
	d.take("shop.orders", 31, func(r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) error {
		if first == nil {
			first = m // its lock stays ours when the link is closed
			return nil
		}
		return d.deadLetter(r, m)
	})
	d.passes(4, 30)
	receiver, err := d.sdk.NewReceiverForQueue("shop.orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := receiver.DeadLetterMessage(t.Context(), first, nil); err != nil {
		t.Fatal(err)
	}
	if heard := d.passes(8, 31); !strings.Contains(heard, "post: 1 failed CustomerMoved") {
		t.Errorf("heard %q", heard)
	}
}

func TestATooEagerToolIsNoticed(t *testing.T) {
	d := newBusDriver(t, emulator.Queue{Name: "error"}, errorQueue)
	heard := ""
	for range 6 {
		d.fail("error", 5, "OrderPlaced")
		d.take("error", 4, d.complete) // we see one of five
		heard += strings.Join(d.pass(t), "\n") + "\n"
		d.take("error", 1, d.complete)
		heard += strings.Join(d.pass(t), "\n") + "\n"
	}
	if strings.Count(heard, "post: Somebody else takes messages from error") != 1 {
		t.Errorf("heard %q", heard)
	}
}

func TestStretchesTouchNothing(t *testing.T) {
	d := newBusDriver(t, emulator.Queue{Name: "error"}, errorQueue)
	d.fail("error", 50, "OrderPlaced")
	for range 7 {
		d.pass(t)
	}
	n := 0
	for m, err := range d.client.Source("error").Peek(t.Context(), 0) {
		if err != nil || m.DeliveryCount != 0 || m.State != message.Active {
			t.Fatalf("message %d: delivered %d times, state %d, %v", m.SequenceNumber, m.DeliveryCount, m.State, err)
		}
		n++
	}
	if c, err := d.bus.Counts("error"); err != nil || n != 50 || c.Active != 50 || c.Locked != 0 || c.DeadLetter != 0 {
		t.Errorf("%d messages, counts %+v, %v", n, c, err)
	}
}

func TestFloodsInEmptyAndDeepQueuesAreReportedInOnePass(t *testing.T) {
	d := newBusDriver(t, emulator.Queue{Name: "error"}, errorQueue)
	for _, kinds := range []string{"OrderPlaced", "CustomerMoved", "OrderShipped"} {
		d.fail("error", 40, kinds)
		if heard := strings.Join(d.pass(t), "\n"); !strings.Contains(heard, "40 failed "+kinds) {
			t.Errorf("heard %q", heard)
		}
	}
	if d.now.Sub(start) > 2*time.Hour || d.incidentCount(t) != 120 {
		t.Errorf("%d messages are known", d.incidentCount(t))
	}
}
