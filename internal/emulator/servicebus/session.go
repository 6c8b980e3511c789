package servicebus

import (
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

const (
	window    = 5000 // transfer frames a client may send before we answer
	handleMax = 1023 // links of one session
)

// A session carries links. The connection's lock guards it.
type session struct {
	c       *connection
	channel uint16
	ended   bool

	nextIncoming uint32  // number of the client's next transfer frame
	left         uint32  // of our window
	outgoing     uint64  // transfer frames that we sent
	theirWindow  uint32  // transfer frames that we may send
	pending      pending // of a delivery, transfer frames that wait for the window
	wait         wait

	intakes map[uint32]*intake // by handle; the handle is the same in both directions
	outlets map[uint32]*outlet

	coordinated bool // transactions are declared here
	via         node // the first entity that was attached after the coordinator

	nextDelivery uint32
	unsettled    map[uint32]unsettled // by delivery id
}

// An unsettled delivery is what a receiver still has to judge.
type unsettled struct {
	queue *queue
	token amqp.UUID
	from  *outlet
}

func newSession(c *connection, channel uint16, p amqp.Begin) *session {
	return &session{
		c: c, channel: channel, nextIncoming: p.NextOutgoingID, left: window, theirWindow: p.IncomingWindow,
		intakes: map[uint32]*intake{}, outlets: map[uint32]*outlet{}, unsettled: map[uint32]unsettled{},
	}
}

func (ses *session) put(p amqp.Performative) {
	if !ses.ended {
		ses.c.put(ses.channel, p)
	}
}

// end forgets the links. Locks that they held run out by themselves.
func (ses *session) end() {
	ses.ended = true
	for _, out := range ses.outlets {
		out.leave()
	}
	for _, in := range ses.intakes {
		in.abandon()
	}
	ses.intakes, ses.outlets, ses.unsettled, ses.pending = nil, nil, nil, pending{}
}

// act handles a performative; an error ends the session.
func (ses *session) act(p amqp.Performative, payload []byte) *amqp.Error {
	switch p := p.(type) {
	case amqp.Attach:
		return ses.attach(p)
	case amqp.Flow:
		return ses.flow(p)
	case amqp.Transfer:
		return ses.transfer(p, payload)
	case amqp.Disposition:
		ses.settle(p)
	case amqp.Detach:
		return ses.detach(p)
	}
	return nil
}

func (ses *session) transfer(p amqp.Transfer, payload []byte) *amqp.Error {
	if ses.left == 0 {
		return amqp.Errorf(amqp.WindowViolation, "more than %d transfers", window)
	}
	ses.nextIncoming++
	if ses.left--; ses.left < window/2 {
		ses.left = window
		ses.put(ses.state())
	}
	in := ses.intakes[p.Handle]
	switch {
	case in != nil && !in.detached:
		in.transfer(p, payload)
	case in == nil:
		return amqp.Errorf(amqp.UnattachedHandle, "transfer on handle %d", p.Handle)
	}
	return nil
}

// state is a flow that says how far the session is.
func (ses *session) state() amqp.Flow {
	return amqp.Flow{
		NextIncomingID: new(ses.nextIncoming), IncomingWindow: ses.left,
		NextOutgoingID: uint32(ses.outgoing), OutgoingWindow: window,
	}
}

func (ses *session) flow(p amqp.Flow) *amqp.Error {
	ses.theirWindow = remaining(p.IncomingWindow, p.NextIncomingID, ses.outgoing)
	if p.Handle == nil {
		if p.Echo {
			ses.put(ses.state())
		}
		return nil
	}
	if out := ses.outlets[*p.Handle]; out != nil {
		out.flow(p)
		return nil
	}
	in := ses.intakes[*p.Handle]
	switch {
	case in == nil:
		return amqp.Errorf(amqp.UnattachedHandle, "flow on handle %d", *p.Handle)
	case p.Echo && !in.detached:
		in.grant(in.credit)
	}
	return nil
}

// remaining is how much of a grant is left for us. The client had counted up
// to seen when it wrote the grant; what we sent since then counts against it.
// Serial numbers wrap and grants reach 2³²-1, so sent is counted in 64 bits.
// A client that names no number has seen nothing: our counts start at 0.
func remaining(grant uint32, seen *uint32, sent uint64) uint32 {
	if seen == nil {
		seen = new(uint32)
	}
	underWay := uint64(uint32(sent) - *seen)
	if underWay > sent { // it claims to have seen what was never sent
		underWay = 0
	}
	return uint32(max(int64(grant)-int64(underWay), 0))
}

// open reports whether another delivery may be begun.
func (ses *session) open() bool {
	return len(ses.pending.frames) == 0 && ses.theirWindow > 0 && len(ses.c.out) < outputBound
}

// fill sends what is due on all links.
func (ses *session) fill() {
	ses.flush()
	for _, out := range ses.outlets {
		if !out.detached {
			out.fill()
		}
	}
	for _, in := range ses.intakes {
		if !in.detached {
			in.replenish()
		}
	}
	ses.logWait(time.Now())
}

// detachLink ends a link from our side; the handle is free when the client has
// answered.
func (ses *session) detachLink(l *link, err *amqp.Error) {
	if l.detached {
		return
	}
	l.detached = true
	ses.withdraw(l)
	ses.put(amqp.Detach{Handle: l.handle, Closed: true, Error: err})
}

func (ses *session) detach(p amqp.Detach) *amqp.Error {
	var l *link
	if in := ses.intakes[p.Handle]; in != nil {
		l = &in.link
		in.abandon()
		delete(ses.intakes, p.Handle)
	} else if out := ses.outlets[p.Handle]; out != nil {
		l = &out.link
		out.end(nil)
		delete(ses.outlets, p.Handle)
		for id, u := range ses.unsettled {
			if u.from == out {
				delete(ses.unsettled, id)
			}
		}
	} else {
		return amqp.Errorf(amqp.UnattachedHandle, "detach of handle %d", p.Handle)
	}
	ses.detachLink(l, nil)
	return nil
}
