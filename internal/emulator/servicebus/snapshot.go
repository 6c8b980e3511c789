package servicebus

import (
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// A Snapshot is what an entity holds at one moment. Its messages stand in the
// order of their sequence numbers; a topic has only those that are scheduled.
type Snapshot struct {
	Counts
	Messages []Message
}

// A Message is a message of a [Snapshot].
type Message struct {
	SequenceNumber int64
	State          string // "active", "scheduled" or "deferred"
	DeliveryCount  int    // deliveries that failed
	Locked         bool   // a receiver holds it

	Enqueued time.Time
	Due      time.Time // of a scheduled message; else zero
	Expires  time.Time // zero: never

	ID, SessionID, CorrelationID  string
	Subject, ContentType, ReplyTo string

	// Properties are the application properties, dead-letter reasons
	// included. Symbols are strings, timestamps are times, UUIDs are
	// [16]byte; everything else is as encoding and Go have it in common.
	Properties map[string]any

	// Body is the content of all data sections. It is nil for a message whose
	// body is a value or a sequence.
	Body []byte
}

// Snapshot returns what the entity at an address holds, such as "error",
// "error/$DeadLetterQueue" or "orders/Subscriptions/billing". It errs when
// there is none.
func (s *Server) Snapshot(entity string) (Snapshot, error) {
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	n := s.broker.find(entity)
	if !n.exists() {
		return Snapshot{}, notFound(entity)
	}
	q := n.store()
	out := Snapshot{Counts: q.count(), Messages: make([]Message, 0, q.all.len())}
	for m := range q.all.from(0) {
		out.Messages = append(out.Messages, m.shown())
	}
	return out, nil
}

func (m *message) shown() Message {
	out := Message{
		SequenceNumber: m.seq, State: [...]string{"active", "deferred", "scheduled"}[m.state],
		DeliveryCount: int(m.deliveries), Locked: m.lock != nil,
		Enqueued: time.UnixMilli(m.enqueued),
		ID:       m.property(messageID), SessionID: m.property(groupID), CorrelationID: m.property(correlationID),
		Subject: m.property(subject), ContentType: m.property(contentType), ReplyTo: m.property(replyTo),
		Properties: map[string]any{},
	}
	if m.state == scheduled {
		out.Due = time.UnixMilli(m.due)
	}
	if m.life > 0 && m.state != scheduled {
		out.Expires = time.UnixMilli(m.enqueued + m.life)
	}
	pairs, _ := amqp.SectionMap(m.application) // checked when it came
	for _, p := range pairs {
		if key, ok := p.Key.(string); ok {
			out.Properties[key] = simple(p.Value)
		}
	}
	sections, err := amqp.DataSections(m.body)
	if err != nil {
		return out
	}
	for _, b := range sections {
		out.Body = append(out.Body, b...)
	}
	return out
}

// simple is an AMQP value without the types of our codec.
func simple(v any) any {
	switch v := v.(type) {
	case amqp.Symbol:
		return string(v)
	case amqp.Timestamp:
		return time.UnixMilli(int64(v))
	case amqp.UUID:
		return [16]byte(v)
	case amqp.Char:
		return rune(v)
	}
	return v
}
