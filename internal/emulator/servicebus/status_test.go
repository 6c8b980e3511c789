package servicebus

import (
	"errors"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
	goamqp "github.com/Azure/go-amqp"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// condition is that of an AMQP error, whatever wraps it; empty for none.
func condition(err error) string {
	if e, ok := errors.AsType[*goamqp.Error](err); ok {
		return string(e.Condition)
	}
	return ""
}

func TestAStatusEndsTheLinksThatItForbids(t *testing.T) {
	for _, tt := range []struct {
		status         admin.EntityStatus
		sends, receive bool
	}{
		{admin.EntityStatusActive, true, true},
		{admin.EntityStatusDisabled, false, false},
		{admin.EntityStatusSendDisabled, false, true},
		{admin.EntityStatusReceiveDisabled, true, false},
	} {
		t.Run(string(tt.status), func(t *testing.T) {
			s := start(t, queues("q", "other"))
			r := dialRaw(t, s).open()
			r.attachIn("q")
			r.send(amqp.Attach{Name: "out", Handle: 1, Target: target("q"), InitialDeliveryCount: new(uint32(0))})
			expect[amqp.Attach](r)
			expect[amqp.Flow](r)
			a := administer(t, s.ConnectionString())
			got, err := a.UpdateQueue(soon(t), "q", admin.QueueProperties{Status: &tt.status}, nil)
			if err != nil || *got.Status != tt.status {
				t.Fatalf("update: %+v, %v", got, err)
			}
			r.send(amqp.Flow{NextIncomingID: new(uint32(0)), IncomingWindow: 100, OutgoingWindow: 100, Echo: true})
			ended := map[uint32]string{}
			for {
				p, _ := r.next()
				if d, ok := p.(amqp.Detach); ok {
					ended[d.Handle] = string(d.Error.Condition)
				}
				if _, ok := p.(amqp.Flow); ok {
					break
				}
			}
			for handle, open := range map[uint32]bool{0: tt.receive, 1: tt.sends} {
				want := EntityDisabled
				if open {
					want = ""
				}
				if ended[handle] != want {
					t.Errorf("handle %d ended with %q, want %q", handle, ended[handle], want)
				}
			}
			c := dial(t, s)
			_, err = sender(t, c, "q").NewMessageBatch(soon(t), nil)
			if (err == nil) != tt.sends {
				t.Errorf("a new sender: %v", err)
			}
			_, err = receiver(t, c, "q", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter}).PeekMessages(soon(t), 1, nil)
			if (err == nil) != tt.receive {
				t.Errorf("a new receiver: %v", err)
			}
		})
	}
}

func TestDeletingAnEntityEndsItsLinks(t *testing.T) {
	s := start(t, Config{Topics: []Topic{{Name: "t", Subscriptions: []Queue{{Name: "s"}}}}})
	r := dialRaw(t, s).open()
	r.attachIn("t/Subscriptions/s")
	r.send(amqp.Attach{Name: "out", Handle: 1, Target: target("t"), InitialDeliveryCount: new(uint32(0))})
	expect[amqp.Attach](r)
	expect[amqp.Flow](r)
	if _, err := administer(t, s.ConnectionString()).DeleteTopic(soon(t), "t", nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if d := expect[amqp.Detach](r); d.Error == nil || d.Error.Condition != amqp.NotFound {
			t.Errorf("detach %+v", d)
		}
	}
}

func TestOnlyQueuesAndTopicsHaveSenders(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q"}}, Topics: []Topic{{Name: "t", Subscriptions: []Queue{{Name: "s"}}}}})
	c := dial(t, s)
	for _, entity := range []string{
		"q/$DeadLetterQueue", "q/$Transfer/$DeadLetterQueue", "t/Subscriptions/s", "t/Subscriptions/s/$DeadLetterQueue",
	} {
		if err := sender(t, c, entity).SendMessage(soon(t), text("x"), nil); condition(err) != string(amqp.NotAllowed) {
			t.Errorf("%s: %v", entity, err)
		}
		n, err := s.Counts(entity)
		if err != nil || n != (Counts{}) {
			t.Errorf("%s holds %+v, %v", entity, n, err)
		}
	}
	send(t, c, "q", text("x"))
	send(t, c, "t", text("x"))
}
