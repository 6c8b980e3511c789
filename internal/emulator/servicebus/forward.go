package servicebus

import "fmt"

// maxHops is how often a message is forwarded before it is given up.
const maxHops = 4

// forward moves a message on from a queue; it keeps the number that it had at
// first as x-opt-enqueue-sequence-number. One that cannot go on lies in the
// queue's transfer dead-letter queue afterwards.
func (b *broker) forward(q *queue, m *message, to string, hops int) {
	target := b.find(to)
	if m.enqueuedSeq == 0 {
		m.enqueuedSeq = q.number(m)
	}
	m.seq = 0
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

// moveOn forwards what lies in a queue that has begun to forward. What is
// locked follows when it is given back.
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
	if m.enqueuedSeq == 0 {
		m.enqueuedSeq = m.seq
	}
	m.enqueued, m.state = q.b.now(), active
	o.transfer.keep(m)
	o.transfer.offer(m)
}
