package servicebus

import (
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// A lock keeps a message for the receiver that took it.
type lock struct {
	token amqp.UUID
	until int64
	ends  *alarm       // nil when it ends with a hold
	tx    *transaction // that settles it; nil without one
	hold  *hold        // on the message's session; nil without one
	m     *message
}

// end is when the lock runs out.
func (l *lock) end() int64 {
	if l.hold != nil {
		return l.hold.until
	}
	return l.until
}

// tag is the token as a delivery tag: in the byte order of a .NET GUID.
func (l *lock) tag() []byte {
	t := l.token
	return []byte{t[3], t[2], t[1], t[0], t[5], t[4], t[7], t[6], t[8], t[9], t[10], t[11], t[12], t[13], t[14], t[15]}
}

// lock locks a message, which must be free. One of a session is locked as long
// as its session.
func (q *queue) lock(m *message) *lock {
	l := &lock{m: m, until: q.b.now() + q.LockDuration.Milliseconds()}
	_, _ = rand.Read(l.token[:])                                        // never fails
	l.token[6], l.token[8] = l.token[6]&0x0f|0x40, l.token[8]&0x3f|0x80 // a random UUID
	if m.session != nil && m.session.hold != nil {
		l.hold = m.session.hold
		l.until = l.hold.until
		l.hold.locks[l.token] = l
	} else {
		l.ends = q.b.set(l.until, func() { q.giveBack(l.m, true) })
	}
	q.locks[l.token] = l
	m.lock = l
	q.unready(m)
	return l
}

// unlock frees a message, if it is locked, without offering it again.
func (q *queue) unlock(m *message) {
	if m.lock == nil {
		return
	}
	q.b.cancel(m.lock.ends)
	delete(q.locks, m.lock.token)
	if h := m.lock.hold; h != nil {
		delete(h.locks, m.lock.token)
	}
	m.lock = nil
}

// giveBack ends a lock without a result. Failed deliveries count, and too
// many of them make the message a dead letter.
func (q *queue) giveBack(m *message, failed bool) {
	q.unlock(m)
	if failed {
		m.deliveries++
		q.b.data.kept(q, m)
	}
	switch {
	case failed && q.parent == nil && int(m.deliveries) >= q.MaxDeliveryCount:
		q.deadLetter(m, "MaxDeliveryCountExceeded",
			fmt.Sprintf("Message could not be consumed after %d delivery attempts.", m.deliveries))
	case q.parent == nil && m.expiry != nil && m.enqueued+m.life <= q.b.now():
		q.b.cancel(m.expiry) // it outlived its time while it was locked
		q.expire(m)
	case m.state == active:
		q.offer(m)
	}
}

// A delivery is a message on its way to a receiver. Without a lock it is no
// longer in the queue.
type delivery struct {
	token   amqp.UUID
	tag     []byte
	encoded []byte
}

// take gives the next message to a receiver, of its session if it holds one:
// locked, or taken out for good.
func (b *broker) take(q *queue, h *hold, forGood bool) (delivery, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ready := &q.ready
	if h != nil {
		if h.lost {
			return delivery{}, false
		}
		ready = &h.session.ready
	}
	m := ready.first()
	if m == nil {
		return delivery{}, false
	}
	return q.hand(m, forGood, false), true
}

func (q *queue) hand(m *message, forGood, inReply bool) delivery {
	l := q.lock(m)
	d := delivery{token: l.token, tag: l.tag()}
	if forGood {
		d.encoded = m.encode(make([]byte, 0, m.size()), nil, false)
		q.discard(m)
		return d
	}
	d.encoded = m.encode(make([]byte, 0, m.size()), l, inReply)
	return d
}

// takeDeferred gives deferred messages by their numbers, all or none.
func (b *broker) takeDeferred(q *queue, numbers []int64, by listener, forGood bool) ([]delivery, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []*message
	for _, seq := range numbers {
		m := q.all.get(seq)
		if m == nil || m.state != deferred || m.lock != nil {
			return nil, amqp.Errorf(messageNotFound, "no deferred message with sequence number %d is free", seq)
		}
		if !m.heldBy(by) {
			return nil, errSessionLockLost
		}
		if slices.Contains(found, m) {
			return nil, amqp.Errorf(argumentError, "sequence number %d is asked for twice", seq)
		}
		found = append(found, m)
	}
	out := make([]delivery, len(found))
	for i, m := range found {
		out[i] = q.hand(m, forGood, true)
	}
	return out, nil
}

// A settlement is what a receiver wants to become of a locked message.
type settlement struct {
	verdict             verdict
	properties          amqp.Map // to modify
	reason, description string   // of deadLettered
}

// why is a dead letter's reason as properties; none if nothing was said.
func (s settlement) why() amqp.Map {
	if s.reason == "" && s.description == "" {
		return nil
	}
	return reasonProperties(s.reason, s.description)
}

type verdict int

const (
	completed verdict = iota
	abandoned
	released
	postponed // deferred
	deadLettered
)

var errLockLost = amqp.Errorf(messageLockLost,
	"The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.")

// locked finds the lock that a client names. In a queue with sessions it must
// be of a session that the client holds.
func (q *queue) locked(token amqp.UUID, by listener) (*lock, error) {
	l := q.locks[token]
	switch {
	case q.RequiresSession && (l == nil || !l.m.heldBy(by)):
		return nil, errSessionLockLost
	case l == nil:
		return nil, errLockLost
	}
	return l, nil
}

// settle ends a lock, or has the transaction end it.
func (b *broker) settle(in scope, q *queue, token amqp.UUID, by listener, s settlement) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, err := q.locked(token, by)
	if err != nil {
		return err
	}
	if l.tx != nil {
		return amqp.Errorf(amqp.NotAllowed, "message %d of %s is being settled in a transaction", l.m.seq, q.path)
	}
	if err := q.checkSettlement(l.m, s); err != nil {
		return err
	}
	if in.tx != nil {
		return b.enlist(in, 0, func() work { return q.settling(l, in.tx, s) })
	}
	q.carryOut(l.m, s)
	return nil
}

// checkSettlement says why a message cannot be settled in this way.
func (q *queue) checkSettlement(m *message, s settlement) error {
	if s.verdict == deadLettered && q.parent != nil {
		return amqp.Errorf(amqp.NotAllowed, "a message of %s is a dead letter already", q.path)
	}
	application, err := withProperties(m.application, s.properties)
	if err != nil {
		return asRefusal(err)
	}
	if s.verdict == deadLettered {
		if _, err := withProperties(application, s.why()); err != nil {
			return asRefusal(err)
		}
	}
	return nil
}

// carryOut settles a message, after checkSettlement.
func (q *queue) carryOut(m *message, s settlement) {
	m.application, _ = withProperties(m.application, s.properties) // it was checked
	switch s.verdict {
	case completed:
		q.discard(m)
	case abandoned:
		q.giveBack(m, true)
	case released:
		q.giveBack(m, q.b.cfg.ReleaseCounts)
	case postponed:
		m.state = deferred
		q.unlock(m)
		q.b.data.kept(q, m)
	case deadLettered:
		q.deadLetter(m, s.reason, s.description)
	}
}

// renew lengthens locks and returns when they end now, or lock lost.
func (b *broker) renew(q *queue, tokens []amqp.UUID) ([]amqp.Timestamp, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range tokens {
		switch l := q.locks[t]; {
		case l == nil:
			return nil, errLockLost
		case l.hold != nil:
			return nil, amqp.Errorf(amqp.NotAllowed, "a message of a session is locked with its session: renew the session's lock")
		}
	}
	out := make([]amqp.Timestamp, len(tokens))
	for i, t := range tokens {
		l := q.locks[t]
		l.until = b.now() + q.LockDuration.Milliseconds()
		b.move(l.ends, l.until)
		out[i] = amqp.Timestamp(l.until)
	}
	return out, nil
}
