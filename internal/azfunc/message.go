package azfunc

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"
)

// messageFields are the names of the Service Bus extension that are read
// (ServiceBusTriggerBindingStrategy.cs of azure-sdk-for-net). Older versions of
// it say Label, EnqueuedTime and UserProperties.
var messageFields = []string{
	"MessageId", "CorrelationId", "Subject", "Label", "ContentType", "ReplyTo", "SessionId", "PartitionKey",
	"DeadLetterSource", "SequenceNumber", "DeliveryCount", "EnqueuedTime", "EnqueuedTimeUtc", "ApplicationProperties", "UserProperties",
}

// A Message is one message of a Service Bus trigger. What the sender did not
// set, the host did not tell, or the body may have overwritten is zero: of a
// text body that is a JSON object, every member whose name is that of a
// property, in whatever case, makes that property unknown. Binary bodies
// cannot do that.
type Message struct {
	Body []byte

	ID, CorrelationID, Subject, ContentType string
	ReplyTo, SessionID, PartitionKey        string
	DeadLetterSource                        string

	SequenceNumber int64
	DeliveryCount  int // 1 on the first delivery

	EnqueuedAt time.Time // UTC, in whole seconds

	// Properties are the application properties: string, int64, float64, bool
	// and nil. Dates and GUIDs are strings, and so are integers that int64
	// cannot hold.
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
// what was sent: a body that the host took for text may have overwritten
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

// fill takes over the metadata; twice says that its values are encoded twice.
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

// property returns a property's value; of an object or array, which no sender
// can set, the JSON.
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
