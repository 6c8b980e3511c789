package servicebus

import (
	"sync"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// Conditions for [Server.Refuse] and [Server.Detach].
const (
	ServerBusy     = string(serverBusy)
	EntityDisabled = string(entityDisabled)
	DetachForced   = string(amqp.DetachForced)
	Unauthorized   = "amqp:unauthorized-access"
)

// faults is what goes wrong on purpose.
type faults struct {
	mu       sync.Mutex
	refusals map[string]*refusal // by folded address; "" is every entity
	empty    map[string]int      // peeks still to be answered with nothing
	delay    time.Duration
}

type refusal struct {
	condition amqp.Symbol
	left      int // negative: for ever
}

// Refuse makes the next times attaches, sends and management requests on an
// entity fail with a condition, such as [ServerBusy]. A negative number is
// for ever, zero ends it. The entity "" means all, "$Resources" the lists of
// entities.
func (s *Server) Refuse(entity, condition string, times int) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	if times == 0 {
		delete(s.faults.refusals, fold(entity))
		return
	}
	if s.faults.refusals == nil {
		s.faults.refusals = map[string]*refusal{}
	}
	s.faults.refusals[fold(entity)] = &refusal{amqp.Symbol(condition), times}
}

// PeekEmpty makes the next times peeks of an entity find nothing, as an
// outage may. A negative number is for ever, zero ends it. The entity ""
// means all.
func (s *Server) PeekEmpty(entity string, times int) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	if s.faults.empty == nil {
		s.faults.empty = map[string]int{}
	}
	s.faults.empty[fold(entity)] = times
}

// Delay makes every message and request wait before it is handled.
func (s *Server) Delay(d time.Duration) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.delay = d
}

func (f *faults) refuse(path string) *amqp.Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range []string{fold(path), ""} {
		r := f.refusals[key]
		if r == nil {
			continue
		}
		if r.left--; r.left == 0 {
			delete(f.refusals, key)
		}
		return amqp.Errorf(r.condition, "the emulator was told to answer this for %s", path)
	}
	return nil
}

func (f *faults) peekIsEmpty(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range []string{fold(path), ""} {
		if n := f.empty[key]; n != 0 {
			f.empty[key] = n - 1
			return true
		}
	}
	return false
}

// wait is the delay; it ends early when the connection or server does.
func (f *faults) wait(done ...<-chan struct{}) {
	f.mu.Lock()
	d := f.delay
	f.mu.Unlock()
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-done[0]:
	case <-done[1]:
	}
}

// Disable makes an entity refuse senders and receivers, those attached
// included, or takes that back. Peeking goes on. It reports whether there is
// such an entity.
func (s *Server) Disable(entity string, disabled bool) bool {
	status := Active
	if disabled {
		status = Disabled
	}
	s.broker.mu.Lock()
	n := s.broker.find(entity)
	switch {
	case n.topic != nil:
		n.topic.Status = status
	case n.queue != nil:
		n.queue.owner().Status = status
	}
	s.broker.mu.Unlock()
	s.closeLinks()
	return n.exists()
}

// Detach ends all links of an entity with a condition, such as
// [DetachForced]; management links stay. The entity "" means all.
func (s *Server) Detach(entity, condition string) {
	for _, c := range s.connected() {
		c.mu.Lock()
		for _, ses := range c.sessions {
			ses.force(entity, condition)
		}
		c.mu.Unlock()
		c.wake()
	}
}

func (ses *session) force(entity, condition string) {
	if ses.ended {
		return
	}
	named := func(l *link) bool { return entity == "" || fold(l.address) == fold(entity) }
	err := amqp.Errorf(amqp.Symbol(condition), "the emulator was told to detach %s", entity)
	for _, in := range ses.intakes {
		if !in.asks && named(&in.link) {
			ses.detachLink(&in.link, err)
		}
	}
	for _, out := range ses.outlets {
		if !out.asks && named(&out.link) {
			out.end(err)
		}
	}
}

// ExpireLocks makes all locks of an entity, on messages and sessions, run out now. The entity "" means
// all. It returns how many there were.
func (s *Server) ExpireLocks(entity string) int {
	b := s.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	var ends []*alarm
	for _, q := range b.stores() {
		if entity != "" && fold(q.path) != fold(entity) {
			continue
		}
		for _, l := range q.locks {
			if l.hold == nil {
				ends = append(ends, l.ends)
			}
		}
		for _, ms := range q.sessions.byID {
			if ms.hold != nil {
				ends = append(ends, ms.hold.ends)
			}
		}
	}
	for _, al := range ends {
		b.cancel(al)
		al.ring()
	}
	return len(ends)
}

// DropConnections cuts all AMQP connections without a word.
func (s *Server) DropConnections() {
	for _, c := range s.connected() {
		_ = c.conn.Close()
	}
}
