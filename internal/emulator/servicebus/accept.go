package servicebus

import (
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

const (
	sessionFilter  = "com.microsoft:session-filter"
	lockedUntil    = "com.microsoft:locked-until-utc"
	acceptTimeout  = "com.microsoft:timeout"
	acceptPatience = time.Minute        // how long a receiver waits for a session if it does not say
	ticksOf1970    = 621355968000000000 // of .NET, which counts from the year 1
	ticksPerMilli  = 10000              // likewise
)

// A sessionWish is what the source of a receiver says about sessions.
type sessionWish struct {
	any bool    // it wants one
	id  *string // nil is whichever is free
	at  int     // in the filter
}

func wishedSession(filter amqp.Map) sessionWish {
	for i, p := range filter {
		if p.Key != amqp.Symbol(sessionFilter) {
			continue
		}
		v := p.Value
		if d, ok := v.(amqp.Described); ok {
			v = d.Value
		}
		w := sessionWish{any: true, at: i}
		if id, ok := v.(string); ok {
			w.id = &id
		}
		return w
	}
	return sessionWish{}
}

// A waitingAttach is answered when a session is free, or in the end refused.
type waitingAttach struct {
	reply   amqp.Attach
	at      int // of the session in the source's filter
	until   int64
	expires *alarm
}

// await makes a link wait for a session.
func (out *outlet) await(w sessionWish, p amqp.Attach, reply amqp.Attach) {
	b := out.ses.c.s.broker
	patience := acceptPatience
	if ms, ok := p.Properties.Get(acceptTimeout).(uint32); ok {
		patience = time.Duration(ms) * time.Millisecond
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	until := b.now() + patience.Milliseconds()
	out.waiting = &waitingAttach{reply: reply, at: w.at, until: until, expires: b.set(until, out.ses.c.wake)}
}

// tryAccept answers a waiting attach if there is a session for it by now.
func (out *outlet) tryAccept() {
	b := out.ses.c.s.broker
	h, err := b.accept(out.node.queue, nil, out.ses.c)
	switch {
	case err != nil:
		out.refuse(err)
	case h != nil:
		w := out.waiting
		out.stopWaiting()
		out.hold = h
		out.ses.put(accepted(w.reply, w.at, h))
	case b.passed(out.waiting.until):
		out.refuse(amqp.Errorf(timedOut, "No session of %s became available within the timeout.", out.node.path()))
	}
}

// refuse ends a link whose attach was waiting.
func (out *outlet) refuse(err *amqp.Error) {
	w := out.waiting
	out.stopWaiting()
	out.leave()
	w.reply.Source, w.reply.Target = nil, nil
	out.ses.put(w.reply)
	out.ses.detachLink(&out.link, err)
}

func (out *outlet) stopWaiting() {
	b := out.ses.c.s.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cancel(out.waiting.expires)
	out.waiting = nil
}

// accepted completes an attach with the session that was given. The client
// finds its id where it asked, in the form in which it asked.
func accepted(reply amqp.Attach, at int, h *hold) amqp.Attach {
	d := reply.Source.(amqp.Described)
	source := append(amqp.List{}, d.Value.(amqp.List)...)
	filter := append(amqp.Map{}, source[7].(amqp.Map)...)
	if was, ok := filter[at].Value.(amqp.Described); ok {
		filter[at].Value = amqp.Described{Descriptor: was.Descriptor, Value: h.session.id}
	} else {
		filter[at].Value = h.session.id
	}
	source[7] = filter
	reply.Source = amqp.Described{Descriptor: d.Descriptor, Value: source}
	reply.Properties = amqp.Map{{Key: amqp.Symbol(lockedUntil), Value: h.until*ticksPerMilli + ticksOf1970}}
	return reply
}

// passed reports whether a time is over.
func (b *broker) passed(at int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return at <= b.now()
}
