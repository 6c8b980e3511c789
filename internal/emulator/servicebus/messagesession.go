package servicebus

import (
	"container/list"
	"maps"
	"slices"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// A messageSession is all messages of a queue that share a session id, and the
// state that receivers keep for it. It exists while it has either, or while
// someone holds it. The broker's lock guards it.
type messageSession struct {
	id      string
	all     sorted
	ready   sorted // those that its holder may take
	state   []byte // nil is none
	changed int64  // when the state last was
	hold    *hold  // nil when free
	place   *list.Element
}

// sessions are those of a queue. The free ones that have messages to take wait
// in turn for a receiver that accepts any.
type sessions struct {
	byID    map[string]*messageSession
	waiting list.List
}

// A hold is a receiver's lock on a session and on the messages of it that it
// has taken, which have no locks of their own to renew.
type hold struct {
	session *messageSession
	by      listener
	until   int64
	ends    *alarm
	locks   map[amqp.UUID]*lock
	lost    bool
}

// errSessionLockLost tells a receiver that it does not hold the session any more.
var errSessionLockLost = amqp.Errorf(sessionLockLost,
	"The session lock has expired on the MessageSession. Accept a new MessageSession.")

// session is the one with an id, which is made if need be.
func (s *sessions) session(id string) *messageSession {
	found := s.byID[id]
	if found == nil {
		if s.byID == nil {
			s.byID = map[string]*messageSession{}
		}
		found = &messageSession{id: id}
		s.byID[id] = found
	}
	return found
}

// update puts a session where it belongs after a change: among those that
// wait for a receiver, or nowhere when nothing is left of it.
func (s *sessions) update(ms *messageSession) {
	waits := ms.hold == nil && ms.ready.len() > 0
	switch {
	case waits && ms.place == nil:
		ms.place = s.waiting.PushBack(ms)
	case !waits && ms.place != nil:
		s.waiting.Remove(ms.place)
		ms.place = nil
	}
	if ms.hold == nil && ms.state == nil && ms.all.len() == 0 {
		delete(s.byID, ms.id)
	}
}

// list gives the ids of the sessions whose state changed after a time, in
// order. The end of time stands for all that have active messages or a state.
func (s *sessions) list(after int64) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(s.byID)) {
		ms := s.byID[id]
		if after >= endOfTime && (ms.state != nil || ms.hasActive()) || after < endOfTime && ms.changed > after {
			ids = append(ids, id)
		}
	}
	return ids
}

// endOfTime is the last millisecond that .NET knows, in the year 9999.
const endOfTime = 253402300799999

func (ms *messageSession) hasActive() bool {
	for m := range ms.all.from(0) {
		if m.state == active {
			return true
		}
	}
	return false
}

// accept gives a receiver the session with an id, or the one that has waited
// longest if id is nil; then nil is returned when there is none.
func (b *broker) accept(q *queue, id *string, by listener) (*hold, *amqp.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := (node{queue: q}).closed(true); err != nil {
		return nil, err
	}
	var ms *messageSession
	if id != nil {
		ms = q.sessions.session(*id)
	} else if first := q.sessions.waiting.Front(); first != nil {
		ms = first.Value.(*messageSession)
	} else {
		return nil, nil
	}
	if ms.hold != nil {
		return nil, amqp.Errorf(sessionCannotBeLocked,
			"The requested session '%s' cannot be accepted. It may be locked by another receiver.", ms.id)
	}
	h := &hold{session: ms, by: by, until: b.now() + q.LockDuration.Milliseconds(), locks: map[amqp.UUID]*lock{}}
	h.ends = b.set(h.until, func() { q.endHold(h, true) })
	ms.hold = h
	q.sessions.update(ms)
	return h, nil
}

// release ends a hold because its receiver goes. That is no failure of the
// messages it had.
func (b *broker) release(q *queue, h *hold) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !h.lost {
		b.cancel(h.ends)
		q.endHold(h, false)
	}
}

// endHold frees a session. Deliveries that were not settled when its lock ran
// out count as failed.
func (q *queue) endHold(h *hold, failed bool) {
	h.lost = true
	for _, l := range h.locks {
		q.giveBack(l.m, failed)
	}
	h.session.hold = nil
	q.sessions.update(h.session)
	q.wake()
}

// held returns the hold that a client has on a session.
func (q *queue) held(id string, by listener) (*hold, error) {
	if ms := q.sessions.byID[id]; ms != nil && ms.hold != nil && ms.hold.by == by {
		return ms.hold, nil
	}
	return nil, errSessionLockLost
}

// heldBy reports whether a client may judge a message: in a queue with sessions
// only the one that holds the message's.
func (m *message) heldBy(by listener) bool {
	return m.session == nil || m.session.hold != nil && m.session.hold.by == by
}
