package servicebus

import (
	"fmt"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
	"github.com/busbell/busbell/internal/emulator/servicebus/sqlfilter"
)

// facts are what rules read of a message and change in it, decoded once for
// all subscriptions of a topic, when the first rule asks.
type facts struct {
	m           *message
	decoded     bool
	properties  amqp.List
	application amqp.Map
}

var _ sqlfilter.Message = (*facts)(nil)

// decode reads the message's sections, which [parse] has checked.
func (f *facts) decode() {
	if f.decoded {
		return
	}
	f.decoded = true
	f.properties, _ = amqp.SectionList(f.m.properties)
	f.application, _ = amqp.SectionMap(f.m.application)
}

// places are the places of system properties in the properties section.
var places = map[string]int{
	"MessageId": messageID, "To": 2, "Label": subject, "Subject": subject, "ReplyTo": replyTo, "CorrelationId": correlationID,
	"ContentType": contentType, "SessionId": groupID, "ReplyToSessionId": 12,
}

// Get is of [sqlfilter.Message], like the rest.
func (f *facts) Get(p sqlfilter.Property) (any, bool) {
	f.decode()
	if !p.System {
		i := f.index(p.Name)
		if i < 0 {
			return nil, false
		}
		return f.application[i].Value, true
	}
	if p.Name == "PartitionKey" {
		return f.m.note("x-opt-partition-key")
	}
	place := places[p.Name]
	if place >= len(f.properties) {
		return nil, false
	}
	return asText(f.properties[place]), f.properties[place] != nil
}

// asText is a property of the service, which knows only texts, whatever type
// a sender gave it.
func asText(v any) any {
	switch v := v.(type) {
	case nil, string:
		return v
	case amqp.UUID:
		return fmt.Sprintf("%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:])
	}
	return fmt.Sprint(v)
}

// index finds an application property: as it is written, else without regard
// to case.
func (f *facts) index(name string) int {
	found := -1
	for i, p := range f.application {
		key, _ := p.Key.(string)
		if key == name {
			return i
		}
		if found < 0 && strings.EqualFold(key, name) {
			found = i
		}
	}
	return found
}

// Set sets a property to a value.
func (f *facts) Set(p sqlfilter.Property, v any) error {
	f.decode()
	if !p.System {
		if i := f.index(p.Name); i >= 0 {
			f.application[i].Value = v
		} else {
			f.application = append(f.application, amqp.Pair{Key: p.Name, Value: v})
		}
		return nil
	}
	place, ok := places[p.Name]
	if !ok {
		return fmt.Errorf("%v cannot be set here", p)
	}
	switch v.(type) {
	case nil, string, amqp.UUID:
	default:
		return fmt.Errorf("need a text, not %v", v)
	}
	for len(f.properties) <= place {
		f.properties = append(f.properties, nil)
	}
	f.properties[place] = asText(v)
	return nil
}

// Remove takes a property away. One that is not there is fine.
func (f *facts) Remove(p sqlfilter.Property) error {
	if p.System {
		return f.Set(p, nil)
	}
	f.decode()
	if i := f.index(p.Name); i >= 0 {
		f.application = append(f.application[:i], f.application[i+1:]...)
	}
	return nil
}

// changed returns a copy of the message with what an action did to it.
func (f *facts) changed(action func(sqlfilter.Message) error) (*message, error) {
	copied := f.m.copied()
	c := &facts{m: f.m}
	if err := action(c); err != nil {
		return nil, err
	}
	copied.properties = amqp.AppendSection(nil, amqp.SectionProperties, c.properties)
	copied.application = amqp.AppendSection(nil, amqp.SectionApplication, c.application)
	if n := len(copied.properties) + len(copied.application) + len(copied.notes); n > maxProperties {
		return nil, overLimit("the properties of a message take", n, maxProperties)
	}
	return copied, checkApplication(copied.application)
}

// note returns one of the sender's annotations.
func (m *message) note(key amqp.Symbol) (any, bool) {
	for rest := m.notes; len(rest) > 0; {
		k, after, err := amqp.Decode(rest)
		if err != nil {
			return nil, false
		}
		v, next, err := amqp.Decode(after)
		if err != nil || k == key {
			return v, err == nil
		}
		rest = next
	}
	return nil, false
}
