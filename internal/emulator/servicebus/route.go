package servicebus

import (
	"cmp"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// serverBusy and the others are conditions of the service's own.
const (
	serverBusy            amqp.Symbol = "com.microsoft:server-busy"
	entityDisabled        amqp.Symbol = "com.microsoft:entity-disabled"
	messageLockLost       amqp.Symbol = "com.microsoft:message-lock-lost"
	sessionLockLost       amqp.Symbol = "com.microsoft:session-lock-lost"
	sessionCannotBeLocked amqp.Symbol = "com.microsoft:session-cannot-be-locked"
	timedOut              amqp.Symbol = "com.microsoft:timeout"
	messageNotFound       amqp.Symbol = "com.microsoft:message-not-found"
	deadLetterCond        amqp.Symbol = "com.microsoft:dead-letter"
	argumentError         amqp.Symbol = "com.microsoft:argument-error"
)

// send takes messages from a sender, all or none, or has the transaction take
// them. It returns the numbers they got; those that went further than the node
// itself have none (0).
func (b *broker) send(in scope, n node, messages []*message) ([]int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := cmp.Or(n.closed(false), n.maySend()); err != nil {
		return nil, err
	}
	n.store().use()
	for _, m := range messages {
		if n.queue != nil && n.queue.RequiresSession && m.property(groupID) == "" {
			return nil, amqp.Errorf(amqp.NotAllowed, "The SessionId was not set on a message, and it cannot be sent to the entity. "+
				"Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.")
		}
	}
	numbers := make([]int64, len(messages))
	if in.tx != nil {
		err := b.enlist(in, len(messages), func() work { return b.sending(in, n, messages) })
		for i, m := range messages {
			if err == nil && m.due > b.now() {
				m.seq = n.store().number(m)
				numbers[i] = m.seq
			}
		}
		return numbers, err
	}
	for i, m := range messages {
		due := m.due > b.now()
		b.route(n, m, 0)
		if numbers[i] = m.seq; due && m.seq == 0 {
			numbers[i] = n.store().number(m) // of a duplicate: it names no message
		}
	}
	return numbers, nil
}

func notFound(path string) *amqp.Error {
	return amqp.Errorf(amqp.NotFound, "The messaging entity '%s' could not be found."+moreInfo, entityName(path))
}

func disabled(path string) *amqp.Error {
	return amqp.Errorf(entityDisabled, "Messaging entity '%s' is currently disabled."+moreInfo, path)
}

// route brings a message to where it belongs: into the queue, on to where
// the queue forwards, or to each subscription of the topic.
func (b *broker) route(n node, m *message, hops int) {
	if t := n.topic; t != nil {
		b.publish(t, m, hops)
		return
	}
	q := n.queue
	if q.RequiresDuplicateDetection && b.duplicate(&q.history, q.path, m.identity(q.EnablePartitioning), q.DuplicateDetectionHistoryTimeWindow) {
		return
	}
	if m.due <= b.now() && q.ForwardTo != "" {
		b.forward(q, m, q.ForwardTo, hops)
		return
	}
	q.accept(m)
}

func (b *broker) publish(t *topic, m *message, hops int) {
	if t.RequiresDuplicateDetection && b.duplicate(&t.history, t.Name, m.identity(t.EnablePartitioning), t.DuplicateDetectionHistoryTimeWindow) {
		return
	}
	if m.due > b.now() {
		t.scheduled.accept(m)
		return
	}
	b.copyOut(t, m, hops)
}

// copyOut gives each subscription of a topic its copy.
func (b *broker) copyOut(t *topic, m *message, hops int) {
	m.limitLife(t.DefaultMessageTimeToLive.Milliseconds())
	if m.enqueuedSeq == 0 {
		m.enqueuedSeq = t.scheduled.number(m)
	}
	f := &facts{m: m}
	for _, sub := range t.subs {
		if sub.Status.sendDisabled() {
			continue
		}
		copies, err := sub.copies(f)
		if err != nil {
			sub.deadLetterUntaken(m, err)
		}
		for _, c := range copies {
			b.route(node{queue: sub}, c, hops)
		}
	}
}

// deadLetter moves a message to the dead-letter queue, under its number, or
// on to where dead letters are forwarded, under a new one.
func (q *queue) deadLetter(m *message, reason, description string) {
	q.discard(m)
	if reason != "" || description != "" {
		m.application = withReason(m.application, reason, description)
	}
	m.state = active
	if q.ForwardDeadLetteredMessagesTo != "" {
		m.rare().source = q.path
		m.deliveries = 0
		q.b.forward(q, m, q.ForwardDeadLetteredMessagesTo, 0)
		return
	}
	q.dead.keep(m)
	q.dead.offer(m)
}

// withReason adds why a message is a dead letter. What cannot take the
// properties stays without them.
func withReason(application []byte, reason, description string) []byte {
	out, err := withProperties(application, reasonProperties(reason, description))
	if err != nil {
		return application
	}
	return out
}

func reasonProperties(reason, description string) amqp.Map {
	return amqp.Map{{Key: "DeadLetterReason", Value: reason}, {Key: "DeadLetterErrorDescription", Value: description}}
}
