package sqlfilter

import (
	"fmt"
	"math"
)

// An Action is a parsed list of SET and REMOVE statements.
type Action struct{ statements []statement }

// A statement sets a property, or removes it where there is no value.
type statement struct {
	property Property
	value    *node
}

// ParseAction reads the statements of a rule's action.
func ParseAction(text string, parameters map[string]any, o Options) (*Action, error) {
	p, err := newParser(text, parameters, o)
	if err != nil {
		return nil, err
	}
	a := new(Action)
	for {
		t := p.peek()
		s, err := p.statement()
		if err != nil {
			return nil, err
		}
		if a.statements = append(a.statements, s); len(a.statements) > maxStatements {
			return nil, wrong(t.column, "an action has at most %d statements", maxStatements)
		}
		if !p.take(";") {
			p.take(",")
		}
		if p.peek().kind == end {
			return a, nil
		}
	}
}

func (p *parser) statement() (statement, error) {
	t := p.next()
	if !t.is("set") && !t.is("remove") {
		return statement{}, wrong(t.column, "need SET or REMOVE, not %v", t)
	}
	n, err := p.property()
	if err != nil {
		return statement{}, err
	}
	s := statement{property: *n.property}
	if _, known := named(SystemNames, s.property.Name); s.property.System && !known {
		return statement{}, wrong(n.column, "there is no system property %s", s.property.Name)
	}
	if t.is("remove") {
		return s, nil
	}
	if err := p.want("="); err != nil {
		return statement{}, err
	}
	value, err := p.value()
	s.value = &value
	return s, err
}

// Apply changes a message. It fails where the service does: a system property
// that is to be anything but a text, a division by zero.
func (a *Action) Apply(m Message) error {
	for _, s := range a.statements {
		if s.value == nil {
			if err := m.Remove(s.property); err != nil {
				return fmt.Errorf("REMOVE %v: %w", s.property, err)
			}
			continue
		}
		v, err := s.value.eval(m)
		if err != nil {
			return fmt.Errorf("SET %v: %w", s.property, err)
		}
		old, _ := m.Get(s.property)
		if err := m.Set(s.property, keepType(old, v)); err != nil {
			return fmt.Errorf("SET %v: %w", s.property, err)
		}
	}
	return nil
}

// keepType gives a number the type of the value that it replaces, if it fits.
func keepType(old, v any) any {
	n, ok := v.(int64)
	switch old.(type) {
	case int32:
		if ok && n >= math.MinInt32 && n <= math.MaxInt32 {
			return int32(n)
		}
	case float64:
		if ok {
			return float64(n)
		}
	}
	return v
}
