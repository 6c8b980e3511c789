package sqlfilter

import (
	"crypto/rand"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// sum parses additions and subtractions.
func (p *parser) sum() (node, error) { return p.operators(p.product, "+", "-") }

func (p *parser) product() (node, error) { return p.operators(p.unary, "*", "/", "%") }

// operators parses values joined by operators of one rank, from the left.
func (p *parser) operators(operand func() (node, error), symbols ...string) (node, error) {
	left, err := operand()
	for err == nil {
		operator := p.peek()
		if operator.kind != symbol || !slices.Contains(symbols, operator.text) {
			return left, nil
		}
		p.next()
		if err = left.mustBe(false); err != nil {
			break
		}
		var right node
		if right, err = operand(); err == nil {
			err = right.mustBe(false)
		}
		left = calculated(p.options, left, operator.text, right)
	}
	return left, err
}

func calculated(o Options, left node, operator string, right node) node {
	return node{column: left.column, eval: func(m Message) (any, error) {
		a, b, err := both(m, left, right)
		if a == nil || b == nil || err != nil {
			return nil, err
		}
		return calculate(o, operator, a, b)
	}}
}

func (p *parser) unary() (node, error) {
	t := p.peek()
	if t.kind != symbol || t.text != "-" && t.text != "+" {
		return p.primary()
	}
	p.next()
	n, err := p.nested(t, p.unary)
	if err == nil {
		err = n.mustBe(false)
	}
	sign := int64(1)
	if t.text == "-" {
		sign = -1
	}
	return calculated(p.options, constant(t, sign), "*", n), err
}

// primary parses a constant, function, property, parameter, EXISTS or a group.
func (p *parser) primary() (node, error) {
	t := p.peek()
	switch {
	case t.is("("):
		p.next()
		n, err := p.nested(t, p.or)
		if err == nil {
			err = p.want(")")
		}
		n.column, n.property = t.column, nil
		return n, err
	case t.is("exists"):
		p.next()
		return p.exists(t)
	case t.kind == number || t.kind == text:
		p.next()
		if t.kind == text {
			return constant(t, t.text), nil
		}
		return constant(t, t.value), nil
	case t.is("null"):
		p.next()
		return constant(t, nil), nil
	case t.is("true"), t.is("false"):
		p.next()
		return constant(t, t.is("true")), nil
	case t.kind == argument:
		p.next()
		v, ok := p.parameters[strings.ToLower(t.text)]
		if !ok {
			return node{}, wrong(t.column, "the parameter %s has no value", t.text)
		}
		return constant(t, v), nil
	case t.kind == word && len(p.tokens) > 1 && p.tokens[1].is("("):
		return p.function()
	}
	return p.property()
}

func constant(t token, v any) node {
	return node{column: t.column, eval: func(Message) (any, error) { return v, nil }}
}

func (p *parser) exists(t token) (node, error) {
	if err := p.want("("); err != nil {
		return node{}, err
	}
	n, err := p.property()
	if err != nil {
		return node{}, err
	}
	return node{column: t.column, condition: true, eval: func(m Message) (any, error) {
		if _, err := n.eval(m); err != nil {
			return nil, err
		}
		_, ok := m.Get(*n.property)
		return ok, nil
	}}, p.want(")")
}

func (p *parser) function() (node, error) {
	t := p.next()
	p.next() // the bracket
	switch strings.ToLower(t.text) {
	case "newid":
		return node{column: t.column, eval: func(Message) (any, error) { return newID(), nil }}, p.want(")")
	case "property", "p":
		name, err := p.nested(t, p.value)
		if err != nil {
			return node{}, err
		}
		return node{column: t.column, eval: func(m Message) (any, error) {
			v, err := name.eval(m)
			if v == nil || err != nil {
				return nil, err
			}
			s, ok := v.(string)
			if !ok {
				return mismatch(p.options, "property()", v, "")
			}
			found, _ := m.Get(Property{Name: s})
			return normal(found), nil
		}}, p.want(")")
	}
	return node{}, wrong(t.column, "unknown function %q; known are newid, property and p", t.text)
}

func newID() amqp.UUID {
	var id amqp.UUID
	_, _ = rand.Read(id[:]) // never fails
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}
