package servicebus

import "time"

// Clients keep an entity by using it. One with AutoDeleteOnIdle is deleted when
// nobody has used it for that long, nobody is attached to it, and nothing in it
// waits for its time.

// use tells that a client does something with the entity, and with the topic
// of a subscription.
func (q *queue) use() {
	o := q.owner()
	o.used = o.b.now()
	if o.parentTopic != nil {
		o.parentTopic.scheduled.used = o.used
	}
}

// keepUntilIdle looks after AutoDeleteOnIdle. Its caller has set or changed it.
func (q *queue) keepUntilIdle(limit time.Duration, n node) {
	q.b.cancel(q.idle)
	if q.idle = nil; limit > 0 {
		q.idle = q.b.set(q.b.now()+limit.Milliseconds(), func() { q.checkIdle(limit, n) })
	}
}

func (q *queue) checkIdle(limit time.Duration, n node) {
	q.idle = nil
	if q.gone {
		return
	}
	at := q.used + limit.Milliseconds()
	if n.attached() || q.hasScheduled() {
		at = q.b.now() + limit.Milliseconds()
	}
	if at <= q.b.now() {
		q.b.remove(n)
		return
	}
	q.idle = q.b.set(at, func() { q.checkIdle(limit, n) })
}

// attached reports whether a client receives from the entity.
func (n node) attached() bool {
	if n.topic == nil {
		q := n.queue
		return len(q.listeners)+len(q.dead.listeners)+len(q.transfer.listeners) > 0
	}
	for _, q := range n.topic.subs {
		if (node{queue: q}).attached() {
			return true
		}
	}
	return false
}

func (q *queue) hasScheduled() bool {
	for m := range q.all.from(0) {
		if m.state == scheduled {
			return true
		}
	}
	return false
}
