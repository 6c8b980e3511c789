package servicebus

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// A tx is a raw client that works in transactions: its coordinator has handle
// 0, what it attaches gets the handles after it.
type tx struct {
	*raw
	handles, deliveries uint32
}

// withTransactions dials, and attaches the coordinator first, as clients do
// that send to several entities.
func withTransactions(t testing.TB, s *Server) *tx {
	t.Helper()
	c := &tx{raw: dialRaw(t, s).open(amqp.Begin{IncomingWindow: 1000, OutgoingWindow: 1000, HandleMax: 10})}
	c.coordinator()
	return c
}

// coordinator attaches one more of them and returns its handle.
func (c *tx) coordinator() uint32 {
	c.t.Helper()
	h := c.handle()
	target := amqp.Described{Descriptor: uint64(0x30), Value: amqp.List{}}
	c.send(amqp.Attach{Name: fmt.Sprint("tx", h), Handle: h, Source: source(""), Target: target, InitialDeliveryCount: new(uint32(0))})
	if a := await[amqp.Attach](c.raw); !amqp.IsCoordinator(a.Target) {
		c.t.Fatalf("attached to %v", a.Target)
	}
	return h
}

func (c *tx) handle() uint32 { c.handles++; return c.handles - 1 }

func (c *tx) sender(entity string) uint32 {
	c.t.Helper()
	h := c.handle()
	c.send(amqp.Attach{Name: fmt.Sprint("out", h), Handle: h, Source: source(""), Target: target(entity), InitialDeliveryCount: new(uint32(0))})
	if a := await[amqp.Attach](c.raw); a.Target == nil {
		c.t.Fatalf("no sender for %s", entity)
	}
	return h
}

// receiver attaches one with the credit to receive a message.
func (c *tx) receiver(entity string) uint32 {
	c.t.Helper()
	h := c.handle()
	c.send(amqp.Attach{Name: fmt.Sprint("in", h), Handle: h, Receiver: true, RcvSettle: new(uint8(1)), Source: source(entity), Target: target("")})
	if a := await[amqp.Attach](c.raw); a.Source == nil {
		c.t.Fatalf("no receiver for %s", entity)
	}
	c.send(amqp.Flow{NextIncomingID: new(uint32(0)), IncomingWindow: 1000, OutgoingWindow: 1000, Handle: &h, DeliveryCount: new(uint32(0)), LinkCredit: new(uint32(1))})
	return h
}

// transfer sends a message in a delivery state and returns the state it gets.
func (c *tx) transfer(handle uint32, state any, message []byte) any {
	c.t.Helper()
	id := c.deliveries
	c.deliveries++
	c.write(amqp.AppendFrame(nil, amqp.FrameAMQP, c.channel, amqp.Transfer{Handle: handle, DeliveryID: &id, DeliveryTag: []byte{byte(id)}, State: state}, message))
	d := await[amqp.Disposition](c.raw)
	if d.First != id || !d.Settled || !d.Receiver {
		c.t.Fatalf("disposition %+v of delivery %d", d, id)
	}
	return d.State
}

func (c *tx) declare(on uint32) []byte {
	c.t.Helper()
	state := c.transfer(on, nil, amqp.AppendSection(nil, amqp.SectionValue, amqp.Described{Descriptor: uint64(0x31), Value: amqp.List{nil}}))
	d, _ := state.(amqp.Described)
	if d.Descriptor != uint64(0x33) {
		c.t.Fatalf("declare: %v", state)
	}
	return d.Value.(amqp.List)[0].([]byte)
}

// discharge ends a transaction and returns the condition of its failure.
func (c *tx) discharge(on uint32, id []byte, fail bool) amqp.Symbol {
	c.t.Helper()
	return refusedWith(c.transfer(on, nil, amqp.AppendSection(nil, amqp.SectionValue, amqp.Described{Descriptor: uint64(0x32), Value: amqp.List{id, fail}})))
}

// put sends a message in a transaction and returns the condition of its
// refusal.
func (c *tx) put(handle uint32, id []byte, text string) amqp.Symbol {
	c.t.Helper()
	state := c.transfer(handle, amqp.TransactionalState(id, nil), amqp.AppendSection(nil, amqp.SectionData, []byte(text)))
	if got, outcome, ok := amqp.ParseTransactional(state); ok {
		if !bytes.Equal(got, id) {
			c.t.Errorf("answered in transaction %x, want %x", got, id)
		}
		state = outcome
	} else if refusedWith(state) == "" {
		c.t.Errorf("answered outside of the transaction: %v", state)
	}
	return refusedWith(state)
}

// settle judges a delivery in a transaction and returns the condition of its
// refusal.
func (c *tx) settle(delivery uint32, id []byte, outcome any) amqp.Symbol {
	c.t.Helper()
	c.send(amqp.Disposition{Receiver: true, First: delivery, State: amqp.TransactionalState(id, outcome)})
	d := await[amqp.Disposition](c.raw)
	if d.First != delivery || !d.Settled || d.Receiver {
		c.t.Fatalf("disposition %+v of delivery %d", d, delivery)
	}
	state := d.State
	if _, outcome, ok := amqp.ParseTransactional(state); ok {
		state = outcome
	}
	return refusedWith(state)
}

func refusedWith(state any) amqp.Symbol {
	if e := amqp.ParseOutcome(state).Error; e != nil {
		return e.Condition
	}
	return ""
}

// tokenOf is the lock token in a delivery tag, which has the byte order of a
// .NET GUID.
func tokenOf(b []byte) amqp.UUID {
	return amqp.UUID{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
}

func want(t testing.TB, what string, got, want amqp.Symbol) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// holds checks how many messages entities hold that are active.
func holds(t testing.TB, s *Server, entities map[string]int) {
	t.Helper()
	for entity, want := range entities {
		if n, err := s.Counts(entity); err != nil || n.Active != want {
			t.Errorf("%s holds %+v, %v, want %d", entity, n, err, want)
		}
	}
}

func TestATransactionIsDoneAsOneOrNotAtAll(t *testing.T) {
	for _, fail := range []bool{false, true} {
		t.Run(fmt.Sprintf("fail %t", fail), func(t *testing.T) {
			s := start(t, queues("in", "out", "other"))
			store(t, s, "in", 1, "x")
			c := withTransactions(t, s)
			c.receiver("in")
			delivery := *await[amqp.Transfer](c.raw).DeliveryID
			out, other := c.sender("out"), c.sender("other")
			id := c.declare(0)
			want(t, "send", c.put(out, id, "a"), "")
			want(t, "send", c.put(other, id, "b"), "")
			want(t, "complete", c.settle(delivery, id, amqp.AcceptedState()), "")
			holds(t, s, map[string]int{"in": 1, "out": 0, "other": 0})
			want(t, "discharge", c.discharge(0, id, fail), "")
			if fail {
				holds(t, s, map[string]int{"in": 1, "out": 0, "other": 0})
				if n, _ := s.Counts("in"); n.Locked != 1 {
					t.Errorf("the message is not locked any more: %+v", n)
				}
			} else {
				holds(t, s, map[string]int{"in": 0, "out": 1, "other": 1})
			}
			want(t, "discharge again", c.discharge(0, id, false), amqp.UnknownTransaction)
		})
	}
}

func TestEverySettlementWorksInATransaction(t *testing.T) {
	for name, tt := range map[string]struct {
		outcome any
		want    Counts
	}{
		"complete":    {amqp.AcceptedState(), Counts{}},
		"abandon":     {amqp.Described{Descriptor: uint64(0x27), Value: amqp.List{false, false}}, Counts{Active: 1}},
		"defer":       {amqp.Described{Descriptor: uint64(0x27), Value: amqp.List{false, true}}, Counts{Deferred: 1}},
		"dead-letter": {amqp.RejectedState(&amqp.Error{Condition: deadLetterCond}), Counts{DeadLetter: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, queues("q"))
			store(t, s, "q", 1, "x")
			c := withTransactions(t, s)
			c.receiver("q")
			delivery := *await[amqp.Transfer](c.raw).DeliveryID
			id := c.declare(0)
			want(t, "settle", c.settle(delivery, id, tt.outcome), "")
			if n, _ := s.Counts("q"); n.Active != 1 || n.Locked != 1 {
				t.Errorf("before the discharge: %+v", n)
			}
			want(t, "discharge", c.discharge(0, id, false), "")
			n, _ := s.Counts("q")
			n.Bytes = 0
			if n != tt.want {
				t.Errorf("counts %+v, want %+v", n, tt.want)
			}
		})
	}
}

func TestSeveralTransactionsAreOpenAtOnce(t *testing.T) {
	s := start(t, queues("q"))
	c := withTransactions(t, s)
	second := c.coordinator()
	out := c.sender("q")
	first, other, third := c.declare(0), c.declare(0), c.declare(second)
	for i, id := range [][]byte{third, first, other, first} {
		want(t, "send", c.put(out, id, fmt.Sprint(i)), "")
	}
	want(t, "discharge", c.discharge(0, first, false), "")
	holds(t, s, map[string]int{"q": 2})
	want(t, "roll back", c.discharge(0, other, true), "")
	want(t, "discharge on another coordinator", c.discharge(0, third, false), "")
	if got := fmt.Sprint(bodies(peek(t, receiver(t, dial(t, s), "q", nil)))); got != "[1 3 0]" {
		t.Errorf("the queue holds %s", got)
	}
}

func TestATransactionIsKnownOnItsConnectionOnly(t *testing.T) {
	s := start(t, queues("q"))
	store(t, s, "q", 1, "x")
	c := withTransactions(t, s)
	id := c.declare(0)
	stranger := withTransactions(t, s)
	stranger.receiver("q")
	delivery := *await[amqp.Transfer](stranger.raw).DeliveryID
	out := stranger.sender("q")
	want(t, "send", stranger.put(out, id, "x"), amqp.UnknownTransaction)
	want(t, "settle", stranger.settle(delivery, id, amqp.AcceptedState()), amqp.UnknownTransaction)
	want(t, "discharge", stranger.discharge(0, id, false), amqp.UnknownTransaction)
	holds(t, s, map[string]int{"q": 1})
	// Another AMQP session of its own connection may take part.
	c.channel = 1
	c.send(amqp.Begin{IncomingWindow: 100, OutgoingWindow: 100, HandleMax: 10})
	await[amqp.Begin](c.raw)
	was := c.deliveries
	c.handles, c.deliveries = 0, 0
	out = c.sender("q")
	want(t, "send in another session", c.put(out, id, "x"), "")
	c.channel, c.deliveries = 0, was
	want(t, "discharge", c.discharge(0, id, false), "")
	holds(t, s, map[string]int{"q": 2})
}

func TestATransactionEndsWithItsLinkSessionOrConnection(t *testing.T) {
	for name, end := range map[string]func(*tx){
		"link":       func(c *tx) { c.send(amqp.Detach{Closed: true}); await[amqp.Detach](c.raw) },
		"session":    func(c *tx) { c.send(amqp.End{}); await[amqp.End](c.raw) },
		"connection": func(c *tx) { c.send(amqp.Close{}); await[amqp.Close](c.raw) },
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Config{Queues: []Queue{{Name: "q", LockDuration: time.Minute}}})
			store(t, s, "q", 1, "x")
			c := withTransactions(t, s)
			c.receiver("q")
			transfer := await[amqp.Transfer](c.raw)
			out := c.sender("q")
			id := c.declare(0)
			want(t, "send", c.put(out, id, "y"), "")
			want(t, "settle", c.settle(*transfer.DeliveryID, id, amqp.AcceptedState()), "")
			end(c)
			// The lock is its receiver's again: somebody who has its token may settle.
			token := tokenOf(transfer.DeliveryTag)
			r := receiver(t, dial(t, s), "q", nil)
			if err := r.CompleteMessage(soon(t), &azservicebus.ReceivedMessage{LockToken: token}, nil); err != nil {
				t.Errorf("complete: %v", err)
			}
			holds(t, s, map[string]int{"q": 0})
		})
	}
}

func TestATransactionLivesTwoMinutesFromItsFirstWork(t *testing.T) {
	s := start(t, queues("q"))
	c := withTransactions(t, s)
	out := c.sender("q")
	id := c.declare(0)
	s.Advance(time.Hour) // idle
	want(t, "send", c.put(out, id, "x"), "")
	s.Advance(transactionLife - time.Second)
	want(t, "send", c.put(out, id, "y"), "")
	s.Advance(time.Second)
	want(t, "send later", c.put(out, id, "z"), amqp.TransactionTimeout)
	want(t, "discharge later", c.discharge(0, id, false), amqp.TransactionTimeout)
	holds(t, s, map[string]int{"q": 0})
}

func TestATransactionWhoseLockIsLostIsRolledBack(t *testing.T) {
	s := start(t, queues("q"))
	store(t, s, "q", 1, "x")
	c := withTransactions(t, s)
	c.receiver("q")
	delivery := *await[amqp.Transfer](c.raw).DeliveryID
	out := c.sender("q")
	id := c.declare(0)
	want(t, "settle", c.settle(delivery, id, amqp.AcceptedState()), "")
	want(t, "send", c.put(out, id, "y"), "")
	s.Advance(time.Minute)
	want(t, "discharge", c.discharge(0, id, false), amqp.TransactionRollback)
	holds(t, s, map[string]int{"q": 1})
}

func TestAMessageIsSettledInOneTransaction(t *testing.T) {
	s := start(t, queues("q"))
	store(t, s, "q", 1, "x")
	c := withTransactions(t, s)
	c.receiver("q")
	transfer := await[amqp.Transfer](c.raw)
	id := c.declare(0)
	want(t, "settle", c.settle(*transfer.DeliveryID, id, amqp.AcceptedState()), "")
	token := tokenOf(transfer.DeliveryTag)
	other := dialRaw(t, s).open().managing("q")
	abandon := amqp.Map{{Key: "lock-tokens", Value: amqp.ArrayOf(token)}, {Key: "disposition-status", Value: "abandoned"}}
	if status, _ := other.request("update-disposition", abandon); status != 403 {
		t.Errorf("abandoned meanwhile: %d", status)
	}
	want(t, "discharge", c.discharge(0, id, false), "")
	holds(t, s, map[string]int{"q": 0})
}

func TestATransactionHasOneEntityUnlessTheCoordinatorCameFirst(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "a"}, {Name: "b"}}, Topics: []Topic{{Name: "t", Subscriptions: []Queue{{Name: "s"}}}}})
	c := &tx{raw: dialRaw(t, s).open(amqp.Begin{IncomingWindow: 1000, OutgoingWindow: 1000, HandleMax: 10})}
	a, b, topic := c.sender("a"), c.sender("b"), c.sender("t")
	coordinator := c.coordinator()
	id := c.declare(coordinator)
	want(t, "send", c.put(a, id, "x"), "")
	want(t, "send to another entity", c.put(b, id, "y"), amqp.NotAllowed)
	want(t, "discharge", c.discharge(coordinator, id, false), "")
	holds(t, s, map[string]int{"a": 1, "b": 0})
	// A subscription and its topic are one, as a queue and its dead letters are.
	store(t, s, "t", 1, "x")
	c.receiver("t/Subscriptions/s") // the first after the coordinator
	delivery := *await[amqp.Transfer](c.raw).DeliveryID
	id = c.declare(coordinator)
	want(t, "settle", c.settle(delivery, id, amqp.AcceptedState()), "")
	want(t, "send", c.put(topic, id, "x"), "")
	want(t, "discharge", c.discharge(coordinator, id, false), "")
	holds(t, s, map[string]int{"t/Subscriptions/s": 1})
}

func TestWhatCannotBeTransferredLiesWithTheFirstEntity(t *testing.T) {
	for name, tt := range map[string]struct {
		close  func(*Server)
		reason string
	}{
		"disabled": {func(s *Server) { s.Disable("out", true) }, "TransferDestinationDisabled"},
		"deleted": {func(s *Server) {
			_, err := administer(t, s.ConnectionString()).DeleteQueue(soon(t), "out", nil)
			if err != nil {
				t.Error(err)
			}
		}, "TransferDestinationNotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, queues("in", "out"))
			store(t, s, "in", 1, "x")
			c := withTransactions(t, s)
			c.receiver("in")
			delivery := *await[amqp.Transfer](c.raw).DeliveryID
			out := c.sender("out")
			id := c.declare(0)
			want(t, "send", c.put(out, id, "y"), "")
			want(t, "settle", c.settle(delivery, id, amqp.AcceptedState()), "")
			tt.close(s)
			await[amqp.Detach](c.raw)
			want(t, "discharge", c.discharge(0, id, false), "")
			holds(t, s, map[string]int{"in": 0})
			stranded := receiver(t, dial(t, s), "in", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueTransfer})
			if m := receive(t, stranded, 1)[0]; string(m.Body) != "y" || *m.DeadLetterReason != tt.reason {
				t.Errorf("stranded %q: %s", m.Body, *m.DeadLetterReason)
			}
		})
	}
}

func TestATopicHasWhatItCouldNotTransfer(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "out"}}, Topics: []Topic{{Name: "t", Subscriptions: []Queue{{Name: "s"}}}}})
	c := withTransactions(t, s)
	c.receiver("t/Subscriptions/s") // which counts for its topic
	out := c.sender("out")
	id := c.declare(0)
	want(t, "send", c.put(out, id, "x"), "")
	s.Disable("out", true)
	await[amqp.Detach](c.raw)
	want(t, "discharge", c.discharge(0, id, false), "")
	r := receiver(t, dial(t, s), "t/$Transfer/$DeadLetterQueue", nil)
	m := receive(t, r, 1)[0]
	if string(m.Body) != "x" {
		t.Errorf("stranded %q", m.Body)
	}
	if err := r.CompleteMessage(soon(t), m, nil); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeSentIsRefusedAtOnce(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q", RequiresSession: true}, {Name: "plain"}}})
	c := withTransactions(t, s)
	plain, sessions := c.sender("plain"), c.sender("q")
	id := c.declare(0)
	want(t, "a message without a session", c.put(sessions, id, "x"), amqp.NotAllowed)
	for i := range transactionMessages {
		want(t, fmt.Sprint("message ", i), c.put(plain, id, "x"), "")
	}
	want(t, "one too many", c.put(plain, id, "x"), amqp.ResourceLimitExceeded)
	want(t, "discharge", c.discharge(0, id, false), "")
	holds(t, s, map[string]int{"plain": transactionMessages})
}

func TestManagementRequestsTakePartInTransactions(t *testing.T) {
	for _, fail := range []bool{false, true} {
		s := start(t, queues("q"))
		store(t, s, "q", 1, "x")
		r := receiver(t, dial(t, s), "q", nil)
		m := receive(t, r, 1)[0]
		if err := r.DeferMessage(soon(t), m, nil); err != nil {
			t.Fatal(err)
		}
		got, err := r.ReceiveDeferredMessages(soon(t), []int64{*m.SequenceNumber}, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := withTransactions(t, s)
		c.receiver("q/$management")
		asks := c.sender("q/$management")
		id := c.declare(0)
		c.request(asks, id, "update-disposition", amqp.Map{
			{Key: "lock-tokens", Value: amqp.ArrayOf(amqp.UUID(got[0].LockToken))}, {Key: "disposition-status", Value: "completed"},
		})
		if n, _ := s.Counts("q"); n.Deferred != 1 {
			t.Errorf("before the discharge: %+v", n)
		}
		due := amqp.AppendSection(nil, amqp.SectionAnnotations, amqp.Map{{
			Key: amqp.Symbol("x-opt-scheduled-enqueue-time"), Value: amqp.Timestamp(time.Now().Add(time.Hour).UnixMilli()),
		}})
		due = amqp.AppendSection(due, amqp.SectionData, []byte("x"))
		numbers := c.request(asks, id, "schedule-message", amqp.Map{{Key: "messages", Value: amqp.List{amqp.Map{{Key: "message", Value: due}}}}})
		want(t, "discharge", c.discharge(0, id, fail), "")
		n, _ := s.Counts("q")
		if done := !fail; (n.Deferred == 0) != done || (n.Scheduled == 1) != done {
			t.Errorf("fail %t: %+v", fail, n)
		}
		if scheduled := peek(t, r); !fail && amqp.ArrayOf(*scheduled[0].SequenceNumber).Items[0] != numbers.Get("sequence-numbers").(amqp.Array).Items[0] {
			t.Errorf("scheduled under %d, promised %v", *scheduled[0].SequenceNumber, numbers)
		}
	}
}

// request makes a management request in a transaction.
func (c *tx) request(on uint32, id []byte, operation string, body amqp.Map) amqp.Map {
	c.t.Helper()
	c.send(amqp.Flow{NextIncomingID: new(uint32(0)), IncomingWindow: 1000, OutgoingWindow: 1000, Handle: new(uint32(1)), DeliveryCount: new(uint32(0)), LinkCredit: new(uint32(10))})
	m := amqp.AppendSection(nil, amqp.SectionProperties, amqp.List{uint64(1), nil, nil, nil, "in1"})
	m = amqp.AppendSection(m, amqp.SectionApplication, amqp.Map{{Key: "operation", Value: "com.microsoft:" + operation}})
	m = amqp.AppendSection(m, amqp.SectionValue, body)
	want(c.t, operation, refusedWith(c.transfer(on, amqp.TransactionalState(id, nil), m)), "")
	for {
		p, reply := c.next()
		if _, ok := p.(amqp.Transfer); !ok {
			continue
		}
		s, err := amqp.Cut(reply)
		if err != nil {
			c.t.Fatal(err)
		}
		application, _ := amqp.SectionMap(s.Application)
		if application.Get("statusCode") != int32(200) {
			c.t.Errorf("%s: %v", operation, application)
		}
		v, _ := amqp.BodyValue(s.Body)
		answer, _ := v.(amqp.Map)
		return answer
	}
}
