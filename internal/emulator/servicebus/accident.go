package servicebus

import (
	"slices"
	"time"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// An accident is the fault that a call meets. Its zero value is none.
type accident struct {
	control.Fault
	c      *connection
	entity string
}

// meet uses up the fault that a call meets. Its caller holds the connection's
// lock, and not the broker's.
func (c *connection) meet(method, entity string) accident {
	f, _ := c.s.Take(call{method, entity}.meets)
	return accident{f, c, entity}
}

// before plays what comes before the call is carried out. With an error it is
// not carried out; where the connection goes on, that is its answer.
func (a accident) before() *amqp.Error {
	switch a.Kind {
	case control.Delay:
		a.c.pause(a.Delay)
	case control.Drop:
		a.c.cut(a.Fault)
		return told(amqp.ConnectionForced, a.entity)
	case control.ConnectionForced:
		err := toldTo(a.Fault, amqp.ConnectionForced, a.entity)
		a.c.force(err)
		return err
	case control.DetachForced:
		return toldTo(a.Fault, amqp.DetachForced, a.entity)
	case control.ExpiredToken:
		return expired(a.entity)
	case control.Refuse:
		return toldTo(a.Fault, serverBusy, a.entity)
	}
	return nil
}

// answers plays what comes after the call was carried out, and reports
// whether the client gets to know.
func (a accident) answers() bool {
	switch a.Kind {
	case control.DropAfterAccept:
		a.c.cut(a.Fault)
		return false
	case control.DelayAfterAccept:
		a.c.pause(a.Delay)
	case control.LoseAnswer:
		return false
	}
	return true
}

// carry carries a call out. What it puts to the output is held back as the
// fault says.
func (a accident) carry(do func()) {
	mark := len(a.c.out)
	do()
	if a.Kind == "" {
		return
	}
	held := slices.Clone(a.c.out[mark:])
	a.c.out = a.c.out[:mark]
	if a.answers() {
		a.c.out = append(a.c.out, held...)
	}
}

// arrive takes a whole delivery, unless a fault stands in its way. A request
// meets its faults under the name of its operation.
func (in *intake) arrive(encoded []byte) {
	if in.asks {
		in.take(encoded)
		return
	}
	met := in.ses.c.meet(onSend, in.address)
	err := met.before()
	switch {
	case err == nil:
		met.carry(func() { in.take(encoded) })
	case met.Kind == control.DetachForced:
		in.ses.detachLink(&in.link, err)
	case !in.first.Settled:
		in.ses.put(amqp.Disposition{Receiver: true, First: *in.first.DeliveryID, Settled: true, State: amqp.RejectedState(err)})
	}
}

// settle takes a disposition, unless a fault stands in its way.
func (ses *session) settle(p amqp.Disposition) {
	address := ""
	u, known := ses.unsettled[p.First]
	if known && u.from != nil {
		address = u.from.address
	}
	met := ses.c.meet(onSettle, address)
	err := met.before()
	switch {
	case err == nil:
		met.carry(func() { ses.disposition(p) })
	case met.Kind == control.DetachForced && known:
		u.from.end(err)
	case !p.Settled:
		last := p.First
		if p.Last != nil {
			last = *p.Last
		}
		for _, id := range ses.between(p.First, last) {
			ses.answer(id, nil, err)
		}
	}
}

// pause waits, with the connection unlocked, until the server is closed at the
// latest.
func (c *connection) pause(d time.Duration) {
	c.mu.Unlock()
	defer c.mu.Lock()
	c.wake() // what was said before is sent before
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.s.closing:
	}
}

// cut closes the connection without a word to the client.
func (c *connection) cut(f control.Fault) {
	c.s.cfg.Log.Debug("connection cut by a fault", "fault", string(f.Kind), "method", f.Method)
	_ = c.conn.Close()
}

// force ends the connection from our side. Its caller holds its lock.
func (c *connection) force(err *amqp.Error) {
	if !c.ended {
		c.put(0, amqp.Close{Error: err})
		c.ended = true
	}
}
