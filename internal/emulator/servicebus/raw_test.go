package servicebus

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// A raw client writes whatever it likes.
type raw struct {
	t       testing.TB
	conn    net.Conn
	in      *bufio.Reader
	asked   uint32 // management requests
	channel uint16 // of the session that send writes to
}

func dialRaw(t testing.TB, s *Server) *raw {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &raw{t: t, conn: conn, in: bufio.NewReader(conn)}
}

// hello is what a client sends before its first session.
func hello() []byte {
	b := append([]byte(amqp.HeaderSASL), frame(amqp.FrameSASL, 0, amqp.SASLInit{Mechanism: "MSSBCBS"})...)
	b = append(b, amqp.HeaderAMQP...)
	return append(b, frame(amqp.FrameAMQP, 0, amqp.Open{ContainerID: "raw", MaxFrameSize: 4096, ChannelMax: 10})...)
}

func frame(kind byte, channel uint16, p amqp.Performative) []byte {
	return amqp.AppendFrame(nil, kind, channel, p, nil)
}

func (r *raw) write(b []byte) {
	r.t.Helper()
	if _, err := r.conn.Write(b); err != nil {
		r.t.Fatal(err)
	}
}

func (r *raw) send(p amqp.Performative) { r.t.Helper(); r.write(frame(amqp.FrameAMQP, r.channel, p)) }

// open shakes hands and begins a session on channel 0, with windows of 100
// unless told otherwise.
func (r *raw) open(begin ...amqp.Begin) *raw {
	r.t.Helper()
	r.write(hello())
	r.send(append(begin, amqp.Begin{IncomingWindow: 100, OutgoingWindow: 100, HandleMax: 10})[0])
	r.header(amqp.HeaderSASL)
	expect[amqp.SASLMechanisms](r)
	expect[amqp.SASLOutcome](r)
	r.header(amqp.HeaderAMQP)
	expect[amqp.Open](r)
	expect[amqp.Begin](r)
	return r
}

func (r *raw) header(want string) {
	r.t.Helper()
	got := make([]byte, 8)
	if _, err := io.ReadFull(r.in, got); err != nil || string(got) != want {
		r.t.Fatalf("header %q, %v", got, err)
	}
}

// next reads a performative, past empty frames.
func (r *raw) next() (amqp.Performative, []byte) {
	r.t.Helper()
	for {
		f, _, err := amqp.ReadFrame(r.in, nil, 1<<20)
		if err != nil {
			r.t.Fatalf("read: %v", err)
		}
		if len(f.Body) == 0 {
			continue
		}
		p, payload, err := amqp.ParseBody(f.Body)
		if err != nil {
			r.t.Fatal(err)
		}
		return p, payload
	}
}

// expect reads a performative of one kind.
func expect[T amqp.Performative](r *raw) T {
	r.t.Helper()
	p, _ := r.next()
	got, ok := p.(T)
	if !ok {
		r.t.Fatalf("got %+v, want a %T", p, got)
	}
	return got
}

// await reads a performative of one kind, past flows, which come when they
// like.
func await[T amqp.Performative](r *raw) T {
	r.t.Helper()
	for {
		p, _ := r.next()
		if got, ok := p.(T); ok {
			return got
		}
		if _, ok := p.(amqp.Flow); !ok {
			r.t.Fatalf("got %+v, want a %T", p, *new(T))
		}
	}
}

func source(address string) any {
	return amqp.Described{Descriptor: uint64(0x28), Value: amqp.List{address}}
}

func target(address string) any {
	return amqp.Described{Descriptor: uint64(0x29), Value: amqp.List{address}}
}

func TestDrainUsesUpTheCredit(t *testing.T) {
	s := start(t, queues("q"))
	store(t, s, "q", 2, "x")
	r := dialRaw(t, s).open()
	r.send(amqp.Attach{Name: "in", Receiver: true, RcvSettle: new(uint8(1)), Source: source("q"), Target: target("")})
	expect[amqp.Attach](r)
	r.send(amqp.Flow{NextIncomingID: new(uint32(0)), IncomingWindow: 100, OutgoingWindow: 100, Handle: new(uint32(0)), DeliveryCount: new(uint32(0)), LinkCredit: new(uint32(10)), Drain: true})
	for i := range 2 {
		if tr := expect[amqp.Transfer](r); *tr.DeliveryID != uint32(i) || len(tr.DeliveryTag) != 16 || tr.MessageFormat == nil || tr.Settled {
			t.Errorf("transfer %+v", tr)
		}
	}
	if f := expect[amqp.Flow](r); *f.DeliveryCount != 10 || *f.LinkCredit != 0 || !f.Drain || f.NextIncomingID == nil {
		t.Errorf("flow %+v", f)
	}
	r.send(amqp.Disposition{Receiver: true, First: 0, Last: new(uint32(1)), State: amqp.AcceptedState()})
	for range 2 {
		if d := expect[amqp.Disposition](r); !d.Settled || d.Receiver || amqp.ParseOutcome(d.State).Verdict != amqp.Accepted {
			t.Errorf("disposition %+v", d)
		}
	}
	if n, _ := s.Counts("q"); n != (Counts{}) {
		t.Errorf("counts %+v", n)
	}
}

func TestTheClientsWindowIsHonoured(t *testing.T) {
	s := start(t, queues("q"))
	store(t, s, "q", 10, string(make([]byte, 10_000))) // three frames of 4096 each
	r := dialRaw(t, s).open()
	r.send(amqp.Attach{Name: "in", Receiver: true, Source: source("q"), Target: target("")})
	expect[amqp.Attach](r)
	credit := func(next, window uint32) {
		r.send(amqp.Flow{NextIncomingID: &next, IncomingWindow: window, OutgoingWindow: 100, Handle: new(uint32(0)), DeliveryCount: new(uint32(0)), LinkCredit: new(uint32(100)), Echo: true})
	}
	credit(0, 4)
	frames := 0
	for flows := 0; flows < 2; {
		switch p, _ := r.next(); p.(type) {
		case amqp.Transfer:
			frames++
		case amqp.Flow:
			if flows++; flows == 1 {
				credit(0, 4) // the answer proves that the writer had its turn
			}
		}
	}
	if n, _ := s.Counts("q"); frames != 4 || n.Locked != 2 {
		t.Errorf("%d frames in a window of 4, %d messages taken", frames, n.Locked)
	}
	credit(4, 100)
	for frames < 30 {
		if p, _ := r.next(); p != nil {
			if _, ok := p.(amqp.Transfer); ok {
				frames++
			}
		}
	}
}

// deadLetterWith has a client dead-letter the only message of a queue, in one
// frame, with a reason of n bytes.
func deadLetterWith(t *testing.T, cfg Config, n int) (*raw, *Server) {
	t.Helper()
	s := start(t, cfg)
	store(t, s, "q", 1, "x")
	r := dialRaw(t, s).open()
	r.send(amqp.Attach{Name: "in", Receiver: true, RcvSettle: new(uint8(1)), Source: source("q"), Target: target("")})
	expect[amqp.Attach](r)
	r.send(amqp.Flow{NextIncomingID: new(uint32(0)), IncomingWindow: 100, OutgoingWindow: 100, Handle: new(uint32(0)), DeliveryCount: new(uint32(0)), LinkCredit: new(uint32(1))})
	expect[amqp.Transfer](r)
	info := amqp.Map{{Key: amqp.Symbol("DeadLetterReason"), Value: string(make([]byte, n))}, {Key: "p", Value: string(make([]byte, 32_000))}}
	r.send(amqp.Disposition{Receiver: true, First: 0, State: amqp.RejectedState(&amqp.Error{Condition: deadLetterCond, Info: info})})
	return r, s
}

func TestFramesLongerThanAgreedAreBorne(t *testing.T) {
	r, s := deadLetterWith(t, queues("q"), 30_000) // the client agreed to 4096 bytes a frame
	if d := expect[amqp.Disposition](r); !d.Settled || amqp.ParseOutcome(d.State).Verdict != amqp.Rejected || amqp.ParseOutcome(d.State).Error != nil {
		t.Errorf("disposition %+v", d)
	}
	if n, _ := s.Counts("q"); n.DeadLetter != 1 {
		t.Errorf("counts %+v", n)
	}
}

// What Azure answers is not known, so it is a switch.
func TestADispositionWithTooLongPropertiesIsRefusedEitherWay(t *testing.T) {
	r, s := deadLetterWith(t, queues("q"), 100_000)
	d := expect[amqp.Disposition](r)
	if o := amqp.ParseOutcome(d.State); !d.Settled || o.Error == nil || o.Error.Condition != amqp.MessageSizeExceeded {
		t.Errorf("disposition %+v", d)
	}
	if n, _ := s.Counts("q"); n.Locked != 1 || n.DeadLetter != 0 {
		t.Errorf("counts %+v", n)
	}
	cfg := queues("q")
	cfg.OversizeDetaches = true
	r, s = deadLetterWith(t, cfg, 100_000)
	if d := expect[amqp.Detach](r); d.Error == nil || d.Error.Condition != amqp.MessageSizeExceeded {
		t.Errorf("detach %+v", d)
	}
	if n, _ := s.Counts("q"); n.Locked != 1 || n.DeadLetter != 0 {
		t.Errorf("counts %+v", n)
	}
}

func TestSilenceIsBroken(t *testing.T) {
	s := start(t, queues("q"))
	r := dialRaw(t, s)
	b := append([]byte(amqp.HeaderAMQP), frame(amqp.FrameAMQP, 0, amqp.Open{ContainerID: "raw", IdleTimeout: 40})...)
	r.write(b)
	r.header(amqp.HeaderAMQP)
	expect[amqp.Open](r)
	f, _, err := amqp.ReadFrame(r.in, nil, 512)
	if err != nil || len(f.Body) != 0 {
		t.Errorf("frame %+v, %v", f, err)
	}
}
