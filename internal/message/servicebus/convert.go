package servicebus

import (
	"fmt"
	"math"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/go-amqp"

	"github.com/busbell/busbell/internal/message"
)

// forever is the largest time to live that a header can say; senders write
// it for "none".
const forever = math.MaxUint32 * time.Millisecond

// convert takes over what a peeked message says. The copy shares the body's
// bytes and nothing else with the SDK.
func (s *Source) convert(m *azservicebus.ReceivedMessage) message.Message {
	raw := m.RawAMQPMessage
	out := message.Message{
		Entity: s.entity, ID: m.MessageID, CorrelationID: value(m.CorrelationID), Subject: value(m.Subject),
		ContentType: value(m.ContentType), ReplyTo: value(m.ReplyTo), SessionID: value(m.SessionID),
		PartitionKey: value(m.PartitionKey), DeadLetterSource: value(m.DeadLetterSource),
		SequenceNumber: value(m.SequenceNumber), EnqueuedAt: message.Moment(value(m.EnqueuedTime)),
		State: message.State(m.State), Properties: properties(m.ApplicationProperties), Body: body(m),
	}
	if m.TimeToLive != nil && *m.TimeToLive < forever {
		out.TimeToLive = *m.TimeToLive
	}
	if raw == nil {
		return out
	}
	if raw.Header != nil {
		out.DeliveryCount = int(raw.Header.DeliveryCount) // m.DeliveryCount is one more
	}
	if p := raw.Properties; p != nil {
		// The SDK leaves out ids that are no strings on the wire.
		out.ID = id(out.ID, p.MessageID)
		out.CorrelationID = id(out.CorrelationID, p.CorrelationID)
	}
	return out
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func id(have string, wire any) string {
	if have != "" || wire == nil {
		return have
	}
	switch v := wire.(type) {
	case string:
		return v
	case amqp.UUID:
		return v.String()
	case []byte:
		return fmt.Sprintf("%x", v)
	}
	return fmt.Sprint(wire)
}

func properties(from map[string]any) map[string]any {
	for key, v := range from {
		switch v := v.(type) {
		case amqp.UUID:
			from[key] = message.UUID(v)
		case amqp.Symbol:
			from[key] = string(v)
		case time.Time:
			from[key] = v.UTC()
		}
	}
	return from
}

// body is the data of all data sections, or a value body's text.
func body(m *azservicebus.ReceivedMessage) []byte {
	if m.Body != nil || m.RawAMQPMessage == nil {
		return m.Body
	}
	var data []byte
	for _, section := range m.RawAMQPMessage.Body.Data {
		data = append(data, section...)
	}
	switch v := m.RawAMQPMessage.Body.Value.(type) {
	case string:
		return []byte(v)
	case []byte:
		return v
	}
	return data
}
