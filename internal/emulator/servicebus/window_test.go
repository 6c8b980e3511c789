package servicebus

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// sizes are windows and credits around the limits of 32-bit arithmetic.
// Microsoft.Azure.Amqp opens its sessions with the largest.
var sizes = []uint32{0, 1, 5000, 1<<31 - 1, 1 << 31, math.MaxUint32}

// attachIn makes a receiving link with handle 0.
func (r *raw) attachIn(entity string) {
	r.t.Helper()
	r.attachReceiver(entity)
	expect[amqp.Attach](r)
}

func (r *raw) attachReceiver(entity string) {
	r.t.Helper()
	r.send(amqp.Attach{Name: "in", Receiver: true, RcvSettle: new(uint8(1)), Source: source(entity), Target: target("")})
}

// grant gives credit to the link with handle 0.
func (r *raw) grant(nextIncoming, window, deliveryCount, credit uint32, drain bool) {
	r.t.Helper()
	r.send(amqp.Flow{
		NextIncomingID: &nextIncoming, IncomingWindow: window, OutgoingWindow: 100,
		Handle: new(uint32(0)), DeliveryCount: &deliveryCount, LinkCredit: &credit, Drain: drain,
	})
}

// sent returns the delivery ids of all that the server sends for now, one for
// each frame. The second answer to an echo proves that its writer had a turn
// after the first.
func (r *raw) sent(nextIncoming, window uint32) []uint32 {
	r.t.Helper()
	var ids []uint32
	for range 2 {
		r.send(amqp.Flow{NextIncomingID: &nextIncoming, IncomingWindow: window, OutgoingWindow: 100, Echo: true})
		for answered := false; !answered; {
			switch p, _ := r.next(); p := p.(type) {
			case amqp.Transfer:
				ids = append(ids, *p.DeliveryID)
			case amqp.Flow:
				answered = p.Handle == nil
			}
		}
	}
	return ids
}

func TestASessionSendsWhatItsWindowAllows(t *testing.T) {
	for _, window := range sizes {
		t.Run(fmt.Sprint(window), func(t *testing.T) {
			for name, by := range map[string]struct{ begin, flow uint32 }{
				"from its begin on": {window, window}, "after a flow": {100, window},
			} {
				s := start(t, queues("q"))
				store(t, s, "q", 3, "x")
				r := dialRaw(t, s).open(amqp.Begin{IncomingWindow: by.begin, OutgoingWindow: 100, HandleMax: 10})
				r.attachIn("q")
				r.grant(0, by.flow, 0, 10, false)
				want := min(3, int(window))
				if got := r.sent(0, window); len(got) != want {
					t.Errorf("%s: %d transfers, want %d", name, len(got), want)
				}
				if got := r.sent(uint32(want), 5); len(got) != 3-want {
					t.Errorf("%s: %d transfers after the window was opened again, want %d", name, len(got), 3-want)
				}
			}
		})
	}
}

func TestALinkSendsWhatItsCreditAllows(t *testing.T) {
	for _, credit := range sizes {
		for _, drain := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d, drain %t", credit, drain), func(t *testing.T) {
				s := start(t, queues("q"))
				store(t, s, "q", 3, "x")
				r := dialRaw(t, s).open()
				r.attachIn("q")
				r.grant(0, 100, 0, credit, drain)
				sent := min(3, credit)
				for range sent {
					expect[amqp.Transfer](r)
				}
				count := sent
				if drain {
					if f := expect[amqp.Flow](r); *f.DeliveryCount != credit || *f.LinkCredit != 0 || !f.Drain {
						t.Fatalf("delivery-count %d, credit %d, drain %t", *f.DeliveryCount, *f.LinkCredit, f.Drain)
					}
					count = credit
				}
				r.grant(sent, 100, count, 0, false)
				none := r.sent(sent, 100)
				store(t, s, "q", 3, "x")
				if got := append(none, r.sent(sent, 100)...); len(got) != 0 {
					t.Errorf("%d transfers after the credit was withdrawn", len(got))
				}
				r.grant(sent, 100, count, 2, false)
				if got := r.sent(sent, 100); len(got) != 2 {
					t.Errorf("%d transfers for a new credit of 2", len(got))
				}
				r.grant(sent, 100, count, 3, false) // written before the client saw these two
				if got := r.sent(sent, 100); len(got) != 1 {
					t.Errorf("%d transfers for a credit of 3 with 2 under way", len(got))
				}
			})
		}
	}
}

// A client may ask for the rest of its credit back while nothing can be sent.
func TestNoCreditIsDrainedThroughAClosedWindow(t *testing.T) {
	r := dialRaw(t, start(t, queues("q"))).open()
	r.attachIn("q")
	r.grant(0, 0, 0, 0, true)
	if f := expect[amqp.Flow](r); *f.DeliveryCount != 0 || *f.LinkCredit != 0 || !f.Drain {
		t.Errorf("flow %+v", f)
	}
}

func TestAClientThatCountsAheadIsServed(t *testing.T) {
	s := start(t, queues("q"))
	store(t, s, "q", 5, "x")
	r := dialRaw(t, s).open()
	r.attachIn("q")
	r.grant(7, 3, 9, 2, false)
	if got := r.sent(7, 3); len(got) != 2 {
		t.Errorf("%d transfers for a credit of 2", len(got))
	}
}

func TestOurSerialNumbersWrap(t *testing.T) {
	s := start(t, queues("q"))
	store(t, s, "q", 10, "x")
	r := dialRaw(t, s).open()
	r.attachIn("q")
	const first = math.MaxUint32 - 1 // two numbers before the wrap
	c := s.connected()[0]
	c.mu.Lock()
	ses := c.sessions[0]
	ses.nextDelivery, ses.outgoing, ses.outlets[0].count = first, first, first
	c.mu.Unlock()

	r.grant(first, 4, first, 5, false)
	if got, want := r.sent(first, 4), []uint32{first, first + 1, 0, 1}; !slices.Equal(got, want) {
		t.Fatalf("deliveries %d, want %d: the window is 4", got, want)
	}
	r.grant(0, 4, 0, 5, false) // written when two had arrived
	if got, want := r.sent(0, 4), []uint32{2, 3}; !slices.Equal(got, want) {
		t.Errorf("deliveries %d, want %d: 2 of the window of 4 are under way", got, want)
	}
	r.grant(4, 100, 0, 5, false)
	if got, want := r.sent(4, 100), []uint32{4}; !slices.Equal(got, want) {
		t.Errorf("deliveries %d, want %d: 4 of the credit of 5 are under way", got, want)
	}
	r.send(amqp.Disposition{Receiver: true, First: first, Last: new(uint32(2)), State: amqp.AcceptedState()})
	for _, id := range []uint32{first, first + 1, 0, 1, 2} {
		if d := expect[amqp.Disposition](r); d.First != id || amqp.ParseOutcome(d.State).Verdict != amqp.Accepted {
			t.Errorf("disposition %+v, want one of %d", d, id)
		}
	}
	if n, _ := s.Counts("q"); n.Locked != 2 || n.Active != 5 {
		t.Errorf("counts %+v", n)
	}
}

func TestTheClientsSerialNumbersWrap(t *testing.T) {
	s := start(t, queues("q"))
	const first = math.MaxUint32 - 1
	r := dialRaw(t, s).open(amqp.Begin{NextOutgoingID: first, IncomingWindow: 100, OutgoingWindow: 100, HandleMax: 10})
	r.send(amqp.Attach{Name: "out", Target: target("q"), InitialDeliveryCount: new(uint32(first))})
	expect[amqp.Attach](r)
	if f := expect[amqp.Flow](r); *f.NextIncomingID != first || *f.DeliveryCount != first {
		t.Errorf("next-incoming-id %d, delivery-count %d", *f.NextIncomingID, *f.DeliveryCount)
	}
	for _, id := range []uint32{first, first + 1, 0, 1} {
		r.write(amqp.AppendFrame(nil, amqp.FrameAMQP, 0, amqp.Transfer{DeliveryID: &id, DeliveryTag: []byte{1}},
			amqp.AppendSection(nil, amqp.SectionData, []byte("x"))))
		if d := expect[amqp.Disposition](r); d.First != id || amqp.ParseOutcome(d.State).Verdict != amqp.Accepted {
			t.Errorf("disposition %+v, want one of %d", d, id)
		}
	}
	r.send(amqp.Flow{NextIncomingID: new(uint32(0)), IncomingWindow: 100, NextOutgoingID: 2, OutgoingWindow: 100, Handle: new(uint32(0)), Echo: true})
	if f := expect[amqp.Flow](r); *f.NextIncomingID != 2 || *f.DeliveryCount != 2 {
		t.Errorf("next-incoming-id %d, delivery-count %d", *f.NextIncomingID, *f.DeliveryCount)
	}
	if n, _ := s.Counts("q"); n.Active != 4 {
		t.Errorf("counts %+v", n)
	}
}

// manage writes a request to the management link with handle 1.
func (r *raw) manage(n uint32, operation string, body amqp.Map) {
	r.t.Helper()
	m := amqp.AppendSection(nil, amqp.SectionProperties, amqp.List{uint64(n), nil, nil, nil, "in"})
	m = amqp.AppendSection(m, amqp.SectionApplication, amqp.Map{{Key: "operation", Value: "com.microsoft:" + operation}})
	m = amqp.AppendSection(m, amqp.SectionValue, body)
	r.write(amqp.AppendFrame(nil, amqp.FrameAMQP, 0, amqp.Transfer{Handle: 1, DeliveryID: &n, DeliveryTag: []byte{1}, Settled: true}, m))
}

// managing attaches management links of an entity: 0 for answers, 1 for requests.
func (r *raw) managing(entity string) *raw {
	r.t.Helper()
	r.attachIn(entity + "/$management")
	r.send(amqp.Attach{Name: "ask", Handle: 1, Target: target(entity + "/$management"), InitialDeliveryCount: new(uint32(0))})
	expect[amqp.Attach](r)
	expect[amqp.Flow](r)
	r.grant(0, 100, 0, 20, false)
	return r
}

// request makes a management request and returns its answer.
func (r *raw) request(operation string, body amqp.Map) (status int32, answer amqp.Map) {
	r.t.Helper()
	r.manage(r.asked, operation, body)
	r.asked++
	_, reply := r.next()
	s, err := amqp.Cut(reply)
	if err != nil {
		r.t.Fatal(err)
	}
	application, err := amqp.SectionMap(s.Application)
	if err != nil {
		r.t.Fatal(err)
	}
	v, _ := amqp.BodyValue(s.Body)
	status, _ = application.Get("statusCode").(int32)
	answer, _ = v.(amqp.Map)
	return status, answer
}

func TestRequestsAreAnsweredThroughWindowsOfAnySize(t *testing.T) {
	due := amqp.AppendSection(nil, amqp.SectionAnnotations, amqp.Map{{
		Key: amqp.Symbol("x-opt-scheduled-enqueue-time"), Value: amqp.Timestamp(time.Now().Add(time.Hour).UnixMilli()),
	}})
	due = amqp.AppendSection(due, amqp.SectionData, []byte("x"))
	for _, size := range sizes {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			s := start(t, queues("q"))
			store(t, s, "q", 1, "x")
			r := dialRaw(t, s).open(amqp.Begin{IncomingWindow: size, OutgoingWindow: 100, HandleMax: 10})
			r.attachIn("q/$management")
			r.send(amqp.Attach{Name: "ask", Handle: 1, Target: target("q/$management"), InitialDeliveryCount: new(uint32(0))})
			expect[amqp.Attach](r)
			expect[amqp.Flow](r)
			r.grant(0, size, 0, max(size, 2), false)
			r.manage(0, "peek-message", amqp.Map{{Key: "from-sequence-number", Value: int64(0)}, {Key: "message-count", Value: int32(5)}})
			r.manage(1, "schedule-message", amqp.Map{{Key: "messages", Value: amqp.List{amqp.Map{{Key: "message", Value: due}}}}})
			want := min(2, int(size))
			if got := r.sent(0, size); len(got) != want {
				t.Errorf("%d answers, want %d", len(got), want)
			}
			if got := r.sent(uint32(want), 5); len(got) != 2-want {
				t.Errorf("%d answers after the window was opened again, want %d", len(got), 2-want)
			}
			if n, _ := s.Counts("q"); n.Active != 1 || n.Scheduled != 1 {
				t.Errorf("counts %+v", n)
			}
		})
	}
}
