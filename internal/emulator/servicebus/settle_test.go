package servicebus

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

func lockLost(err error) bool {
	e, ok := errors.AsType[*azservicebus.Error](err)
	return ok && e.Code == azservicebus.CodeLockLost
}

func TestAbandonedMessagesComeBackWithTheirChanges(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	send(t, c, "q", &azservicebus.Message{Body: []byte("x"), ApplicationProperties: map[string]any{"a": "old", "b": int64(1)}})
	r := receiver(t, c, "q", nil)
	err := r.AbandonMessage(soon(t), receive(t, r, 1)[0], &azservicebus.AbandonMessageOptions{PropertiesToModify: map[string]any{"a": "new", "c": true}})
	if err != nil {
		t.Fatal(err)
	}
	m := receive(t, r, 1)[0]
	if m.DeliveryCount != 2 || fmt.Sprint(m.ApplicationProperties) != "map[a:new b:1 c:true]" {
		t.Errorf("delivery %d with %v", m.DeliveryCount, m.ApplicationProperties)
	}
}

func TestDeadLettersKeepTheirNumber(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	send(t, c, "q", text("a"), text("b"), text("c"))
	r := receiver(t, c, "q", nil)
	got := receive(t, r, 3)
	reason, why := "Odd", "Because."
	for _, m := range []*azservicebus.ReceivedMessage{got[2], got[0]} {
		err := r.DeadLetterMessage(soon(t), m, &azservicebus.DeadLetterOptions{Reason: &reason, ErrorDescription: &why, PropertiesToModify: map[string]any{"p": "v"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	dead := receiver(t, c, "q", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
	seen := peek(t, dead)
	if fmt.Sprint(bodies(seen)) != "[a c]" || *seen[1].SequenceNumber != 3 {
		t.Fatalf("dead letters %q", bodies(seen))
	}
	m := receive(t, dead, 1)[0]
	if *m.DeadLetterReason != reason || *m.DeadLetterErrorDescription != why || m.ApplicationProperties["p"] != "v" || m.DeadLetterSource != nil {
		t.Errorf("dead letter %+v", m)
	}
	if err := dead.CompleteMessage(soon(t), m, nil); err != nil {
		t.Error(err)
	}
	if n, _ := s.Counts("Q/$deadletterqueue"); n.Active != 1 {
		t.Errorf("counts %+v", n)
	}
}

func TestTooManyDeliveriesMakeADeadLetter(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q", MaxDeliveryCount: 2}}})
	c := dial(t, s)
	send(t, c, "q", text("x"))
	r := receiver(t, c, "q", nil)
	for range 2 {
		if err := r.AbandonMessage(soon(t), receive(t, r, 1)[0], nil); err != nil {
			t.Fatal(err)
		}
	}
	dead := receiver(t, c, "q", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
	m := receive(t, dead, 1)[0]
	if *m.DeadLetterReason != "MaxDeliveryCountExceeded" || *m.DeadLetterErrorDescription != "Message could not be consumed after 2 delivery attempts." {
		t.Errorf("%q: %q", *m.DeadLetterReason, *m.DeadLetterErrorDescription)
	}
	for range 5 { // no limit inside a dead-letter queue
		if err := dead.AbandonMessage(soon(t), m, nil); err != nil {
			t.Fatal(err)
		}
		m = receive(t, dead, 1)[0]
	}
}

func TestDeferredMessagesAreTakenByNumber(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	send(t, c, "q", text("a"), text("b"))
	r := receiver(t, c, "q", nil)
	var numbers []int64
	for _, m := range receive(t, r, 2) {
		numbers = append(numbers, *m.SequenceNumber)
		if err := r.DeferMessage(soon(t), m, nil); err != nil {
			t.Fatal(err)
		}
	}
	got, err := r.ReceiveDeferredMessages(soon(t), numbers[1:], nil)
	if err != nil || len(got) != 1 || string(got[0].Body) != "b" || got[0].LockedUntil == nil {
		t.Fatalf("deferred %q, %v", bodies(got), err)
	}
	if err := r.CompleteMessage(soon(t), got[0], nil); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReceiveDeferredMessages(soon(t), numbers, nil); err == nil {
		t.Error("a completed message was received again")
	}
	if n, _ := s.Counts("q"); n.Deferred != 1 || n.Active != 0 {
		t.Errorf("counts %+v", n)
	}
	if got, err = r.ReceiveDeferredMessages(soon(t), numbers[:1], nil); err != nil {
		t.Fatal(err)
	}
	if err := r.AbandonMessage(soon(t), got[0], nil); err != nil {
		t.Fatal(err)
	}
	if n, _ := s.Counts("q"); n.Deferred != 1 {
		t.Errorf("an abandoned deferred message is not deferred any more: %+v", n)
	}
}

func TestLocksAreRenewedAndLost(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q", LockDuration: time.Minute}}})
	c := dial(t, s)
	send(t, c, "q", text("x"))
	r := receiver(t, c, "q", nil)
	m := receive(t, r, 1)[0]
	before := *m.LockedUntil
	s.Advance(time.Second)
	if err := r.RenewMessageLock(soon(t), m, nil); err != nil || !m.LockedUntil.After(before) {
		t.Errorf("renewed until %v after %v: %v", m.LockedUntil, before, err)
	}
	s.Advance(time.Minute)
	if err := r.RenewMessageLock(soon(t), m, nil); !lockLost(err) {
		t.Errorf("renew: %v", err)
	}
	if err := r.CompleteMessage(soon(t), m, nil); !lockLost(err) {
		t.Errorf("complete: %v", err)
	}
	again := receive(t, r, 1)[0]
	if again.DeliveryCount != 2 {
		t.Errorf("delivery count %d", again.DeliveryCount)
	}
	if err := r.CompleteMessage(soon(t), again, nil); err != nil {
		t.Error(err)
	}
}

func TestLocksRunOutByThemselves(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q", LockDuration: 30 * time.Millisecond}}})
	c := dial(t, s)
	send(t, c, "q", text("x"))
	r := receiver(t, c, "q", nil)
	receive(t, r, 1)
	if m := receive(t, r, 1)[0]; m.DeliveryCount != 2 {
		t.Errorf("delivery count %d", m.DeliveryCount)
	}
}

func TestMessagesAreSettledByTokenAlone(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	send(t, c, "q", text("x"))
	r := receiver(t, c, "q", nil)
	token := receive(t, r, 1)[0].LockToken
	other := receiver(t, dial(t, s), "q", nil)
	if err := other.CompleteMessage(soon(t), &azservicebus.ReceivedMessage{LockToken: token}, nil); err != nil {
		t.Fatal(err)
	}
	if err := other.CompleteMessage(soon(t), &azservicebus.ReceivedMessage{LockToken: token}, nil); !lockLost(err) {
		t.Errorf("second complete: %v", err)
	}
}

func TestEverySettlementWorksOnTheManagementLink(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	send(t, c, "q", text("a"), text("b"), text("c"))
	r := receiver(t, c, "q", nil)
	got := receive(t, r, 3)
	other := receiver(t, dial(t, s), "q", nil)
	byToken := func(i int) *azservicebus.ReceivedMessage {
		return &azservicebus.ReceivedMessage{LockToken: got[i].LockToken}
	}
	reason := "Odd"
	for what, err := range map[string]error{
		"abandon":     other.AbandonMessage(soon(t), byToken(0), &azservicebus.AbandonMessageOptions{PropertiesToModify: map[string]any{"p": "v"}}),
		"defer":       other.DeferMessage(soon(t), byToken(1), nil),
		"dead-letter": other.DeadLetterMessage(soon(t), byToken(2), &azservicebus.DeadLetterOptions{Reason: &reason}),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n, _ := s.Counts("q"); n.Active != 1 || n.Deferred != 1 || n.DeadLetter != 1 {
		t.Errorf("counts %+v", n)
	}
	if m := peek(t, r)[0]; m.ApplicationProperties["p"] != "v" {
		t.Errorf("abandoned with %v", m.ApplicationProperties)
	}
}

func TestReceiveAndDeleteLeavesNothing(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	send(t, c, "q", text("a"), text("b"))
	r := receiver(t, c, "q", &azservicebus.ReceiverOptions{ReceiveMode: azservicebus.ReceiveModeReceiveAndDelete})
	if got := fmt.Sprint(bodies(receive(t, r, 2))); got != "[a b]" {
		t.Errorf("received %s", got)
	}
	if n, _ := s.Counts("q"); n != (Counts{}) {
		t.Errorf("counts %+v", n)
	}
}

// Java throws on any other answer, though the settlement took effect.
func TestADispositionIsAnsweredWithItsOutcome(t *testing.T) {
	described := func(code uint64, items ...any) any {
		return amqp.Described{Descriptor: code, Value: append(amqp.List{}, items...)}
	}
	for name, tt := range map[string]struct{ sent, want any }{
		"accepted": {described(0x24), described(0x24)},
		"released": {described(0x26), described(0x26)},
		"modified": {described(0x27, true, false), described(0x27, true, false)},
		"deferred": {described(0x27, false, true, amqp.Map{{Key: "k", Value: "v"}}), described(0x27, false, true, amqp.Map{{Key: "k", Value: "v"}})},
		"rejected": {amqp.RejectedState(&amqp.Error{Condition: deadLetterCond}), described(0x25, nil)},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, queues("q"))
			store(t, s, "q", 1, "x")
			r := dialRaw(t, s).open()
			r.attachIn("q")
			r.grant(0, 100, 0, 1, false)
			expect[amqp.Transfer](r)
			r.send(amqp.Disposition{Receiver: true, First: 0, State: tt.sent})
			if d := expect[amqp.Disposition](r); !d.Settled || !reflect.DeepEqual(d.State, tt.want) {
				t.Errorf("answered with %v, want %v", d.State, tt.want)
			}
			r.send(amqp.Disposition{Receiver: true, First: 0, State: tt.sent})
			if d := expect[amqp.Disposition](r); refusedWith(d.State) != messageLockLost {
				t.Errorf("the second time: %v", d.State)
			}
		})
	}
}
