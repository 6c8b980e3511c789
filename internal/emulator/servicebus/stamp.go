package servicebus

import (
	"slices"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// size is about how many bytes the message encodes to.
func (m *message) size() int {
	return len(m.notes) + len(m.properties) + len(m.application) + len(m.body) + 300
}

// encode appends the message as a receiver or, with no lock held, a peeker
// gets it. Inside a management reply it carries the lock's token.
func (m *message) encode(dst []byte, held *lock, inReply bool) []byte {
	var notes amqp.Map // of the delivery
	header := amqp.List{nil, nil, nil, nil, m.deliveries}
	if m.extra != nil {
		header[0], header[1], header[3] = m.extra.durable, m.extra.priority, m.extra.firstAcquirer
		notes = m.extra.delivery
	}
	if m.ttl > 0 {
		header[2] = m.ttl
	}
	dst = amqp.AppendSection(dst, amqp.SectionHeader, header)
	if held != nil && inReply {
		notes = append(slices.Clip(notes), amqp.Pair{Key: lockTokenNote, Value: held.token})
	}
	if len(notes) > 0 {
		dst = amqp.AppendSection(dst, amqp.SectionDeliveryAnnotations, notes)
	}
	var buf [256]byte
	count, stamps := m.stamps(buf[:0], held)
	dst = amqp.AppendMapSection(dst, amqp.SectionAnnotations, int(m.noteCount)+count, m.notes, stamps)
	dst = append(dst, m.properties...)
	dst = append(dst, m.application...)
	return append(dst, m.body...)
}

// stamps appends the broker's annotations as encoded pairs.
func (m *message) stamps(dst []byte, held *lock) (count int, pairs []byte) {
	stamp := func(key amqp.Symbol, v any) {
		dst = amqp.Append(amqp.Append(dst, key), v)
		count++
	}
	stamp("x-opt-sequence-number", m.seq)
	stamp("x-opt-enqueue-sequence-number", m.enqueuedSeq)
	stamp("x-opt-enqueued-time", amqp.Timestamp(m.enqueued))
	stamp("x-opt-message-state", m.state)
	if held != nil {
		stamp("x-opt-locked-until", amqp.Timestamp(held.until))
	}
	if m.extra != nil && m.extra.source != "" {
		stamp("x-opt-deadletter-source", m.extra.source)
	}
	return count, dst
}
