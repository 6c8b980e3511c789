package message

import (
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/message/typename"
)

// maxTypes is more than any sender encloses.
const maxTypes = 64

// Type is the first of [Message.Types], "" where the message names none.
func (m *Message) Type() string {
	if types := m.Types(); len(types) > 0 {
		return types[0]
	}
	return ""
}

// Types are the types that the message says it is of, the most specific
// first: full names without assembly, type arguments in double brackets
// ("Shop.Changed[[Shop.Customer]]"), so that one type has one name in every
// framework but Wolverine, whose aliases are taken as they stand.
//
// It is made for every message that passes: only a MassTransit envelope or a
// CloudEvents body is looked into, and never deeper than its top level.
func (m *Message) Types() []string {
	switch m.Framework() {
	case Rebus:
		return some(rebusTypeName(m.Text("rbs2-msg-type")))
	case NServiceBus:
		return typeList(m.Text("NServiceBus.EnclosedMessageTypes"))
	case MassTransit:
		return m.massTransitTypes()
	case Wolverine:
		return m.wolverineTypes()
	case Brighter:
		return some(m.Text("cloudEvents:type"))
	default:
		return m.plainTypes()
	}
}

// rebusTypeName is the name in Rebus' header, "Ns.Type, Assembly". A custom
// name has no assembly, and stays as it stands.
func rebusTypeName(s string) string {
	if !strings.Contains(s, ", ") {
		return s
	}
	return typename.Of(s)
}

func (m *Message) massTransitTypes() []string {
	types, _ := m.envelope()
	if len(types) == 0 {
		types = typeList(m.Text("MT-MessageType"))
	}
	fault := typename.Of(m.Text("MT-Fault-MessageType"))
	if fault == "" {
		return types
	}
	// The header leaves out the name spaces of type arguments, the envelope
	// does not: where both name the same type the envelope's name is whole.
	for i, t := range types {
		if t == fault || strings.HasSuffix(fault, "]") && typename.ShortArguments(t) == typename.ShortArguments(fault) {
			return append([]string{t}, slices.Delete(types, i, i+1)...)
		}
	}
	return append([]string{fault}, types...)
}

func (m *Message) wolverineTypes() []string {
	if t := m.Text("message-type"); t != "" {
		return []string{t}
	}
	if strings.HasPrefix(m.Subject, "unknown/") {
		return nil
	}
	return some(m.Subject)
}

// cloudEventTypes are CloudEvents' property in its binary form, as the
// protocols write it.
var cloudEventTypes = []string{"cloudEvents:type", "cloudEvents_type", "ce-type", "ce_type"}

// typeProperties are what senders without a framework call the type.
var typeProperties = []string{
	"EventType", "eventType", "event-type", "event_type", "MessageType", "messageType", "message-type", "message_type",
	"EventName", "eventName", "MessageName", "messageName", "_type", "type", "Type", "_typeId", "__TypeId__",
}

// plainTypes are what properties, Event Grid's body, Subject and CloudEvents'
// body say, in this order. Dapr's Subject, if it has one, says less.
func (m *Message) plainTypes() []string {
	ce, event := m.cloudEvent()
	if ce.pubsub {
		return some(ce.typ)
	}
	var types []string
	add := func(name string, ok bool) {
		if ok && !slices.Contains(types, name) {
			types = append(types, name)
		}
	}
	for _, p := range cloudEventTypes {
		add(m.Text(p), m.Text(p) != "")
	}
	for _, p := range typeProperties {
		if text := m.Text(p); text != "" {
			add(typename.Said(text))
		}
	}
	add(eventGridType(m.Body))
	add(typename.In(m.Subject))
	if event {
		add(ce.typ, ce.typ != "")
	}
	return types
}

func typeList(s string) []string {
	if s == "" {
		return nil
	}
	if !strings.Contains(s, ";") {
		return some(typename.Of(s))
	}
	var types []string
	for part := range strings.SplitSeq(s, ";") {
		if t := typename.Of(part); t != "" && !slices.Contains(types, t) {
			types = append(types, t)
		}
		if len(types) == maxTypes {
			break
		}
	}
	return types
}

func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
