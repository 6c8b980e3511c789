package sqlfilter

import "strings"

// A node is a parsed expression. A condition has true, false or unknown (nil)
// for its value and stands where a condition may stand; anything else is a
// value.
type node struct {
	column    int
	eval      func(Message) (any, error)
	condition bool
	property  *Property // of a node that is nothing but a property
}

type parser struct {
	tokens     []token
	parameters map[string]any
	options    Options
	depth      int
}

func newParser(s string, parameters map[string]any, o Options) (*parser, error) {
	tokens, err := lex(s)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, parameters: map[string]any{}, options: o}
	for name, v := range parameters {
		p.parameters[strings.ToLower(name)] = normal(v)
	}
	return p, nil
}

func (p *parser) peek() token { return p.tokens[0] }

func (p *parser) next() token {
	t := p.tokens[0]
	if t.kind != end {
		p.tokens = p.tokens[1:]
	}
	return t
}

// take consumes a keyword or symbol if it is the next token.
func (p *parser) take(s string) bool {
	if p.peek().is(s) {
		p.next()
		return true
	}
	return false
}

func (p *parser) want(s string) error {
	if t := p.peek(); !p.take(s) {
		return wrong(t.column, "need %q, not %v", s, t)
	}
	return nil
}

func (p *parser) end() error {
	if t := p.peek(); t.kind != end {
		return wrong(t.column, "need AND, OR or the end, not %v", t)
	}
	return nil
}

// condition parses an expression that must be a condition.
func (p *parser) condition() (node, error) {
	n, err := p.or()
	if err == nil {
		err = n.mustBe(true)
	}
	return n, err
}

// value parses an expression that must be a value.
func (p *parser) value() (node, error) {
	n, err := p.sum()
	if err == nil {
		err = n.mustBe(false)
	}
	return n, err
}

func (n node) mustBe(condition bool) error {
	switch {
	case n.condition == condition:
		return nil
	case condition:
		return wrong(n.column, "this is a value, need a condition such as a = 1")
	}
	return wrong(n.column, "this is a condition, need a value")
}

func (p *parser) or() (node, error)  { return p.chain("or", p.and, true) }
func (p *parser) and() (node, error) { return p.chain("and", p.not, false) }

// chain parses conditions joined by a keyword. Decisive is the value that
// settles the outcome whatever the others are.
func (p *parser) chain(keyword string, operand func() (node, error), decisive bool) (node, error) {
	left, err := operand()
	for err == nil && p.take(keyword) {
		var right node
		if right, err = operand(); err != nil {
			break
		}
		if err = left.mustBe(true); err == nil {
			err = right.mustBe(true)
		}
		left = node{column: left.column, condition: true, eval: join(left.eval, right.eval, decisive)}
	}
	return left, err
}

func join(left, right func(Message) (any, error), decisive bool) func(Message) (any, error) {
	return func(m Message) (any, error) {
		a, err := left(m)
		if err != nil || a == decisive {
			return a, err
		}
		b, err := right(m)
		if err != nil || b == decisive || a != nil {
			return b, err
		}
		return nil, nil
	}
}

func (p *parser) not() (node, error) {
	t := p.peek()
	if !p.take("not") {
		return p.comparison()
	}
	n, err := p.nested(t, p.not)
	if err == nil {
		err = n.mustBe(true)
	}
	return node{column: t.column, condition: true, eval: negate(n.eval)}, err
}

func negate(f func(Message) (any, error)) func(Message) (any, error) {
	return func(m Message) (any, error) {
		v, err := f(m)
		if b, ok := v.(bool); ok {
			return !b, err
		}
		return nil, err
	}
}

// nested parses one level deeper.
func (p *parser) nested(t token, parse func() (node, error)) (node, error) {
	if p.depth++; p.depth > maxDepth {
		return node{}, wrong(t.column, "nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	return parse()
}
