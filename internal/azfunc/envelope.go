package azfunc

import (
	"bytes"
	"fmt"
	"unicode"
)

// A field is one of the metadata that we read.
type field int

const (
	messageID field = iota
	correlationID
	subject
	label
	contentType
	to
	replyTo
	sessionID
	partitionKey
	deadLetterSource
	sequenceNumber
	deliveryCount
	enqueuedTime
	enqueuedTimeUTC
	expiresAt
	expiresAtUTC
	applicationProperties
	userProperties
	retryContext
	fields // how many there are
)

// fieldNames are the keys of the Service Bus extension
// (ServiceBusTriggerBindingStrategy.cs of azure-sdk-for-net) and of the host.
var fieldNames = map[string]field{
	"MessageId": messageID, "CorrelationId": correlationID, "Subject": subject, "Label": label,
	"ContentType": contentType, "To": to, "ReplyTo": replyTo, "SessionId": sessionID,
	"PartitionKey": partitionKey, "DeadLetterSource": deadLetterSource,
	"SequenceNumber": sequenceNumber, "DeliveryCount": deliveryCount,
	"EnqueuedTime": enqueuedTime, "EnqueuedTimeUtc": enqueuedTimeUTC,
	"ExpiresAt": expiresAt, "ExpiresAtUtc": expiresAtUTC,
	"ApplicationProperties": applicationProperties, "UserProperties": userProperties,
	"RetryContext": retryContext,
}

// metadata holds the JSON of the fields that are there.
type metadata [fields][]byte

// isEmpty reports whether nothing is known, retries aside: those are told of
// any trigger.
func (m *metadata) isEmpty() bool {
	for f, raw := range m {
		if raw != nil && field(f) != retryContext {
			return false
		}
	}
	return true
}

// distrust forgets what a text body may have overwritten. The host copies
// the members of a body that is text and a JSON object over the metadata,
// whatever their case (ApplyBindingData in the host's Utility.cs), with a
// parser that takes more than JSON: after an object that we cannot read,
// nothing is trusted.
func (m *metadata) distrust(body []byte) {
	s := scanner{b: bytes.TrimFunc(body, unicode.IsSpace)}
	if s.peek() != '{' {
		return
	}
	for key := range s.members() {
		s.value()
		name := unquoteKey(key)
		for known, f := range fieldNames {
			if len(name) >= len(known) && bytes.EqualFold(name, []byte(known)) {
				m[f] = nil
			}
		}
	}
	if s.end(); s.err != nil {
		*m = metadata{}
	}
}

// An envelope is what the host posts for a trigger, in parts that share its
// bytes.
type envelope struct {
	data []byte   // the value of the only binding
	one  metadata // of the one message
	many metadata // of a batch: each an array, or the text of one
}

// open takes an envelope apart. Keys that come twice count the last time, as
// they do for the host.
func open(b []byte) (envelope, error) {
	var e envelope
	bindings := 0
	s := scanner{b: b}
	for key := range s.members() {
		switch string(key) {
		case "Data":
			bindings = 0
			for range s.members() {
				e.data = s.value()
				bindings++
			}
		case "Metadata":
			for key := range s.members() {
				e.keep(key, s.value())
			}
		default:
			s.value()
		}
	}
	if s.end(); s.err != nil {
		return envelope{}, fmt.Errorf("%w: reading the envelope: %w", errMalformed, s.err)
	}
	if bindings != 1 {
		return envelope{}, fmt.Errorf("%w: Data holds %d bindings, not one", errMalformed, bindings)
	}
	return e, nil
}

func (e *envelope) keep(key, raw []byte) {
	if f, ok := fieldNames[string(key)]; ok {
		e.one[f] = raw
		return
	}
	if name, ok := bytes.CutSuffix(key, []byte("Array")); ok {
		if f, ok := fieldNames[string(name)]; ok {
			e.many[f] = raw
		}
	}
}

// unquoteKey resolves the escapes of a key.
func unquoteKey(key []byte) []byte {
	if bytes.IndexByte(key, '\\') < 0 {
		return key
	}
	return unquote(append(append([]byte{'"'}, key...), '"'))
}
