package servicebus

import "fmt"

// Counts is how many messages an entity holds. Active includes those that are
// locked; a topic has scheduled ones only.
type Counts struct {
	Active, Locked, Scheduled, Deferred int
	DeadLetter, TransferDeadLetter      int
	Bytes                               int // about, without dead letters
}

// Counts counts the messages of the entity at an address, such as "error",
// "error/$DeadLetterQueue" or "orders/Subscriptions/billing". It errs when
// there is none.
func (s *Server) Counts(entity string) (Counts, error) {
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	n := s.broker.find(entity)
	if !n.exists() {
		return Counts{}, fmt.Errorf("no entity %q", entity)
	}
	return n.store().count(), nil
}

func (q *queue) count() Counts {
	var c Counts
	for m := range q.all.from(0) {
		c.Bytes += m.size()
		switch m.state {
		case active:
			c.Active++
		case scheduled:
			c.Scheduled++
		case deferred:
			c.Deferred++
		}
	}
	c.Locked = len(q.locks)
	if q.dead != nil {
		c.DeadLetter, c.TransferDeadLetter = q.dead.all.len(), q.transfer.all.len()
	}
	return c
}

// stores lists every queue there is, with subscriptions, dead-letter queues
// and what topics have scheduled.
func (b *broker) stores() []*queue {
	var all []*queue
	add := func(q *queue) { all = append(all, q, q.dead, q.transfer) }
	for _, q := range b.queues {
		add(q)
	}
	for _, t := range b.topics {
		add(t.scheduled)
		for _, q := range t.subs {
			add(q)
		}
	}
	return all
}
