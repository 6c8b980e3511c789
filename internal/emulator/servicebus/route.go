package servicebus

import (
	"cmp"
	"fmt"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// maxHops is how often a message is forwarded before it is given up.
const maxHops = 4

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
		b.route(n, m, 0)
		numbers[i] = m.seq
	}
	return numbers, nil
}

func notFound(path string) *amqp.Error {
	return amqp.Errorf(amqp.NotFound, "the messaging entity %q could not be found", entityName(path))
}

func disabled(path string) *amqp.Error {
	return amqp.Errorf(entityDisabled, "the messaging entity %q is disabled", path)
}

// route brings a message to where it belongs: into the queue, on to where
// the queue forwards, or to each subscription of the topic.
func (b *broker) route(n node, m *message, hops int) {
	if t := n.topic; t != nil {
		b.publish(t, m, hops)
		return
	}
	q := n.queue
	if m.due <= b.now() && q.ForwardTo != "" {
		b.forward(q, m, q.ForwardTo, hops)
		return
	}
	if q.duplicate(q.RequiresDuplicateDetection, q.DuplicateDetectionHistoryTimeWindow, m) {
		return
	}
	q.accept(m)
}

func (b *broker) publish(t *topic, m *message, hops int) {
	if t.scheduled.duplicate(t.RequiresDuplicateDetection, t.DuplicateDetectionHistoryTimeWindow, m) {
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

// forward moves a message on from a queue. One that cannot go on lies in the
// queue's transfer dead-letter queue afterwards.
func (b *broker) forward(q *queue, m *message, to string, hops int) {
	target := b.find(to)
	m.seq, m.enqueuedSeq = 0, 0
	switch {
	case hops >= maxHops:
		q.strand(m, "MaxTransferHopCountExceeded",
			fmt.Sprintf("The maximum number of allowed hops when forwarding between queues has been exceeded. This value is set to %d.", maxHops))
	case !target.exists():
		q.strand(m, "TransferDestinationNotFound", fmt.Sprintf("The messaging entity %q could not be found.", to))
	case target.status().sendDisabled():
		q.strand(m, "TransferDestinationDisabled", fmt.Sprintf("The messaging entity %q is disabled.", to))
	default:
		b.route(target, m, hops+1)
	}
}

// moveOn forwards what lies in a queue that has begun to forward.
func (b *broker) moveOn(q *queue) {
	for q.ForwardTo != "" && q.ready.len() > 0 {
		m := q.ready.first()
		q.discard(m)
		b.forward(q, m, q.ForwardTo, 0)
	}
}

// strand puts a message that could not be forwarded where it can be found.
func (q *queue) strand(m *message, reason, description string) {
	o := q.owner()
	m.application = withReason(m.application, reason, description)
	m.seq = o.number(m)
	m.enqueuedSeq, m.enqueued = m.seq, q.b.now()
	m.state = active
	o.transfer.keep(m)
	o.transfer.offer(m)
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
