package servicebus

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
	goamqp "github.com/Azure/go-amqp"
)

func subscription(t testing.TB, c *azservicebus.Client, topic, name string, opts *azservicebus.ReceiverOptions) *azservicebus.Receiver {
	t.Helper()
	r, err := c.NewReceiverForSubscription(topic, name, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTopicsCopyToTheirSubscriptions(t *testing.T) {
	s := start(t, Config{
		Queues: []Queue{{Name: "events"}},
		Topics: []Topic{
			{Name: "Shop.Orders/Shop.Orders.OrderPlaced", Subscriptions: []Queue{{Name: "plain"}, {Name: "queue", ForwardTo: "sb://127.0.0.1/EVENTS"}, {Name: "chain", ForwardTo: "all"}}},
			{Name: "all", Subscriptions: []Queue{{Name: "events", ForwardTo: "events"}}},
		},
	})
	c := dial(t, s)
	send(t, c, "shop.orders/shop.orders.orderplaced", text("x"))
	r := subscription(t, c, "Shop.Orders/Shop.Orders.OrderPlaced", "plain", nil)
	m := receive(t, r, 1)[0]
	if err := r.DeadLetterMessage(soon(t), m, nil); err != nil {
		t.Fatal(err)
	}
	dead := subscription(t, c, "Shop.Orders/Shop.Orders.OrderPlaced", "plain", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
	if got := peek(t, dead); len(got) != 1 {
		t.Errorf("%d dead letters of the subscription", len(got))
	}
	if got := peek(t, receiver(t, c, "events", nil)); fmt.Sprint(bodies(got)) != "[x x]" {
		t.Errorf("forwarded %q", bodies(got))
	}
}

func TestMessagesAreForwardedFourTimesAtMost(t *testing.T) {
	var cfg Config
	for i := range 7 {
		q := Queue{Name: fmt.Sprint("q", i)}
		if i < 6 {
			q.ForwardTo = fmt.Sprint("q", i+1)
		}
		cfg.Queues = append(cfg.Queues, q)
	}
	s := start(t, cfg)
	c := dial(t, s)
	send(t, c, "q0", text("far"))
	send(t, c, "q2", text("near"))
	if got := peek(t, receiver(t, c, "q6", nil)); fmt.Sprint(bodies(got)) != "[near]" {
		t.Errorf("arrived %q", bodies(got))
	}
	stranded := receiver(t, c, "q4", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueTransfer})
	got := peek(t, stranded)
	if len(got) != 1 || *got[0].DeadLetterReason != "MaxTransferHopCountExceeded" {
		t.Errorf("stranded %q", bodies(got))
	}
}

func TestForwardingToNowhereStrandsTheMessage(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q", ForwardTo: "gone"}}})
	c := dial(t, s)
	send(t, c, "q", text("x"))
	r := receiver(t, c, "q", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueTransfer})
	if err := r.CompleteMessage(soon(t), receive(t, r, 1)[0], nil); err != nil {
		t.Error(err)
	}
}

func TestForwardedDeadLettersSayWhereTheyCameFrom(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q", ForwardDeadLetteredMessagesTo: "graves"}, {Name: "graves"}}})
	c := dial(t, s)
	send(t, c, "q", text("x"))
	r := receiver(t, c, "q", nil)
	if err := r.DeadLetterMessage(soon(t), receive(t, r, 1)[0], nil); err != nil {
		t.Fatal(err)
	}
	m := receive(t, receiver(t, c, "graves", nil), 1)[0]
	if m.DeadLetterSource == nil || *m.DeadLetterSource != "q" {
		t.Errorf("source %v", m.DeadLetterSource)
	}
}

func TestReceiversAreRefusedWithAReason(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "sessions", RequiresSession: true}, {Name: "q"}}, Topics: []Topic{{Name: "t"}}})
	c := dial(t, s)
	for entity, want := range map[string]goamqp.ErrCond{
		"sessions": goamqp.ErrCondNotAllowed, "t": goamqp.ErrCondNotAllowed,
		"nowhere": goamqp.ErrCondNotFound, "t/Subscriptions/none": goamqp.ErrCondNotFound,
	} {
		_, err := receiver(t, c, entity, nil).ReceiveMessages(soon(t), 1, nil)
		if e, ok := errors.AsType[*goamqp.Error](err); !ok || e.Condition != want {
			t.Errorf("receive from %s: %v, want %s", entity, err, want)
		}
	}
	if _, err := receiver(t, c, "sessions/$DeadLetterQueue", nil).PeekMessages(soon(t), 1, nil); err != nil {
		t.Errorf("the dead-letter queue of a session queue: %v", err)
	}
}

func TestScheduledMessagesComeWhenTheyAreDue(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q"}}, Topics: []Topic{{Name: "t", Subscriptions: []Queue{{Name: "s"}}}}})
	c := dial(t, s)
	out := sender(t, c, "q")
	later, soonDue := time.Now().Add(time.Hour), time.Now().Add(60*time.Millisecond)
	numbers, err := out.ScheduleMessages(soon(t), []*azservicebus.Message{text("later"), text("cancelled")}, later, nil)
	if err != nil || len(numbers) != 2 {
		t.Fatalf("schedule: %v, %v", numbers, err)
	}
	if err := out.CancelScheduledMessages(soon(t), numbers[1:], nil); err != nil {
		t.Fatal(err)
	}
	if err := out.CancelScheduledMessages(soon(t), numbers[1:], nil); err == nil {
		t.Error("cancelled twice")
	}
	send(t, c, "q", &azservicebus.Message{Body: []byte("soon"), ScheduledEnqueueTime: &soonDue})
	send(t, c, "t", &azservicebus.Message{Body: []byte("topic"), ScheduledEnqueueTime: &soonDue})
	r := receiver(t, c, "q", nil)
	if m := peek(t, r)[0]; m.State != azservicebus.MessageStateScheduled || m.ScheduledEnqueueTime.Sub(later).Abs() > time.Second {
		t.Errorf("peeked %+v", m)
	}
	m := receive(t, r, 1)[0]
	if string(m.Body) != "soon" || m.EnqueuedTime.Before(soonDue.Add(-time.Millisecond)) || *m.SequenceNumber <= numbers[1] {
		t.Errorf("received %q, enqueued %v, number %d", m.Body, m.EnqueuedTime, *m.SequenceNumber)
	}
	if m := receive(t, subscription(t, c, "t", "s", nil), 1)[0]; string(m.Body) != "topic" {
		t.Errorf("received %q", m.Body)
	}
	if n, _ := s.Counts("q"); n.Scheduled != 1 {
		t.Errorf("counts %+v", n)
	}
}

func TestMessagesExpire(t *testing.T) {
	s := start(t, Config{Queues: []Queue{
		{Name: "drops"}, {Name: "keeps", DeadLetteringOnMessageExpiration: true, DefaultMessageTimeToLive: 30 * time.Millisecond}, {Name: "endless"},
	}})
	c := dial(t, s)
	short, none := 30*time.Millisecond, time.Duration(noTTL)*time.Millisecond
	send(t, c, "drops", &azservicebus.Message{TimeToLive: &short})
	send(t, c, "endless", &azservicebus.Message{TimeToLive: &none})
	send(t, c, "keeps", text("x"))
	dead := receiver(t, c, "keeps", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
	if m := receive(t, dead, 1)[0]; *m.DeadLetterReason != "TTLExpiredException" {
		t.Errorf("reason %q", *m.DeadLetterReason)
	}
	if n, _ := s.Counts("drops"); n.Active+n.DeadLetter != 0 {
		t.Errorf("drops: %+v", n)
	}
	if n, _ := s.Counts("endless"); n.Active != 1 {
		t.Errorf("endless: %+v", n)
	}
}

func TestForwardedMessagesKeepTheirFirstNumber(t *testing.T) {
	s := start(t, Config{
		Queues: []Queue{{Name: "in", ForwardTo: "t"}, {Name: "out"}},
		Topics: []Topic{{Name: "t", Subscriptions: []Queue{{Name: "s", ForwardTo: "out"}}}},
	})
	c := dial(t, s)
	send(t, c, "t", text("x"), text("x"))
	send(t, c, "in", text("a"), text("b"))
	got := peek(t, receiver(t, c, "out", nil))
	if m := got[1]; *m.SequenceNumber != 2 || *m.EnqueuedSequenceNumber != 2 {
		t.Errorf("%q: number %d, enqueued as %d, want 2 and 2", m.Body, *m.SequenceNumber, *m.EnqueuedSequenceNumber)
	}
	if m := got[3]; string(m.Body) != "b" || *m.SequenceNumber != 4 || *m.EnqueuedSequenceNumber != 2 {
		t.Errorf("%q: number %d, enqueued as %d, want 4 and 2, as in its first queue", m.Body, *m.SequenceNumber, *m.EnqueuedSequenceNumber)
	}
}

func TestAForwardingEntityHasNoReceivers(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q", ForwardTo: "target"}, {Name: "target"}}})
	c := dial(t, s)
	if _, err := receiver(t, c, "q", nil).ReceiveMessages(soon(t), 1, nil); condition(err) != string(goamqp.ErrCondNotAllowed) {
		t.Errorf("receive: %v", err)
	}
	peek(t, receiver(t, c, "q", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter}))
}

// What was locked when its queue began to forward is forwarded when it is free.
func TestAGivenBackMessageIsForwarded(t *testing.T) {
	s := start(t, queues("q", "target"))
	c := dial(t, s)
	send(t, c, "q", text("x"))
	r := receiver(t, c, "q", nil)
	m := receive(t, r, 1)[0]
	a := administer(t, s.ConnectionString())
	if _, err := a.UpdateQueue(soon(t), "q", admin.QueueProperties{ForwardTo: new("target")}, nil); err != nil {
		t.Fatal(err)
	}
	holds(t, s, map[string]int{"q": 1, "target": 0})
	if err := r.AbandonMessage(soon(t), m, nil); err != nil {
		t.Fatal(err)
	}
	holds(t, s, map[string]int{"q": 0, "target": 1})
}
