package functions

import (
	"bytes"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// A busMessage is what the host tells a function about a Service Bus message.
// Texts that are nil were not set by the sender.
type busMessage struct {
	body       []byte // of an AMQP data section
	value      *string
	notBytes   bool // the body is an AMQP value or sequence
	deliveries uint32
	sequence   int64
	lockToken  string
	enqueued   time.Time
	expires    time.Time // zero: never

	id, contentType, replyTo, to, subject, correlation, source *string
	session, replySession, partition                           *string

	properties object
}

// fromSDK picks the facts out of a received message. The SDK keeps
// application properties in a map, so they come in the order of their names.
func fromSDK(m *azservicebus.ReceivedMessage) busMessage {
	b := busMessage{
		deliveries: m.DeliveryCount, lockToken: guid(m.LockToken),
		contentType: m.ContentType, replyTo: m.ReplyTo, to: m.To, subject: m.Subject,
		correlation: m.CorrelationID, source: m.DeadLetterSource,
		session: m.SessionID, replySession: m.ReplyToSessionID, partition: m.PartitionKey,
	}
	if m.MessageID != "" {
		b.id = &m.MessageID
	}
	if m.SequenceNumber != nil {
		b.sequence = *m.SequenceNumber
	}
	if m.EnqueuedTime != nil {
		b.enqueued = *m.EnqueuedTime
	}
	if m.TimeToLive != nil && *m.TimeToLive > 0 && m.ExpiresAt != nil {
		b.expires = *m.ExpiresAt
	}
	if raw := m.RawAMQPMessage; raw != nil {
		b.body = bytes.Join(raw.Body.Data, nil)
		b.notBytes = raw.Body.Value != nil || raw.Body.Sequence != nil
		if s, ok := raw.Body.Value.(string); ok {
			b.value = &s
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.ApplicationProperties)) {
		b.properties.add(name, property(m.ApplicationProperties[name]))
	}
	return b
}

var errNotBound = errors.New("exception binding parameter: the AMQP value or sequence in the body cannot be bound")

// envelope is the body of the invocation for this message. A message whose
// body cannot be bound never reaches the handler: it fails the invocation.
func (m busMessage) envelope(binding string, binary bool, client []byte, s stamp) ([]byte, error) {
	metadata := m.metadata(client)
	metadata.add("sys", s.json())
	switch {
	case binary && m.notBytes, m.notBytes && m.value == nil:
		return nil, errNotBound
	case binary:
		return envelope(binding, quoted(base64.StdEncoding.EncodeToString(m.body)), metadata), nil
	}
	body := lenient(m.body)
	if m.value != nil {
		body = *m.value
	}
	leak(body, &metadata)
	return envelope(binding, text(quoted(body)), metadata), nil
}

// lenient decodes UTF-8 the way .NET does: each bad byte becomes U+FFFD.
func lenient(b []byte) string { return string([]rune(string(b))) }

// metadata lists what the host tells beside the body, in its order.
func (m busMessage) metadata(client []byte) object {
	var o object
	for _, name := range []string{"MessageReceiver", "MessageSession", "MessageActions", "SessionActions", "ReceiveActions"} {
		o.add(name, []byte("{}"))
	}
	some := func(name string, s *string) {
		var value []byte // left out, unless a body gives it a value
		if s != nil {
			value = text(quoted(*s))
		}
		o.add(name, value)
	}
	expires := m.expires.UTC()
	if m.expires.IsZero() {
		expires = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	o.add("Client", client)
	o.add("DeliveryCount", text(strconv.AppendUint(nil, uint64(m.deliveries), 10)))
	some("DeadLetterSource", m.source)
	some("LockToken", &m.lockToken)
	o.add("ExpiresAtUtc", quoted(expires.Format(wholeNoZone)))
	o.add("ExpiresAt", quoted(expires.Format(wholeOffset)))
	o.add("EnqueuedTimeUtc", quoted(m.enqueued.UTC().Format(wholeNoZone)))
	o.add("EnqueuedTime", quoted(m.enqueued.UTC().Format(wholeOffset)))
	some("MessageId", m.id)
	some("ContentType", m.contentType)
	some("ReplyTo", m.replyTo)
	o.add("SequenceNumber", text(strconv.AppendInt(nil, m.sequence, 10)))
	some("To", m.to)
	some("Subject", m.subject)
	some("Label", m.subject)
	some("CorrelationId", m.correlation)
	o.add("ApplicationProperties", m.properties.json())
	o.add("UserProperties", m.properties.json())
	some("SessionId", m.session)
	some("ReplyToSessionId", m.replySession)
	some("PartitionKey", m.partition)
	some("TransactionPartitionKey", nil)
	return o
}

// clientJSON describes the host's own Service Bus client, which the metadata
// carry along.
func clientJSON(namespace, id string) []byte {
	var o object
	o.add("FullyQualifiedNamespace", quoted(namespace))
	o.add("IsClosed", []byte("false"))
	o.add("TransportType", []byte("0"))
	o.add("Identifier", quoted(namespace+"-"+id))
	return o.json()
}
