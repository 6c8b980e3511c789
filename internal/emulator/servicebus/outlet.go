package servicebus

import (
	"encoding/binary"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// An outlet is a link on which the client receives: messages of a queue, or
// answers to requests.
type outlet struct {
	link
	asks    bool
	replyTo string         // the client's name for where answers go
	forGood bool           // messages leave the queue when they are sent
	waiting *waitingAttach // for a session; nil when it is attached
	hold    *hold          // nil without a session
	left    bool           // no longer of its queue

	credit  uint32
	count   uint64 // deliveries so far
	drain   bool   // the client wants its credit used or gone
	replies [][]byte
}

// listen makes the queue stir the connection when it changes.
func (out *outlet) listen() {
	b := out.ses.c.s.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	out.node.queue.listeners[out.ses.c]++
	out.node.queue.use()
}

// leave ends what attaching began, once.
func (out *outlet) leave() {
	if out.asks || out.left {
		return
	}
	out.left = true
	b := out.ses.c.s.broker
	if out.waiting != nil {
		out.stopWaiting()
	}
	if out.hold != nil {
		b.release(out.node.queue, out.hold)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	out.node.queue.use()
	l := out.node.queue.listeners
	if l[out.ses.c]--; l[out.ses.c] <= 0 {
		delete(l, out.ses.c)
	}
}

// end ends the link from our side.
func (out *outlet) end(err *amqp.Error) {
	if out.waiting != nil {
		out.refuse(err)
		return
	}
	out.ses.detachLink(&out.link, err)
	out.leave()
}

func (out *outlet) flow(p amqp.Flow) {
	if out.detached {
		return
	}
	if p.LinkCredit != nil {
		out.credit = remaining(*p.LinkCredit, p.DeliveryCount, out.count)
	}
	out.drain = p.Drain
	if p.Echo && !p.Drain && out.waiting == nil {
		out.tell()
	}
}

// tell sends the state of the link.
func (out *outlet) tell() {
	f := out.ses.state()
	f.Handle, f.DeliveryCount, f.LinkCredit, f.Drain = new(out.handle), new(uint32(out.count)), new(out.credit), out.drain
	out.ses.put(f)
}

// fill sends messages or answers while credit and windows allow.
func (out *outlet) fill() {
	if out.waiting != nil {
		out.tryAccept()
		return
	}
	if out.asks {
		for len(out.replies) > 0 && out.credit > 0 && out.ses.open() {
			out.send(out.replies[0], nil, true)
			out.replies[0] = nil
			out.replies = out.replies[1:]
		}
	} else if out.deliver() {
		return
	}
	if out.drain && (out.credit == 0 && len(out.ses.pending.frames) == 0 || out.ses.open()) {
		out.count += uint64(out.credit)
		out.credit = 0
		out.tell()
		out.drain = false
	}
}

// deliver sends messages, and reports whether the link is no more.
func (out *outlet) deliver() (over bool) {
	s := out.ses.c.s
	q := out.node.queue
	for out.credit > 0 && out.ses.open() {
		d, ok := s.broker.take(q, out.hold, out.forGood)
		if !ok {
			break
		}
		if !out.forGood {
			out.ses.unsettled[out.ses.nextDelivery] = unsettled{q, d.token, out}
		}
		out.send(d.encoded, d.tag, out.forGood)
	}
	if err := out.lost(); err != nil {
		out.end(err)
		return true
	}
	return false
}

// lost says why the link cannot stay: its queue is closed, or its session is
// no longer its own.
func (out *outlet) lost() *amqp.Error {
	b := out.ses.c.s.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	if out.hold != nil && out.hold.lost {
		return errSessionLockLost
	}
	return out.node.closed(true)
}

func (out *outlet) send(encoded, tag []byte, settled bool) {
	id := out.ses.nextDelivery
	out.ses.nextDelivery++
	out.credit--
	out.count++
	if tag == nil {
		tag = binary.BigEndian.AppendUint32(nil, id)
	}
	out.ses.send(&out.link, amqp.Transfer{
		Handle: out.handle, DeliveryID: new(id), DeliveryTag: tag, MessageFormat: new(uint32(0)), Settled: settled,
	}, encoded)
}
