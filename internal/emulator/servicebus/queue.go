package servicebus

import (
	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
	"github.com/busbell/busbell/internal/emulator/servicebus/atom"
	"github.com/busbell/busbell/internal/emulator/servicebus/rule"
)

// A queue holds messages: of a queue, a subscription, one of their dead-letter
// queues, or those of a topic that are not due yet. The broker's lock guards
// it.
type queue struct {
	Queue // settings; a dead-letter queue has its parent's lock duration only
	b     *broker
	path  string

	dead, transfer *queue           // nil in a dead-letter queue
	parent         *queue           // of a dead-letter queue
	parentTopic    *topic           // of a subscription
	topic          *topic           // whose scheduled messages these are
	rules          []*rule.Compiled // of a subscription

	all      sorted // every message
	ready    sorted // those that a receiver may take, unless they are in sessions
	sessions sessions
	locks    map[amqp.UUID]*lock
	row      numbers // given to messages; a dead-letter queue uses its parent's
	history  history // for duplicate detection

	listeners map[listener]int // who waits for messages, and how often
	gone      bool             // deleted
	used      int64            // by a client, last
	idle      *alarm           // looks whether it still is; nil without AutoDeleteOnIdle
	born      int64
	touched   int64
	asked     atom.Elements
}

// A listener wants to know that a queue changed. It must not block, nor call
// the broker.
type listener interface{ wake() }

func newQueue(b *broker, s Queue, path string) *queue {
	s = s.withDefaults()
	q := bareQueue(b, s, path)
	inner := Queue{Name: s.Name, LockDuration: s.LockDuration}.withDefaults()
	q.dead = bareQueue(b, inner, path+"/$DeadLetterQueue")
	q.transfer = bareQueue(b, inner, path+"/$Transfer/$DeadLetterQueue")
	q.dead.parent, q.transfer.parent = q, q
	return q
}

func bareQueue(b *broker, s Queue, path string) *queue {
	return &queue{
		Queue: s, b: b, path: path, locks: map[amqp.UUID]*lock{},
		listeners: map[listener]int{}, born: b.now(), touched: b.now(), used: b.now(),
	}
}

// owner is the queue whose settings count.
func (q *queue) owner() *queue {
	if q.parent != nil {
		return q.parent
	}
	return q
}

// number gives the next sequence number. Dead-letter queues share the row of
// their parent, because a message keeps its number when it moves there.
func (q *queue) number(m *message) int64 {
	o := q.owner()
	if o.EnablePartitioning {
		return o.row.partitioned(m.partitionKey())
	}
	return o.row.next(0)
}

// accept takes a message that has just arrived here.
func (q *queue) accept(m *message) {
	if m.seq == 0 { // otherwise a transaction has promised it
		m.seq = q.number(m)
	}
	if m.enqueuedSeq == 0 {
		m.enqueuedSeq = m.seq
	}
	m.enqueued = q.b.now()
	if q.RequiresSession && m.property(groupID) == "" { // it came by way of a topic or another queue
		q.deadLetter(m, "Session ID is null.", "Session enabled entity doesn't allow a message whose session identifier is null.")
		return
	}
	if m.due > m.enqueued {
		m.state = scheduled
		q.keep(m)
		m.expiry = q.b.set(m.due, func() { q.activate(m) })
		return
	}
	m.state = active
	q.limitLife(m)
	q.keep(m)
	q.offer(m)
}

// limitLife starts the message's time to live. One that is too long for the
// header's field is not in it, or is the longest that fits.
func (q *queue) limitLife(m *message) {
	m.limitLife(q.DefaultMessageTimeToLive.Milliseconds())
	switch {
	case m.life > 0 && m.life < noTTL:
		m.ttl = uint32(m.life)
	case q.b.cfg.KeepLongTTL && (m.life > 0 || m.ttl == noTTL):
		m.ttl = noTTL
	default:
		m.ttl = 0
	}
	if m.life > 0 {
		m.expiry = q.b.set(m.enqueued+m.life, func() { q.expire(m) })
	}
}

// expire ends a message's life. A locked message waits for its lock.
func (q *queue) expire(m *message) {
	m.expiry = nil
	switch {
	case m.lock != nil:
		m.expiry = q.b.set(m.lock.end()+1, func() { q.expire(m) })
	case q.DeadLetteringOnMessageExpiration:
		q.deadLetter(m, "TTLExpiredException", "The message expired and was dead lettered.")
	default:
		q.discard(m)
	}
}

// activate sends a scheduled message on its way, under a new number.
func (q *queue) activate(m *message) {
	q.discard(m)
	m.seq, m.due = 0, 0
	switch {
	case q.topic != nil:
		q.b.copyOut(q.topic, m, 0)
	case q.ForwardTo != "":
		q.b.forward(q, m, q.ForwardTo, 0)
	default:
		q.accept(m) // it was looked at for duplicates when it came
	}
}

// keep puts a message among those of the queue, and of its session.
func (q *queue) keep(m *message) {
	q.all.add(m)
	q.b.data.kept(q, m)
	if q.RequiresSession {
		m.session = q.sessions.session(m.property(groupID))
		m.session.all.add(m)
	}
}

// offer lets receivers take a message.
func (q *queue) offer(m *message) {
	if q.ForwardTo != "" {
		q.discard(m)
		q.b.forward(q, m, q.ForwardTo, 0)
		return
	}
	if m.session == nil {
		q.ready.add(m)
		q.wake()
		return
	}
	m.session.ready.add(m)
	if h := m.session.hold; h != nil {
		h.by.wake()
		return
	}
	q.sessions.update(m.session)
	q.wake()
}

// unready takes a message from those that a receiver may take.
func (q *queue) unready(m *message) {
	if m.session == nil {
		q.ready.remove(m)
		return
	}
	m.session.ready.remove(m)
	q.sessions.update(m.session)
}

func (q *queue) wake() {
	for l := range q.listeners {
		l.wake()
	}
}

// discard takes a message out of the queue, with its lock and alarm.
func (q *queue) discard(m *message) {
	q.b.cancel(m.expiry)
	m.expiry = nil
	q.unlock(m)
	q.unready(m)
	q.all.remove(m)
	q.b.data.gone(q, m)
	if s := m.session; s != nil {
		s.all.remove(m)
		m.session = nil
		q.sessions.update(s)
	}
}

// among is all messages of the queue, or of a session in it.
func (q *queue) among(session *string) *sorted {
	if session == nil {
		return &q.all
	}
	if ms := q.sessions.byID[*session]; ms != nil {
		return &ms.all
	}
	return new(sorted)
}

// peek yields the encoded messages of the queue, or of a session in it, from a
// number on, at most count and about limit bytes of them, but at least one, and
// of one partition only.
func (q *queue) peek(session *string, from int64, count, limit int) [][]byte {
	var out [][]byte
	var first int64
	for m := range q.among(session).from(from) {
		if len(out) == 0 {
			first = m.seq
		} else if len(out) >= count || limit < m.size() || partition(m.seq) != partition(first) {
			break
		}
		b := m.encode(make([]byte, 0, m.size()), nil, false)
		limit -= len(b)
		out = append(out, b)
	}
	return out
}

// cancelScheduled drops scheduled messages; false means that one is not there
// or no longer scheduled, and then none is dropped.
func (q *queue) cancelScheduled(numbers []int64) bool {
	var found []*message
	for _, seq := range numbers {
		m := q.all.get(seq)
		if m == nil || m.state != scheduled {
			return false
		}
		found = append(found, m)
	}
	for _, m := range found {
		q.discard(m)
	}
	return true
}
