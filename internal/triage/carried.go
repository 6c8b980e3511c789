package triage

import (
	"strings"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/message"
)

// named are the fields and headers of a message that rules name; "" is all.
// Nothing else of it is kept for rules: there are many groups.
type named struct{ fields, headers map[string]bool }

// A namer is a [condition.Condition] or a [condition.Value].
type namer interface {
	Names(variable string) []string
}

func (n named) add(e namer) {
	for _, name := range e.Names("message") {
		n.fields[name] = true
	}
	for _, name := range e.Names("headers") {
		n.headers[name] = true
	}
}

// of is what a message carries of what is named; nil where nothing is.
func (n named) of(m *message.Message) *condition.Carried {
	if len(n.fields)+len(n.headers) == 0 {
		return nil
	}
	field := func(name string, value func() string) string {
		if !n.fields[name] {
			return ""
		}
		return kept(value())
	}
	c := &condition.Carried{Headers: map[string]string{}, Message: condition.Message{
		Type: field("type", m.Type), ID: field("id", m.Identity),
		CorrelationID: field("correlationId", func() string { return m.CorrelationID }),
		Framework:     field("framework", func() string { return string(m.Framework()) }),
	}}
	if n.fields["enqueuedAt"] {
		c.Message.EnqueuedAt = m.EnqueuedAt
	}
	for name := range m.Properties {
		if text := m.Text(name); text != "" && (n.headers[name] || n.headers[""]) {
			c.Headers[strings.Clone(name)] = kept(text)
		}
	}
	return c
}

// kept is a copy of a text's beginning.
func kept(s string) string { return strings.Clone(beginning(s)) }
