package azfunc

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"strconv"
	"time"
)

// A DataType is what function.json declares as the dataType of a Service Bus
// trigger. It tells whether a string that could be either is base64 or text.
type DataType int

const (
	// Binary bodies come as base64 of the exact bytes. Declare this one: the
	// others change bodies, and let them overwrite metadata.
	Binary DataType = iota
	// Text bodies come as they are; also with no dataType at all.
	Text
)

// A Message is one message of a Service Bus trigger. What the sender did not
// set, the host did not tell, or the body may have overwritten is zero: of a
// text body that is a JSON object, every member whose name is that of a
// property, in whatever case, makes that property unknown. Binary bodies
// cannot do that.
type Message struct {
	Body []byte

	ID, CorrelationID, Subject, ContentType string
	To, ReplyTo, SessionID, PartitionKey    string
	DeadLetterSource                        string

	SequenceNumber int64
	DeliveryCount  int // 1 on the first delivery

	EnqueuedAt time.Time // UTC, in whole seconds
	ExpiresAt  time.Time // likewise; year 9999 if it never does

	// Properties are the application properties: string, int64, float64, bool
	// and nil. Dates and GUIDs are strings, and so are integers that int64
	// cannot hold.
	Properties map[string]any

	// Retry is nil unless the function has a retry policy. A message that was
	// delivered again is told by DeliveryCount.
	Retry *RetryContext
}

func decodeMessages(b []byte, d DataType) ([]Message, error) {
	e, err := open(b)
	if err != nil {
		return nil, err
	}
	if batch, ok := e.batch(); ok {
		return e.messages(batch, d), nil
	}
	m := Message{Retry: e.one.retry()}
	body, exact := decodeBody(e.data, d)
	if !exact {
		e.one.distrust(body)
		m.Retry = e.one.retry()
	}
	m.Body = body
	m.fill(&e.one, true)
	return []Message{m}, nil
}

// decodeBody returns the body of the only message, and whether it is exactly
// what was sent: the host's text of a body may have overwritten metadata.
func decodeBody(raw []byte, d DataType) (body []byte, exact bool) {
	switch raw[0] {
	case 'n':
		return nil, false
	case '"':
	default:
		return bytes.Clone(raw), false
	}
	if d == Binary {
		if body, ok := decodeBase64(raw); ok {
			return body, true
		}
	}
	once := unquote(raw)
	if quoted(once) {
		return unquote(once), false
	}
	return once, false
}

// decodeBase64 returns the bytes that a JSON string holds as base64.
func decodeBase64(raw []byte) ([]byte, bool) {
	text := raw[1 : len(raw)-1]
	if bytes.IndexByte(text, '\\') >= 0 {
		text = unquote(raw)
	}
	body := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(body, text)
	return body[:n], err == nil
}

// fill takes over the metadata; twice says that its values are encoded twice.
func (m *Message) fill(from *metadata, twice bool) {
	at := func(f field) scalar { return scalar{from[f], twice} }
	m.ID = at(messageID).text()
	m.CorrelationID = at(correlationID).text()
	m.Subject = cmp.Or(at(subject).text(), at(label).text())
	m.ContentType = at(contentType).text()
	m.To = at(to).text()
	m.ReplyTo = at(replyTo).text()
	m.SessionID = at(sessionID).text()
	m.PartitionKey = at(partitionKey).text()
	m.DeadLetterSource = at(deadLetterSource).text()
	m.SequenceNumber = at(sequenceNumber).number()
	m.DeliveryCount = int(at(deliveryCount).number())
	m.EnqueuedAt = firstTime(at(enqueuedTime), at(enqueuedTimeUTC))
	m.ExpiresAt = firstTime(at(expiresAt), at(expiresAtUTC))
	m.Properties = properties(at(applicationProperties).object())
	if m.Properties == nil {
		m.Properties = properties(at(userProperties).object())
	}
}

func firstTime(a, b scalar) time.Time {
	if t := a.time(); !t.IsZero() {
		return t
	}
	return b.time()
}

// properties returns nil if raw is.
func properties(raw []byte) map[string]any {
	if raw == nil {
		return nil
	}
	p := make(map[string]any)
	s := scanner{b: raw}
	for key := range s.members() {
		p[string(unquoteKey(key))] = property(s.value())
	}
	return p
}

// property returns a property's value; of an object or array, which no sender
// can set, the JSON.
func property(raw []byte) any {
	switch raw[0] {
	case '"':
		return string(unquote(raw))
	case 't', 'f':
		return raw[0] == 't'
	case 'n':
		return nil
	case '{', '[':
		return string(raw)
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(string(raw), 64); err == nil && bytes.ContainsAny(raw, ".eE") {
		return f
	}
	return string(raw)
}
