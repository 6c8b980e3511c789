package servicebus

import (
	"fmt"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	goamqp "github.com/Azure/go-amqp"
)

func withID(id string) *azservicebus.Message { return &azservicebus.Message{MessageID: &id} }

func TestADuplicateIsOneInsideTheWindowOnly(t *testing.T) {
	const window = 20 * time.Second
	s := start(t, Config{
		Queues: []Queue{{Name: "q", RequiresDuplicateDetection: true, DuplicateDetectionHistoryTimeWindow: window}},
		Topics: []Topic{{Name: "t", RequiresDuplicateDetection: true, DuplicateDetectionHistoryTimeWindow: window, Subscriptions: []Queue{{Name: "s"}}}},
	})
	c := dial(t, s)
	for entity, holder := range map[string]string{"q": "q", "t": "t/Subscriptions/s"} {
		for i, step := range []struct {
			wait time.Duration
			want int
		}{{0, 1}, {window - time.Second, 1}, {time.Second, 2}, {time.Second, 2}} { // a duplicate does not lengthen the window
			s.Advance(step.wait)
			send(t, c, entity, withID("same"))
			if n, _ := s.Counts(holder); n.Active != step.want {
				t.Errorf("%s, step %d: %d messages, want %d", entity, i, n.Active, step.want)
			}
		}
	}
}

func TestACompletedMessageIsRemembered(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q", RequiresDuplicateDetection: true}}})
	c := dial(t, s)
	send(t, c, "q", withID("a"))
	r := receiver(t, c, "q", nil)
	if err := r.CompleteMessage(soon(t), receive(t, r, 1)[0], nil); err != nil {
		t.Fatal(err)
	}
	send(t, c, "q", withID("a"), withID("b"))
	if got := receive(t, r, 1)[0]; got.MessageID != "b" {
		t.Errorf("received %q", got.MessageID)
	}
}

// The service reports a number for a duplicate that it drops; there is no
// message to cancel under it.
func TestSchedulingADuplicateGivesANumberOfNoMessage(t *testing.T) {
	s := start(t, Config{
		Queues: []Queue{{Name: "q", RequiresDuplicateDetection: true}}, Topics: []Topic{{Name: "t", RequiresDuplicateDetection: true}},
	})
	c := dial(t, s)
	for _, entity := range []string{"q", "t"} {
		out := sender(t, c, entity)
		var all []int64
		for range 2 {
			numbers, err := out.ScheduleMessages(soon(t), []*azservicebus.Message{withID("same")}, time.Now().Add(time.Hour), nil)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, numbers...)
		}
		if all[1] == 0 || all[1] == all[0] {
			t.Errorf("%s: numbers %d", entity, all)
		}
		if err := out.CancelScheduledMessages(soon(t), all[1:], nil); err == nil {
			t.Errorf("%s: the duplicate was cancelled", entity)
		}
		if err := out.CancelScheduledMessages(soon(t), all[:1], nil); err != nil {
			t.Errorf("%s: cancel: %v", entity, err)
		}
		send(t, c, entity, withID("same")) // a cancelled message is remembered as well
		if n, _ := s.Counts(entity); n.Active+n.Scheduled != 0 {
			t.Errorf("%s: %+v", entity, n)
		}
	}
}

func TestIdentitiesAreOfAnyTypeAndOfOnePartition(t *testing.T) {
	s := start(t, Config{Queues: []Queue{
		{Name: "q", RequiresDuplicateDetection: true}, {Name: "parts", RequiresDuplicateDetection: true, EnablePartitioning: true},
	}})
	c := dial(t, s)
	for _, entity := range []string{"q", "parts"} {
		out := sender(t, c, entity)
		for range 2 {
			for _, id := range []any{"7", uint64(7), goamqp.UUID{7}, []byte("7")} {
				m := &azservicebus.AMQPAnnotatedMessage{Properties: &azservicebus.AMQPAnnotatedMessageProperties{MessageID: id}}
				if err := out.SendAMQPAnnotatedMessage(soon(t), m, nil); err != nil {
					t.Fatal(err)
				}
			}
			for _, key := range []string{"a", "b"} {
				m := withID("keyed")
				m.PartitionKey = &key
				send(t, c, entity, m)
			}
		}
		want := map[string]int{"q": 5, "parts": 6}[entity]
		if n, _ := s.Counts(entity); n.Active != want {
			t.Errorf("%s: %d messages, want %d", entity, n.Active, want)
		}
	}
}

func TestDuplicatesAreFoundBeforeTheyAreForwarded(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q", RequiresDuplicateDetection: true, ForwardTo: "target"}, {Name: "target"}}})
	c := dial(t, s)
	send(t, c, "q", withID("a"), withID("a"), withID("b"))
	holds(t, s, map[string]int{"q": 0, "target": 2})
}

func TestTheHistoryHoldsTheWindowOnly(t *testing.T) {
	var h history
	for i := range 10_000 {
		if h.seen(fmt.Sprint(i), int64(i), 100*time.Millisecond) {
			t.Fatalf("%d was seen before", i)
		}
		if len(h.known) > 100 || len(h.order) > 100 {
			t.Fatalf("%d identities in a window of 100", len(h.known))
		}
	}
	if !h.seen("9999", 10_098, 100*time.Millisecond) || h.seen("9999", 10_099, 100*time.Millisecond) {
		t.Error("the window does not end where it should")
	}
}
