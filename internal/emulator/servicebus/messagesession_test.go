package servicebus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// inSession is a message of a session.
func inSession(id, body string) *azservicebus.Message {
	return &azservicebus.Message{SessionID: &id, Body: []byte(body)}
}

// withSessions is a queue that requires sessions.
func withSessions() Config {
	return Config{Queues: []Queue{{Name: "q", RequiresSession: true}}}
}

func acceptSession(t testing.TB, c *azservicebus.Client, id string) *azservicebus.SessionReceiver {
	t.Helper()
	r, err := c.AcceptSessionForQueue(soon(t), "q", id, nil)
	if err != nil {
		t.Fatalf("accept %q: %v", id, err)
	}
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	return r
}

// fromSession receives n messages of a session.
func fromSession(t testing.TB, r *azservicebus.SessionReceiver, n int) []*azservicebus.ReceivedMessage {
	t.Helper()
	var all []*azservicebus.ReceivedMessage
	for len(all) < n {
		got, err := r.ReceiveMessages(soon(t), n-len(all), nil)
		if err != nil {
			t.Fatalf("receive %d of %d of session %s: %v", len(all), n, r.SessionID(), err)
		}
		all = append(all, got...)
	}
	return all
}

func TestASessionGivesItsOwnMessagesInOrder(t *testing.T) {
	s := start(t, withSessions())
	c := dial(t, s)
	for i := range 3 {
		send(t, c, "q", inSession("a", fmt.Sprint("a", i)), inSession("b", fmt.Sprint("b", i)))
	}
	b := acceptSession(t, c, "b")
	if until := time.Until(b.LockedUntil()); until < 50*time.Second || until > time.Minute {
		t.Errorf("locked for %v, want a minute", until)
	}
	got := fromSession(t, b, 3)
	if fmt.Sprint(bodies(got)) != "[b0 b1 b2]" || *got[0].SessionID != "b" {
		t.Fatalf("received %q", bodies(got))
	}
	if err := b.AbandonMessage(soon(t), got[0], nil); err != nil {
		t.Fatal(err)
	}
	again := fromSession(t, b, 1)[0] // an abandoned message comes before what follows it
	if string(again.Body) != "b0" || again.DeliveryCount != 2 {
		t.Errorf("%q, delivery %d", again.Body, again.DeliveryCount)
	}
	for _, m := range append(got[1:], again) {
		if err := b.CompleteMessage(soon(t), m, nil); err != nil {
			t.Error(err)
		}
	}
	if n, _ := s.Counts("q"); n.Active != 3 || n.Locked != 0 {
		t.Errorf("counts %+v", n)
	}
}

func TestTheNextSessionIsTheOneThatWaitedLongest(t *testing.T) {
	s := start(t, withSessions())
	c := dial(t, s)
	send(t, c, "q", inSession("b", "1"), inSession("a", "2"), inSession("b", "3"))
	for _, want := range []string{"b", "a"} {
		r, err := c.AcceptNextSessionForQueue(soon(t), "q", nil)
		if err != nil || r.SessionID() != want {
			t.Fatalf("accepted %+v, %v, want %s", r, err, want)
		}
	}
	accepted := make(chan string)
	go func() { // while all sessions are taken it waits
		r, err := c.AcceptNextSessionForQueue(soon(t), "q", nil)
		if err != nil {
			t.Errorf("accept: %v", err)
			close(accepted)
			return
		}
		accepted <- r.SessionID()
	}()
	send(t, dial(t, s), "q", inSession("c", "4"))
	if got := <-accepted; got != "c" {
		t.Errorf("accepted %q", got)
	}
}

func TestNoSessionInTimeIsATimeout(t *testing.T) {
	s := start(t, withSessions())
	c := dial(t, s)
	refused := make(chan error)
	go func() {
		_, err := c.AcceptNextSessionForQueue(soon(t), "q", nil)
		refused <- err
	}()
	var err error
	for waits := true; waits; { // the SDK tries several times
		select {
		case err = <-refused:
			waits = false
		case <-time.After(10 * time.Millisecond):
			s.Advance(time.Minute)
		}
	}
	if e, ok := errors.AsType[*azservicebus.Error](err); !ok || e.Code != azservicebus.CodeTimeout {
		t.Errorf("accept: %v", err)
	}
	send(t, c, "q", inSession("a", "x")) // and the wish is forgotten
	if r := acceptSession(t, c, "a"); r.SessionID() != "a" {
		t.Errorf("accepted %q", r.SessionID())
	}
}

func TestASessionHasOneReceiver(t *testing.T) {
	s := start(t, withSessions())
	c := dial(t, s)
	send(t, c, "q", inSession("a", "x"))
	first := acceptSession(t, c, "a")
	m := fromSession(t, first, 1)[0]
	other := dial(t, s)
	if _, err := other.AcceptSessionForQueue(soon(t), "q", "a", nil); condition(err) != string(sessionCannotBeLocked) {
		t.Errorf("a second receiver: %v", err)
	}
	stranger := dialRaw(t, s).open().managing("q")
	complete := amqp.Map{{Key: "lock-tokens", Value: amqp.ArrayOf(amqp.UUID(m.LockToken))}, {Key: "disposition-status", Value: "completed"}}
	if status, _ := stranger.request("update-disposition", complete); status != 410 {
		t.Errorf("another client that knows the lock's token settles the message: %d", status)
	}
	if status, _ := stranger.request("renew-session-lock", amqp.Map{{Key: "session-id", Value: "a"}}); status != 410 {
		t.Errorf("another client renews the session's lock: %d", status)
	}
	if err := first.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	second, err := other.AcceptSessionForQueue(soon(t), "q", "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if m := fromSession(t, second, 1)[0]; m.DeliveryCount != 1 {
		t.Errorf("closing a session counted as a failed delivery: %d", m.DeliveryCount)
	}
}

func TestAConnectionThatEndsFreesItsSessions(t *testing.T) {
	s := start(t, withSessions())
	c := dial(t, s)
	send(t, c, "q", inSession("a", "x"))
	fromSession(t, acceptSession(t, c, "a"), 1)
	if err := c.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	r, err := dial(t, s).AcceptNextSessionForQueue(soon(t), "q", nil)
	if err != nil || r.SessionID() != "a" {
		t.Fatalf("accept: %v", err)
	}
}

func TestSessionLocksAreRenewedAndLost(t *testing.T) {
	s := start(t, withSessions())
	c := dial(t, s)
	send(t, c, "q", inSession("a", "x"))
	r := acceptSession(t, c, "a")
	fromSession(t, r, 1)
	before := r.LockedUntil()
	s.Advance(50 * time.Second)
	if err := r.RenewSessionLock(soon(t), nil); err != nil || r.LockedUntil().Sub(before) < 49*time.Second {
		t.Fatalf("renewed until %v after %v: %v", r.LockedUntil(), before, err)
	}
	s.Advance(50 * time.Second) // the message is locked with its session
	if err := r.SetSessionState(soon(t), []byte("kept"), nil); err != nil {
		t.Fatal(err)
	}
	s.Advance(11 * time.Second)
	if err := r.RenewSessionLock(soon(t), nil); err != nil { // the SDK accepts the session anew
		t.Errorf("renew after the lock was lost: %v", err)
	}
	again := fromSession(t, r, 1)[0]
	if again.DeliveryCount != 2 {
		t.Errorf("delivery %d, want 2: a lock that runs out is a failed delivery", again.DeliveryCount)
	}
}

func TestALinkWhoseSessionLockIsLostIsDetached(t *testing.T) {
	s := start(t, withSessions())
	send(t, dial(t, s), "q", inSession("a", "x"))
	r := dialRaw(t, s).open()
	r.attachSession("a")
	a := expect[amqp.Attach](r)
	ticks, _ := a.Properties.Get(lockedUntil).(int64)
	if until := (ticks - ticksOf1970) / ticksPerMilli; time.UnixMilli(until).Sub(s.Now()).Abs() > time.Minute+time.Second {
		t.Errorf("locked until %d", ticks)
	}
	s.Advance(time.Minute)
	if d := expect[amqp.Detach](r); d.Error == nil || d.Error.Condition != sessionLockLost {
		t.Errorf("detach %+v", d)
	}
}

// sessionSource is the source of a session receiver.
func sessionSource(address string, id any) any {
	filter := amqp.Map{{Key: amqp.Symbol(sessionFilter), Value: id}}
	return amqp.Described{Descriptor: uint64(0x28), Value: amqp.List{address, nil, nil, nil, nil, nil, nil, filter}}
}

// attachSession attaches a receiver of a session to q, in the form of clients
// that write the filter without a descriptor.
func (r *raw) attachSession(id any) {
	r.t.Helper()
	r.send(amqp.Attach{
		Name: "in", Receiver: true, RcvSettle: new(uint8(1)), Target: target(""),
		Source:     sessionSource("q", id),
		Properties: amqp.Map{{Key: amqp.Symbol(acceptTimeout), Value: uint32(3_600_000)}},
	})
}

func TestTheSessionIsNamedInTheFormOfTheWish(t *testing.T) {
	s := start(t, withSessions())
	send(t, dial(t, s), "q", inSession("a", "x"))
	for name, wish := range map[string]any{
		"plain, any": nil, "plain, named": "a",
		"described, any": amqp.Described{Descriptor: uint64(0x137000000C)}, "described, named": amqp.Described{Descriptor: uint64(0x137000000C), Value: "a"},
	} {
		t.Run(name, func(t *testing.T) {
			r := dialRaw(t, s).open()
			r.attachSession(wish)
			_, filter := terminus(expect[amqp.Attach](r).Source)
			want := any("a")
			if d, ok := wish.(amqp.Described); ok {
				want = amqp.Described{Descriptor: d.Descriptor, Value: "a"}
			}
			if got := filter.Get(sessionFilter); got != want {
				t.Errorf("filter %#v, want %#v", got, want)
			}
			r.send(amqp.Detach{Closed: true})
			expect[amqp.Detach](r)
		})
	}
}

// A wish ends with the clock, the client, or the entity.
func TestAWaitingReceiverIsAnsweredWhateverHappens(t *testing.T) {
	for name, tt := range map[string]struct {
		act  func(*Server, *raw)
		want amqp.Symbol
	}{
		"the time is over":    {func(s *Server, _ *raw) { s.Advance(time.Hour) }, timedOut},
		"the client gives up": {func(_ *Server, r *raw) { r.send(amqp.Detach{Closed: true}) }, ""},
		"the queue goes":      {func(s *Server, _ *raw) { s.Disable("q", true) }, entityDisabled},
		"forced":              {func(s *Server, _ *raw) { s.Fail(control.Fault{Kind: control.DetachForced, Entity: "q", Times: 1}) }, amqp.DetachForced},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, withSessions())
			r := dialRaw(t, s).open()
			r.attachSession(nil)
			r.sent(0, 100) // the link waits
			tt.act(s, r)
			if a := expect[amqp.Attach](r); a.Source != nil {
				t.Errorf("attach %+v", a)
			}
			d := expect[amqp.Detach](r)
			if got := d.Error; got == nil && tt.want != "" || got != nil && got.Condition != tt.want {
				t.Errorf("detach %+v, want %q", d, tt.want)
			}
		})
	}
}

func TestALinkSaysNothingBeforeItsAttach(t *testing.T) {
	s := start(t, withSessions())
	r := dialRaw(t, s).open()
	r.attachSession(nil)
	r.send(amqp.Flow{
		NextIncomingID: new(uint32(0)), IncomingWindow: 100, OutgoingWindow: 100,
		Handle: new(uint32(0)), DeliveryCount: new(uint32(0)), LinkCredit: new(uint32(1)), Echo: true,
	})
	send(t, dial(t, s), "q", inSession("a", "x"))
	expect[amqp.Attach](r)
	expect[amqp.Transfer](r) // for the credit that was given before
}

func TestSessionStateOutlivesItsReceiver(t *testing.T) {
	s := start(t, withSessions())
	c := dial(t, s)
	r := acceptSession(t, c, "a") // without a message
	if state, err := r.GetSessionState(soon(t), nil); err != nil || state != nil {
		t.Errorf("state %q, %v", state, err)
	}
	if err := r.SetSessionState(soon(t), []byte("where we are"), nil); err != nil {
		t.Fatal(err)
	}
	_ = r.Close(soon(t))
	r = acceptSession(t, c, "a")
	if state, err := r.GetSessionState(soon(t), nil); err != nil || string(state) != "where we are" {
		t.Errorf("state %q, %v", state, err)
	}
	if err := r.SetSessionState(soon(t), nil, nil); err != nil {
		t.Fatal(err)
	}
	if state, err := r.GetSessionState(soon(t), nil); err != nil || state != nil {
		t.Errorf("state %q, %v", state, err)
	}
}

func TestSessionsAreListed(t *testing.T) {
	s := start(t, withSessions())
	c := dial(t, s)
	list := func(after *time.Time) string {
		t.Helper()
		var all []string
		for p := c.NewListSessionsForQueuePager("q", &azservicebus.ListSessionsOptions{SessionStateUpdatedAfter: after}); p.More(); {
			page, err := p.NextPage(soon(t))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, page.Sessions...)
		}
		if len(all) > 100 {
			return fmt.Sprint(len(all))
		}
		return fmt.Sprint(all)
	}
	if got := list(nil); got != "[]" {
		t.Errorf("sessions %s of an empty queue", got)
	}
	send(t, c, "q", inSession("b", "x"), inSession("c", "x"))
	begun := s.Now()
	s.Advance(time.Minute)
	state := acceptSession(t, c, "a")
	if err := state.SetSessionState(soon(t), []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
	deferred := acceptSession(t, c, "c")
	if err := deferred.DeferMessage(soon(t), fromSession(t, deferred, 1)[0], nil); err != nil {
		t.Fatal(err)
	}
	if got := list(nil); got != "[a b]" {
		t.Errorf("sessions %s, want those with active messages or a state", got)
	}
	if got := list(&begun); got != "[a]" {
		t.Errorf("sessions %s, want those whose state changed", got)
	}
	for i := range 250 {
		send(t, c, "q", inSession(fmt.Sprint("s", i), "x"))
	}
	if got := list(nil); got != "252" {
		t.Errorf("%s sessions, want 252 in pages", got)
	}
}

func TestSessionsArePeekedAndTheirDeferredMessagesTaken(t *testing.T) {
	s := start(t, withSessions())
	c := dial(t, s)
	send(t, c, "q", inSession("a", "a0"), inSession("b", "b0"), inSession("a", "a1"))
	r := acceptSession(t, c, "a")
	m := fromSession(t, r, 1)[0]
	if err := r.DeferMessage(soon(t), m, nil); err != nil {
		t.Fatal(err)
	}
	got, err := r.ReceiveDeferredMessages(soon(t), []int64{*m.SequenceNumber}, nil)
	if err != nil || len(got) != 1 {
		t.Fatalf("deferred: %v", err)
	}
	if err := r.CompleteMessage(soon(t), got[0], nil); err != nil {
		t.Fatal(err)
	}
	_, body := dialRaw(t, s).open().managing("q").request("peek-message", amqp.Map{ // Go's client does not name the session
		{Key: "from-sequence-number", Value: int64(0)}, {Key: "message-count", Value: int32(5)}, {Key: "session-id", Value: "a"},
	})
	if messages, _ := body.Get("messages").(amqp.List); len(messages) != 1 {
		t.Errorf("%d messages of session a", len(messages))
	}
}

func TestDeadLettersOfSessionsHaveOrdinaryReceivers(t *testing.T) {
	s := start(t, withSessions())
	c := dial(t, s)
	send(t, c, "q", inSession("a", "x"), inSession("b", "y"))
	for _, id := range []string{"a", "b"} {
		r := acceptSession(t, c, id)
		if err := r.DeadLetterMessage(soon(t), fromSession(t, r, 1)[0], nil); err != nil {
			t.Fatal(err)
		}
	}
	dead := receiver(t, c, "q", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
	got := receive(t, dead, 2)
	if fmt.Sprint(bodies(got)) != "[x y]" || *got[0].SessionID != "a" {
		t.Errorf("dead letters %q", bodies(got))
	}
	if err := dead.CompleteMessage(soon(t), got[0], nil); err != nil {
		t.Error(err)
	}
	_, err := c.AcceptSessionForQueue(soon(t), "q/$DeadLetterQueue", "a", nil)
	if condition(err) != string(amqp.NotAllowed) {
		t.Errorf("a session receiver: %v", err)
	}
}

func TestSessionsAreAskedForAsTheServiceDoes(t *testing.T) {
	s := start(t, Config{
		Queues: []Queue{{Name: "q", RequiresSession: true}, {Name: "plain"}},
		Topics: []Topic{{Name: "t", Subscriptions: []Queue{{Name: "s", RequiresSession: true}}}},
	})
	c := dial(t, s)
	for name, tt := range map[string]struct {
		do   func() error
		want string
	}{
		"a plain receiver": {func() error {
			_, err := receiver(t, c, "q", nil).ReceiveMessages(soon(t), 1, nil)
			return err
		}, "It is not possible for an entity that requires sessions to create a non-sessionful message receiver."},
		"a session receiver": {func() error {
			_, err := c.AcceptSessionForQueue(soon(t), "plain", "a", nil)
			return err
		}, "A sessionful message receiver cannot be created on an entity that does not require sessions."},
		"a message without a session": {func() error {
			return sender(t, c, "q").SendMessage(soon(t), text("x"), nil)
		}, "The SessionId was not set on a message, and it cannot be sent to the entity."},
	} {
		if err := tt.do(); condition(err) != string(amqp.NotAllowed) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	send(t, c, "t", text("x")) // which no receiver of the subscription could get
	dead := subscription(t, c, "t", "s", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
	if m := receive(t, dead, 1)[0]; *m.DeadLetterReason != "Session ID is null." {
		t.Errorf("reason %q", *m.DeadLetterReason)
	}
}

func TestASessionReceiverThatDoesNotReadStallsNobody(t *testing.T) {
	s := start(t, withSessions())
	c := dial(t, s)
	out := sender(t, c, "q")
	for range 10 {
		b, err := out.NewMessageBatch(soon(t), nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 90 {
			if err := b.AddMessage(inSession("a", string(make([]byte, 10_000))), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := out.SendMessageBatch(soon(t), b, nil); err != nil {
			t.Fatal(err)
		}
	}
	stuck := dialRaw(t, s).open()
	stuck.attachSession("a")
	stuck.grant(0, 1<<30, 0, 1<<30, false)
	send(t, c, "q", inSession("b", "x"))
	r, err := c.AcceptNextSessionForQueue(soon(t), "q", nil)
	if err != nil || r.SessionID() != "b" {
		t.Fatalf("accepted %+v, %v", r, err)
	}
	if err := r.CompleteMessage(soon(t), fromSession(t, r, 1)[0], nil); err != nil {
		t.Error(err)
	}
}

func TestManySessionReceiversShareTheWork(t *testing.T) {
	const sessions, each = 20, 30
	s := start(t, withSessions())
	c := dial(t, s)
	out := sender(t, c, "q")
	for i := range each {
		b, err := out.NewMessageBatch(soon(t), nil)
		if err != nil {
			t.Fatal(err)
		}
		for n := range sessions {
			if err := b.AddMessage(inSession(fmt.Sprint("s", n), fmt.Sprint(i)), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := out.SendMessageBatch(soon(t), b, nil); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			c := dial(t, s)
			for range sessions / 4 {
				r, err := c.AcceptNextSessionForQueue(soon(t), "q", nil)
				if err != nil {
					t.Errorf("accept: %v", err)
					return
				}
				for n := 0; n < each; {
					got, err := r.ReceiveMessages(soon(t), 1, nil) // of more, the SDK may release some and get them again later
					if err != nil {
						t.Errorf("receive: %v", err)
						return
					}
					for _, m := range got {
						if string(m.Body) != fmt.Sprint(n) {
							t.Errorf("session %s: message %s, want %d", r.SessionID(), m.Body, n)
						}
						if err := r.CompleteMessage(soon(t), m, nil); err != nil {
							t.Errorf("complete: %v", err)
						}
						n++
					}
				}
				_ = r.Close(soon(t))
			}
		})
	}
	all.Wait()
	if n, _ := s.Counts("q"); n != (Counts{}) {
		t.Errorf("counts %+v", n)
	}
}
