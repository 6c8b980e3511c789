package message

import (
	"bytes"
	"slices"
	"strings"
)

// A Framework is the messaging library whose marks a message carries.
type Framework string

// The frameworks that are told apart. Plain is everything else.
const (
	Rebus       Framework = "rebus"
	NServiceBus Framework = "nservicebus"
	MassTransit Framework = "masstransit"
	Wolverine   Framework = "wolverine"
	Brighter    Framework = "brighter"
	Dapr        Framework = "dapr"
	Plain       Framework = "plain"
)

// marks lists, in the order of recognition, properties that only one
// framework writes. One of them is enough, whatever its value.
var marks = []struct {
	framework  Framework
	properties []string
}{
	{Rebus, []string{"rbs2-msg-type", "rbs2-error-details", "rbs2-msg-id", "rbs2-source-queue"}},
	{NServiceBus, []string{
		"NServiceBus.EnclosedMessageTypes", "NServiceBus.FailedQ", "NServiceBus.ControlMessage",
		"NServiceBus.MessageId", "NServiceBus.ExceptionInfo.ExceptionType", "ServiceControl.Retry.Successful",
	}},
	{MassTransit, []string{
		"MT-Reason", "MT-Fault-ExceptionType", "MT-Fault-Message", "MT-Fault-StackTrace",
		"MT-Fault-InputAddress", "MT-MessageType",
	}},
	{Wolverine, []string{"wolverine-protocol-version"}},
}

// Framework tells whose message it is by the marks it carries: properties
// first, then the content type, at last the body.
func (m *Message) Framework() Framework {
	for _, mark := range marks {
		if slices.ContainsFunc(mark.properties, m.Has) {
			return mark.framework
		}
		switch mark.framework {
		case MassTransit:
			if strings.Contains(m.ContentType, "vnd.masstransit") {
				return MassTransit
			}
		case Wolverine:
			if m.Has("exception-type") && m.Has("failed-at") {
				return Wolverine
			}
		}
	}
	if strings.HasPrefix(m.Text("MessageType"), "MT_") && (m.Has("HandledCount") || m.Has("cloudEvents:type")) {
		return Brighter // CloudEvents' properties, which its version 10 writes, are written by others too
	}
	if ce, ok := m.cloudEvent(); ok && ce.pubsub {
		return Dapr
	}
	return Plain
}

// A cloudEvent is what the top level of a CloudEvents body says.
type cloudEvent struct {
	typ         string
	traceparent string
	pubsub      bool   // Dapr adds pubsubname
	data        []byte // raw JSON of data, nil where there is none
	base64      bool   // data is a JSON string of base64
}

// cloudEvent reads a body in CloudEvents' structured JSON form.
// It costs one search where the body is anything else.
func (m *Message) cloudEvent() (cloudEvent, bool) {
	if !bytes.Contains(m.Body, []byte(`"specversion"`)) {
		return cloudEvent{}, false
	}
	var ce cloudEvent
	var version bool
	for key, raw := range topLevel(m.Body) {
		switch key {
		case "specversion":
			version = true
		case "type":
			ce.typ = jsonString(raw)
		case "traceparent":
			ce.traceparent = jsonString(raw)
		case "pubsubname":
			ce.pubsub = true
		case "data":
			ce.data, ce.base64 = raw, false
		case "data_base64":
			if ce.data == nil {
				ce.data, ce.base64 = raw, true
			}
		}
	}
	return ce, version && (ce.typ != "" || ce.pubsub)
}
