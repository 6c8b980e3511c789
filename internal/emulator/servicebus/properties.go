package servicebus

import (
	"errors"
	"fmt"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// How many bytes of properties the service takes: in one value, and in all.
const (
	maxProperty   = 32 << 10
	maxProperties = 64 << 10
)

// overLimit says that properties are too long.
func overLimit(what string, n, limit int) *amqp.Error {
	return amqp.Errorf(amqp.MessageSizeExceeded, "%s %d bytes, the limit is %d", what, n, limit)
}

// checkApplication refuses application properties that no client could read
// or that are too long.
func checkApplication(section []byte) error {
	props, err := amqp.SectionMap(section)
	if err != nil {
		return err
	}
	for _, p := range props {
		if _, ok := p.Key.(string); !ok {
			return fmt.Errorf("application property with a key of %T", p.Key)
		}
		n := 0
		switch v := p.Value.(type) {
		case amqp.List, amqp.Map, amqp.Array:
			return fmt.Errorf("application property %q is a %T", p.Key, p.Value)
		case string:
			n = len(v)
		case amqp.Symbol:
			n = len(v)
		case []byte:
			n = len(v)
		}
		if n > maxProperty {
			return overLimit(fmt.Sprintf("the application property %.60q takes", p.Key), n, maxProperty)
		}
	}
	return nil
}

// withProperties returns the application properties with some replaced or
// added. Keys may be symbols; they become strings.
func withProperties(section []byte, change amqp.Map) ([]byte, error) {
	if len(change) == 0 {
		return section, nil
	}
	props, err := amqp.SectionMap(section)
	if err != nil {
		return nil, err
	}
next:
	for _, c := range change {
		key, ok := c.Key.(string)
		if s, isSymbol := c.Key.(amqp.Symbol); isSymbol {
			key, ok = string(s), true
		}
		if !ok {
			return nil, fmt.Errorf("property to modify with a key of %T", c.Key)
		}
		for i := range props {
			if props[i].Key == key {
				props[i].Value = c.Value
				continue next
			}
		}
		props = append(props, amqp.Pair{Key: key, Value: c.Value})
	}
	out := amqp.AppendSection(nil, amqp.SectionApplication, props)
	if len(out) > maxProperties {
		return nil, overLimit("the application properties take", len(out), maxProperties)
	}
	return out, checkApplication(out)
}

// asRefusal is an error about properties as the answer to a disposition.
func asRefusal(err error) *amqp.Error {
	if e, ok := errors.AsType[*amqp.Error](err); ok {
		return e
	}
	return amqp.Errorf(amqp.NotAllowed, "%v", err)
}

// isOverLimit reports whether properties were too long.
func isOverLimit(err error) bool {
	e, ok := errors.AsType[*amqp.Error](err)
	return ok && e.Condition == amqp.MessageSizeExceeded
}
