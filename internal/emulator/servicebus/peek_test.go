package servicebus

import (
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// store puts n messages into a queue without a client.
func store(t testing.TB, s *Server, entity string, n int, body string) {
	t.Helper()
	encoded := amqp.AppendSection(nil, amqp.SectionData, []byte(body))
	for range n {
		m, err := parse(encoded, true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.broker.send(scope{}, s.broker.find(entity), []*message{m}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOnePeekIsCappedByCountAndBytes(t *testing.T) {
	s := start(t, queues("small", "large"))
	c := dial(t, s)
	store(t, s, "small", 600, "x")
	store(t, s, "large", 50, strings.Repeat("x", 100_000))
	for entity, want := range map[string]int{"small": 250, "large": 10} {
		r := receiver(t, c, entity, nil)
		got, err := r.PeekMessages(soon(t), 1000, nil)
		if err != nil || len(got) != want {
			t.Errorf("%s: one peek gave %d messages, want %d; %v", entity, len(got), want, err)
		}
	}
	if n := len(peek(t, receiver(t, c, "small", nil))); n != 600 {
		t.Errorf("peeking until empty gave %d", n)
	}
}

func TestPeekingChangesNothing(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	send(t, c, "q", text("x"))
	r := receiver(t, c, "q", nil)
	for range 3 {
		m := peek(t, r)[0]
		if m.DeliveryCount != 1 || m.LockedUntil != nil || m.State != azservicebus.MessageStateActive || m.EnqueuedTime == nil {
			t.Fatalf("peeked %+v", m)
		}
	}
	if n, _ := s.Counts("q"); n.Active != 1 || n.Locked != 0 {
		t.Errorf("counts %+v", n)
	}
}

func TestPeekShowsLockedAndDeferredMessages(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	send(t, c, "q", text("a"), text("b"), text("c"))
	r := receiver(t, c, "q", nil)
	got := receive(t, r, 2)
	if err := r.DeferMessage(soon(t), got[0], nil); err != nil {
		t.Fatal(err)
	}
	seen := peek(t, r)
	if len(seen) != 3 || seen[0].State != azservicebus.MessageStateDeferred {
		t.Errorf("peeked %q, first in state %v", bodies(seen), seen[0].State)
	}
	from := *seen[1].SequenceNumber
	rest, err := r.PeekMessages(soon(t), 10, &azservicebus.PeekMessagesOptions{FromSequenceNumber: &from})
	if err != nil || len(rest) != 2 || string(rest[0].Body) != "b" {
		t.Errorf("from %d: %q, %v", from, bodies(rest), err)
	}
}
