package message

import (
	"bytes"
	"strings"

	"github.com/busbell/busbell/internal/message/typename"
)

// envelope reads the types and the id of a MassTransit envelope. Both stand
// before the message itself, so that seldom more than a few hundred bytes
// are looked at. A body without types is no envelope, whatever else it has.
func (m *Message) envelope() (types []string, id string) {
	if body := bytes.TrimPrefix(m.Body, bom); space(body, 0) < len(body) && body[space(body, 0)] == '<' {
		return xmlEnvelope(m.Body)
	}
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
		if name := jsonString(raw[i:end]); strings.HasPrefix(name, typename.URN) {
			types = append(types, typename.Of(name))
		}
		i = end - 1
		if len(types) == maxTypes {
			break
		}
	}
	return types
}

// xmlEnvelope is envelope for MassTransit's XML. What stands behind the message
// itself, or in it, is not looked at.
func xmlEnvelope(body []byte) (types []string, id string) {
	head := body
	for _, begin := range []string{"<message>", "<message "} {
		head, _, _ = bytes.Cut(head, []byte(begin))
	}
	for len(types) < maxTypes {
		name, rest, ok := element(head, "messageType")
		if !ok {
			break
		}
		if strings.HasPrefix(name, typename.URN) {
			types = append(types, typename.Of(name))
		}
		head = rest
	}
	if types == nil {
		return nil, ""
	}
	id, _, _ = element(body, "messageId")
	return types, id
}

// element is the text of the next XML element of a name, which may have
// attributes but no elements inside, and what follows it.
func element(text []byte, name string) (content string, rest []byte, ok bool) {
	_, rest, ok = bytes.Cut(text, []byte("<"+name))
	if !ok {
		return "", nil, false
	}
	_, rest, _ = bytes.Cut(rest, []byte(">"))
	inner, rest, ok := bytes.Cut(rest, []byte("<"))
	return strings.TrimSpace(string(inner)), rest, ok
}

// eventGridType is the type of an event in Event Grid's own schema, or of the
// first of several.
func eventGridType(body []byte) (name string, ok bool) {
	if !bytes.Contains(body, []byte(`"eventType"`)) {
		return "", false
	}
	schema := false
	for key, raw := range topLevel(firstItem(body)) {
		switch key {
		case "eventType":
			name = jsonString(raw)
		case "eventTime", "dataVersion", "metadataVersion":
			schema = true
		}
		if schema && name != "" {
			return name, true
		}
	}
	return "", false
}

// firstItem is a JSON text from the first item of its list on, or all of it
// where it is no list.
func firstItem(text []byte) []byte {
	text = bytes.TrimPrefix(text, bom)
	if i := space(text, 0); i < len(text) && text[i] == '[' {
		return text[i+1:]
	}
	return text
}
