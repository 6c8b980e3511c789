package servicebus

import (
	"reflect"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

func TestNothingIsSentOnALinkAfterItsDetach(t *testing.T) {
	for name, detach := range map[string]func(*Server, *raw){
		"by the client": func(_ *Server, r *raw) { r.send(amqp.Detach{Closed: true}) },
		"by the server": func(s *Server, _ *raw) { s.Disable("q", true) },
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, queues("q", "other"))
			store(t, s, "q", 2, string(make([]byte, 10_000))) // three frames each
			store(t, s, "other", 1, "x")
			r := dialRaw(t, s).open()
			r.attachIn("q")
			r.grant(0, 1, 0, 10, false)
			expect[amqp.Transfer](r)
			detach(s, r)
			expect[amqp.Detach](r)
			r.send(amqp.Attach{Name: "other", Handle: 1, Receiver: true, Source: source("other"), Target: target("")})
			expect[amqp.Attach](r)
			r.send(amqp.Flow{NextIncomingID: new(uint32(1)), IncomingWindow: 100, OutgoingWindow: 100, Handle: new(uint32(1)), DeliveryCount: new(uint32(0)), LinkCredit: new(uint32(10))})
			tr := expect[amqp.Transfer](r)
			if tr.Handle != 1 || tr.DeliveryID == nil || *tr.DeliveryID != 1 {
				t.Errorf("transfer %+v: delivery ids must follow each other", tr)
			}
			if got := r.sent(2, 100); len(got) != 0 {
				t.Errorf("%d transfers more", len(got))
			}
		})
	}
}

// Python's client writes no reply-to into its put-token; the answer is for the
// session's own link, however many other sessions have one.
func TestATokenWithoutReplyToIsAnsweredInItsSession(t *testing.T) {
	r := dialRaw(t, start(t, queues("q"))).open()
	for channel := range uint16(2) {
		r.channel = channel
		if channel > 0 {
			r.send(amqp.Begin{IncomingWindow: 100, OutgoingWindow: 100, HandleMax: 10})
			expect[amqp.Begin](r)
		}
		r.send(amqp.Attach{Name: "cbs-in", Receiver: true, Source: source("$cbs"), Target: target("$cbs")})
		expect[amqp.Attach](r)
		r.grant(0, 100, 0, 10, false)
		r.send(amqp.Attach{Name: "cbs-out", Handle: 1, Source: source("$cbs"), Target: target("$cbs"), InitialDeliveryCount: new(uint32(0))})
		expect[amqp.Attach](r)
		expect[amqp.Flow](r)
	}
	for channel := range uint16(2) {
		m := amqp.AppendSection(nil, amqp.SectionProperties, amqp.List{uint64(7)})
		m = amqp.AppendSection(m, amqp.SectionApplication, amqp.Map{{Key: "operation", Value: "put-token"}, {Key: "name", Value: "amqp://127.0.0.1/q"}})
		m = amqp.AppendSection(m, amqp.SectionValue, "token")
		r.write(amqp.AppendFrame(nil, amqp.FrameAMQP, channel, amqp.Transfer{Handle: 1, DeliveryID: new(uint32(0)), DeliveryTag: []byte{1}}, m))
		answered := false
		for range 2 { // the answer, and the delivery's outcome
			f, _, err := amqp.ReadFrame(r.in, nil, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			p, payload, err := amqp.ParseBody(f.Body)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := p.(amqp.Transfer); !ok {
				continue
			}
			answered = true
			s, _ := amqp.Cut(payload)
			properties, _ := amqp.SectionList(s.Properties)
			if f.Channel != channel || properties[5] != uint64(7) {
				t.Errorf("answer to %v on channel %d, want 7 on %d", properties[5], f.Channel, channel)
			}
		}
		if !answered {
			t.Errorf("no answer on channel %d", channel)
		}
	}
}

func TestFirstAcquirerAndDeliveryAnnotationsArrive(t *testing.T) {
	s := start(t, queues("q"))
	header := amqp.AppendSection(nil, amqp.SectionHeader, amqp.List{true, uint8(3), nil, true, nil})
	data := amqp.AppendSection(nil, amqp.SectionData, []byte("x"))
	notes := amqp.Map{{Key: amqp.Symbol("custom"), Value: "note"}, {Key: amqp.Symbol("x-opt-lock-token"), Value: amqp.UUID{1}}}
	message := append(append(header, data...), amqp.AppendSection(nil, amqp.SectionDeliveryAnnotations, notes)...) // where Python has them
	out := dialRaw(t, s).open()
	out.send(amqp.Attach{Name: "out", Target: target("q"), InitialDeliveryCount: new(uint32(0))})
	expect[amqp.Attach](out)
	expect[amqp.Flow](out)
	out.write(amqp.AppendFrame(nil, amqp.FrameAMQP, 0, amqp.Transfer{DeliveryID: new(uint32(0)), DeliveryTag: []byte{1}}, message))
	if d := expect[amqp.Disposition](out); amqp.ParseOutcome(d.State).Verdict != amqp.Accepted {
		t.Fatalf("disposition %+v", d)
	}
	in := dialRaw(t, s).open()
	in.attachIn("q")
	in.grant(0, 100, 0, 1, false)
	_, payload := in.next()
	got, err := amqp.Cut(payload)
	if err != nil {
		t.Fatal(err)
	}
	if h, _ := amqp.SectionList(got.Header); h[0] != true || h[1] != uint8(3) || h[3] != true || h[4] != uint32(0) {
		t.Errorf("header %v", h)
	}
	if n, _ := amqp.SectionMap(got.DeliveryAnnotations); !reflect.DeepEqual(n, notes[:1]) {
		t.Errorf("delivery annotations %v", n)
	}
	// A deferred message has its lock token there, beside the sender's own.
	in.send(amqp.Disposition{Receiver: true, First: 0, State: amqp.Described{Descriptor: uint64(0x27), Value: amqp.List{false, true}}})
	expect[amqp.Disposition](in)
	_, answer := dialRaw(t, s).open().managing("q").request("receive-by-sequence-number", amqp.Map{
		{Key: "sequence-numbers", Value: amqp.ArrayOf(int64(1))}, {Key: "receiver-settle-mode", Value: uint32(1)},
	})
	entry := answer.Get("messages").(amqp.List)[0].(amqp.Map)
	got, err = amqp.Cut(entry.Get("message").([]byte))
	if err != nil {
		t.Fatal(err)
	}
	n, _ := amqp.SectionMap(got.DeliveryAnnotations)
	if n.Get("custom") != "note" || n.Get("x-opt-lock-token") != entry.Get("lock-token") {
		t.Errorf("delivery annotations %v", n)
	}
}

// A sender of Go's client keeps its delivery annotations too.
func TestDeliveryAnnotationsOfTheSDKArrive(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	m := &azservicebus.AMQPAnnotatedMessage{
		DeliveryAnnotations: map[any]any{"custom": "note"},
		Body:                azservicebus.AMQPAnnotatedMessageBody{Data: [][]byte{[]byte("x")}},
	}
	if err := sender(t, c, "q").SendAMQPAnnotatedMessage(soon(t), m, nil); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, receiver(t, c, "q", nil), 1)[0].RawAMQPMessage.DeliveryAnnotations; got["custom"] != "note" {
		t.Errorf("delivery annotations %v", got)
	}
}
