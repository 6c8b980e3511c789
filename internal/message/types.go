package message

import (
	"slices"
	"strings"
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
	return TypeName(s)
}

func (m *Message) massTransitTypes() []string {
	types, _ := m.envelope()
	if len(types) == 0 {
		types = typeList(m.Text("MT-MessageType"))
	}
	fault := TypeName(m.Text("MT-Fault-MessageType"))
	if fault == "" {
		return types
	}
	// The header leaves out the name spaces of type arguments, the envelope
	// does not: where both name the same type the envelope's name is whole.
	for i, t := range types {
		if t == fault || strings.HasSuffix(fault, "]") && shortArguments(t) == shortArguments(fault) {
			return append([]string{t}, slices.Delete(types, i, i+1)...)
		}
	}
	return append([]string{fault}, types...)
}

// envelope reads the types and the id of a MassTransit envelope. Both stand
// before the message itself, so that seldom more than a few hundred bytes
// are looked at. A body without types is no envelope, whatever else it has.
func (m *Message) envelope() (types []string, id string) {
	for key, raw := range topLevel(m.Body) {
		switch key {
		case "messageId":
			id = jsonString(raw)
		case "messageType":
			types = urns(raw)
		}
		if id != "" && types != nil {
			break
		}
	}
	if types == nil {
		return nil, ""
	}
	return types, id
}

// urns are the type names of a raw JSON list of urn:message:Ns:Type.
func urns(raw []byte) []string {
	var types []string
	for i := 0; i < len(raw); i++ {
		if raw[i] != '"' {
			continue
		}
		end := stringEnd(raw, i)
		if end < 0 {
			break
		}
		if name := jsonString(raw[i:end]); strings.HasPrefix(name, urn) {
			types = append(types, TypeName(name))
		}
		i = end - 1
		if len(types) == maxTypes {
			break
		}
	}
	return types
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

// plainTypes are Subject and what CloudEvents says. Dapr's Subject, if it has
// one, says less.
func (m *Message) plainTypes() []string {
	ce, event := m.cloudEvent()
	if ce.pubsub {
		return some(ce.typ)
	}
	subject := m.Subject
	if strings.HasSuffix(subject, "/"+m.ID) && m.ID != "" {
		subject = "" // Rebus' label of a message whose headers were lost: type and id
	}
	types := some(subject)
	for _, p := range []string{"cloudEvents_type", "ce-type", "ce_type"} {
		types = append(types, some(m.Text(p))...)
	}
	if event {
		types = append(types, ce.typ)
	}
	return types
}

func typeList(s string) []string {
	if s == "" {
		return nil
	}
	if !strings.Contains(s, ";") {
		return some(TypeName(s))
	}
	var types []string
	for part := range strings.SplitSeq(s, ";") {
		if t := TypeName(part); t != "" && !slices.Contains(types, t) {
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
