package azfunc

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"
)

// messageFields are the metadata names of the Service Bus extension that are
// read (ServiceBusTriggerBindingStrategy.cs of azure-sdk-for-net). Older versions
// use Label, EnqueuedTime and UserProperties.
var messageFields = []string{
	"MessageId", "CorrelationId", "Subject", "Label", "ContentType", "ReplyTo", "SessionId", "PartitionKey",
	"DeadLetterSource", "SequenceNumber", "DeliveryCount", "EnqueuedTime", "EnqueuedTimeUtc", "ApplicationProperties", "UserProperties",
}

// A Message is one message of a Service Bus trigger. A field is zero if the
// sender did not set it, the host did not send it, or the body may have
// overwritten it. A text body that is a JSON object overwrites each property that
// has the name of a member, ignoring case; a binary body overwrites none.
type Message struct {
	Body []byte

	ID, CorrelationID, Subject, ContentType string
	ReplyTo, SessionID, PartitionKey        string
	DeadLetterSource                        string

	SequenceNumber int64
	DeliveryCount  int // 1 on the first delivery

	EnqueuedAt time.Time // UTC, in whole seconds

	// Properties are the application properties: string, int64, float64, bool
	// and nil. Dates, GUIDs, and integers beyond int64 are strings.
	Properties map[string]any
}

func decodeMessages(b []byte) ([]Message, error) {
	e, err := open(b)
	if err != nil {
		return nil, err
	}
	if batch, ok := e.batch(); ok {
		return e.messages(batch), nil
	}
	var m Message
	var exact bool
	if m.Body, exact = decodeBody(e.data); !exact {
		e.dropOverridden(m.Body)
	}
	m.fill(e.metadata, true)
	return []Message{m}, nil
}

// decodeBody returns the body of the only message, and whether it is exactly
// what was sent: a body that the host decoded as text may have overwritten
// metadata.
func decodeBody(raw json.RawMessage) (body []byte, exact bool) {
	switch raw[0] {
	case 'n':
		return nil, false
	case '"':
	default:
		return raw, false
	}
	if body, ok := decodeBase64(raw); ok {
		return body, true
	}
	once := unquote(raw)
	if quoted(once) {
		return []byte(unquote([]byte(once))), false
	}
	return []byte(once), false
}

// decodeBase64 returns the bytes that a JSON string holds as base64.
func decodeBase64(raw json.RawMessage) ([]byte, bool) {
	body, err := base64.StdEncoding.DecodeString(unquote(raw))
	return body, err == nil
}

// fill sets the fields from the metadata. twice means that its values are encoded twice.
func (m *Message) fill(metadata object, twice bool) {
	at := func(name string) scalar { return scalar{metadata[name], twice} }
	m.ID = at("MessageId").text()
	m.CorrelationID = at("CorrelationId").text()
	m.Subject = cmp.Or(at("Subject").text(), at("Label").text())
	m.ContentType = at("ContentType").text()
	m.ReplyTo = at("ReplyTo").text()
	m.SessionID = at("SessionId").text()
	m.PartitionKey = at("PartitionKey").text()
	m.DeadLetterSource = at("DeadLetterSource").text()
	m.SequenceNumber = at("SequenceNumber").number()
	m.DeliveryCount = int(at("DeliveryCount").number())
	if m.EnqueuedAt = at("EnqueuedTime").time(); m.EnqueuedAt.IsZero() {
		m.EnqueuedAt = at("EnqueuedTimeUtc").time()
	}
	if m.Properties = properties(at("ApplicationProperties").object()); m.Properties == nil {
		m.Properties = properties(at("UserProperties").object())
	}
}

// properties returns nil if o is.
func properties(o object) map[string]any {
	if o == nil {
		return nil
	}
	p := make(map[string]any, len(o))
	for key, raw := range o {
		p[key] = property(raw)
	}
	return p
}

// property returns a property's value. For an object or array, which no sender
// can set, it returns the JSON.
func property(raw json.RawMessage) any {
	switch raw[0] {
	case '"':
		return unquote(raw)
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
