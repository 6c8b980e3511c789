// Package message holds a broker message as it lies there, and answers what
// every reader of one needs first: whose framework sent it, of which type it
// is, which message it is over retries and re-sends, and what its body says.
//
// Everything in a message comes from outside. Any property may be missing,
// null or of an unexpected type, and a body may be compressed, binary or
// huge; the functions here bear all of it and never panic.
package message

import (
	"encoding/hex"
	"time"
)

// A State says how a message lies in its queue.
type State int

// The states of a message, numbered as on the wire (x-opt-message-state).
const (
	Active State = iota
	Deferred
	Scheduled
)

// A Message is what lies in one place of the broker. It was looked at, not
// taken: it cannot be settled.
type Message struct {
	// Entity is the path where it lies: "error", "billing/$DeadLetterQueue",
	// "orders/Subscriptions/invoicing/$DeadLetterQueue". For an event that a
	// trigger delivered it is the trigger's queue, or "".
	Entity string

	ID, CorrelationID, Subject, ContentType string
	ReplyTo, SessionID, PartitionKey        string

	// DeadLetterSource is the broker's own property: the entity a dead letter
	// was forwarded from. "" almost always.
	DeadLetterSource string

	SequenceNumber int64
	EnqueuedAt     time.Time // as [Moment] gives it

	// TimeToLive is 0 when the message does not expire. The largest value
	// that a header can say (4,294,967,295 ms) means the same and is 0 here.
	TimeToLive time.Duration

	// DeliveryCount counts earlier failed deliveries: 0 for a message that
	// was never delivered.
	DeliveryCount int

	State State

	// Properties are the application properties with their own types: string,
	// bool, int32, int64, float64, time.Time, []byte, UUID and others of the
	// wire. nil is an AMQP null, which is not the same as absent.
	Properties map[string]any

	// Body is the payload of the data section, nil where there is none. A
	// value body that is a string is its UTF-8 bytes.
	Body []byte

	// Unreadable says why the client library could not read the message at
	// all. Entity and SequenceNumber are then all that is known of it.
	Unreadable string
}

// A UUID is a property of the wire type uuid, in RFC 4122 order.
type UUID [16]byte

// Text returns a property that is a string. It is "" for one that is absent,
// null or of another type, so a caller may treat these alike.
func (m *Message) Text(property string) string {
	s, _ := m.Properties[property].(string)
	return s
}

// Has reports whether the property is there at all, be it null.
func (m *Message) Has(property string) bool {
	_, ok := m.Properties[property]
	return ok
}

// Size is the approximate size of a message in bytes.
func Size(m *Message) int {
	n := len(m.Body)
	for name, v := range m.Properties {
		n += len(name)
		switch v := v.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		default:
			n += 8
		}
	}
	return n
}

// String is the usual form with dashes.
func (u UUID) String() string {
	s := hex.EncodeToString(u[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
