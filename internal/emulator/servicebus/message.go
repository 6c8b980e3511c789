package servicebus

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// States of a message, as x-opt-message-state carries them.
const (
	active int32 = iota
	deferred
	scheduled
)

// A message is one message in one queue. What its sender encoded stays as it
// is; copies of a message share it, so it must not be changed in place. What is
// to outlive the process stands in record, too.
type message struct {
	seq         int64
	enqueuedSeq int64 // the number it had when it came
	enqueued    int64 // like all times: milliseconds since 1970
	due         int64 // scheduled for; 0 is at once
	hasDue      bool
	state       int32
	deliveries  uint32          // that failed
	lock        *lock           // nil when free
	session     *messageSession // nil in a queue without sessions
	expiry      *alarm          // nil when it lives for ever

	life        int64  // milliseconds to live; 0 is for ever
	ttl         uint32 // what its header says of that; 0 is nothing
	noteCount   uint32
	notes       []byte // the sender's message annotations: encoded pairs
	properties  []byte // sections
	application []byte
	body        []byte // body and footer
	extra       *extra // nil for most
}

// extra is what few messages have.
type extra struct {
	durable, priority any      // of the header, as they came
	firstAcquirer     any      // likewise
	delivery          amqp.Map // the sender's delivery annotations
	source            string   // where it was dead-lettered before it was forwarded
}

// rare returns a copy of the message's extra to write to: copies of a
// message share the old one.
func (m *message) rare() *extra {
	e := new(extra)
	if m.extra != nil {
		*e = *m.extra
	}
	m.extra = e
	return e
}

// limitLife ends a message's life after a time in milliseconds, if that is not
// 0 and its own is longer.
func (m *message) limitLife(limit int64) {
	if limit > 0 && (m.life == 0 || m.life > limit) {
		m.life = limit
	}
}

// copied returns a copy for another queue, where it has no number yet.
func (m *message) copied() *message {
	c := *m
	c.seq = 0
	return &c
}

// parse reads an encoded message as a sender sent it.
func parse(encoded []byte, giveID bool) (*message, error) {
	s, err := amqp.Cut(append([]byte{}, encoded...)) // alone: a batch must not live as long as its last message
	if err != nil {
		return nil, err
	}
	if n := len(s.Annotations) + len(s.Properties) + len(s.Application); n > maxProperties {
		return nil, overLimit("the properties of a message take", n, maxProperties)
	}
	m := &message{properties: s.Properties, application: s.Application, body: slices.Clip(s.Body)}
	if s.Footer != nil {
		m.body = append(m.body, s.Footer...)
	}
	if err := m.readHeader(s.Header); err != nil {
		return nil, err
	}
	if err := m.readDeliveryAnnotations(s.DeliveryAnnotations); err != nil {
		return nil, err
	}
	if err := m.readAnnotations(s.Annotations); err != nil {
		return nil, err
	}
	if err := m.readProperties(giveID); err != nil {
		return nil, err
	}
	return m, checkApplication(s.Application)
}

func (m *message) readHeader(section []byte) error {
	l, err := amqp.SectionList(section)
	if err != nil {
		return err
	}
	l = append(l, nil, nil, nil, nil)
	if l[0] != nil || l[1] != nil || l[3] != nil {
		e := m.rare()
		e.durable, e.priority, e.firstAcquirer = l[0], l[1], l[3]
	}
	if _, ok := l[0].(bool); l[0] != nil && !ok {
		return fmt.Errorf("header: durable is a %T", l[0])
	}
	if _, ok := l[1].(uint8); l[1] != nil && !ok {
		return fmt.Errorf("header: priority is a %T", l[1])
	}
	if _, ok := l[3].(bool); l[3] != nil && !ok {
		return fmt.Errorf("header: first-acquirer is a %T", l[3])
	}
	ttl, ok := l[2].(uint32)
	if l[2] != nil && !ok {
		return fmt.Errorf("header: ttl is a %T", l[2])
	}
	if m.ttl = ttl; ttl != noTTL {
		m.life = int64(ttl)
	}
	return nil
}

// readDeliveryAnnotations keeps the sender's, except for the one that is the
// broker's to give.
func (m *message) readDeliveryAnnotations(section []byte) error {
	notes, err := amqp.SectionMap(section)
	if err != nil {
		return err
	}
	notes = slices.DeleteFunc(notes, func(p amqp.Pair) bool { return p.Key == lockTokenNote })
	if len(notes) > 0 {
		m.rare().delivery = notes
	}
	return nil
}

// lockTokenNote is the delivery annotation with a deferred message's lock token.
const lockTokenNote amqp.Symbol = "x-opt-lock-token"

// readAnnotations keeps the sender's annotations, except for those that are
// the broker's to give.
func (m *message) readAnnotations(section []byte) error {
	notes, err := amqp.SectionMap(section)
	if err != nil {
		return err
	}
	for _, p := range notes {
		key, ok := p.Key.(amqp.Symbol)
		if !ok {
			return fmt.Errorf("message annotation with a key of %T", p.Key)
		}
		switch key {
		case "x-opt-sequence-number", "x-opt-enqueued-time", "x-opt-message-state", "x-opt-locked-until",
			"x-opt-enqueue-sequence-number", "x-opt-deadletter-source":
			continue
		case "x-opt-scheduled-enqueue-time":
			if at, ok := p.Value.(amqp.Timestamp); ok {
				m.due, m.hasDue = int64(at), true
			}
		}
		m.notes = amqp.Append(amqp.Append(m.notes, key), p.Value)
		m.noteCount++
	}
	return nil
}

// readProperties makes sure that there are properties, because clients read
// a message's header only then, and gives an id if asked.
func (m *message) readProperties(giveID bool) error {
	l, err := amqp.SectionList(m.properties)
	if err != nil {
		return err
	}
	missing := len(l) == 0 || l[0] == nil
	if missing && giveID {
		var id [16]byte
		_, _ = rand.Read(id[:]) // never fails
		if len(l) == 0 {
			l = amqp.List{nil}
		}
		l[0] = hex.EncodeToString(id[:])
		m.properties = amqp.AppendSection(nil, amqp.SectionProperties, l)
	}
	if m.properties == nil {
		m.properties = amqp.AppendSection(nil, amqp.SectionProperties, amqp.List{})
	}
	return nil
}

// property returns a property that is a string or symbol, by its place in the
// list.
func (m *message) property(i int) string {
	l, err := amqp.SectionList(m.properties)
	if err != nil || i >= len(l) {
		return ""
	}
	if s, ok := l[i].(amqp.Symbol); ok {
		return string(s)
	}
	s, _ := l[i].(string)
	return s
}

// Places of properties.
const (
	messageID     = 0
	subject       = 3
	replyTo       = 4
	correlationID = 5
	contentType   = 6
	groupID       = 10
)
