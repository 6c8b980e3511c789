package sqlfilter

// comparison parses a value, and what is said about it: a comparison, IN, LIKE
// or IS NULL.
func (p *parser) comparison() (node, error) {
	left, err := p.sum()
	if err != nil {
		return node{}, err
	}
	t := p.peek()
	for _, operator := range []string{"=", "<>", "!=", ">=", "<=", ">", "<"} {
		if t.kind == symbol && p.take(operator) {
			return p.compared(left, operator)
		}
	}
	if p.take("is") {
		return p.isNull(left)
	}
	inverted := p.take("not")
	var n node
	switch {
	case p.take("in"):
		n, err = p.in(left)
	case p.take("like"):
		n, err = p.like(left)
	case inverted:
		return node{}, wrong(p.peek().column, "need IN or LIKE after NOT, not %v", p.peek())
	default:
		return left, nil
	}
	if inverted {
		n.eval = negate(n.eval)
	}
	return n, err
}

func (p *parser) compared(left node, operator string) (node, error) {
	if err := left.mustBe(false); err != nil {
		return node{}, err
	}
	right, err := p.value()
	o := p.options
	return node{column: left.column, condition: true, eval: func(m Message) (any, error) {
		a, b, err := both(m, left, right)
		if a == nil || b == nil || err != nil {
			return nil, err
		}
		return compare(o, operator, a, b)
	}}, err
}

// both evaluates two values.
func both(m Message, left, right node) (a, b any, err error) {
	if a, err = left.eval(m); err == nil {
		b, err = right.eval(m)
	}
	return a, b, err
}

func (p *parser) isNull(left node) (node, error) {
	if left.property == nil {
		return node{}, wrong(left.column, "IS NULL needs a property before it")
	}
	want := !p.take("not")
	err := p.want("null")
	return node{column: left.column, condition: true, eval: func(m Message) (any, error) {
		v, err := left.eval(m)
		return (v == nil) == want, err
	}}, err
}

func (p *parser) in(left node) (node, error) {
	if err := left.mustBe(false); err != nil {
		return node{}, err
	}
	if err := p.want("("); err != nil {
		return node{}, err
	}
	var items []node
	for {
		item, err := p.value()
		if err != nil {
			return node{}, err
		}
		items = append(items, item)
		if !p.take(",") {
			break
		}
	}
	o := p.options
	return node{column: left.column, condition: true, eval: func(m Message) (any, error) {
		v, err := left.eval(m)
		if v == nil || err != nil {
			return nil, err
		}
		return among(m, o, v, items)
	}}, p.want(")")
}

// among reports whether a value is one of several; unknown if one of these is
// unknown and no other matches.
func among(m Message, o Options, v any, items []node) (any, error) {
	var result any = false
	for _, item := range items {
		w, err := item.eval(m)
		if err != nil {
			return nil, err
		}
		var same any
		if w != nil {
			if same, err = compare(o, "=", v, w); err != nil || same == true {
				return same, err
			}
		}
		if same == nil {
			result = nil
		}
	}
	return result, nil
}

func (p *parser) like(left node) (node, error) {
	if err := left.mustBe(false); err != nil {
		return node{}, err
	}
	pattern, err := p.value()
	if err != nil {
		return node{}, err
	}
	escape := node{eval: func(Message) (any, error) { return "", nil }}
	if p.take("escape") {
		if escape, err = p.value(); err != nil {
			return node{}, err
		}
	}
	o := p.options
	return node{column: left.column, condition: true, eval: func(m Message) (any, error) {
		s, pat, err := both(m, left, pattern)
		if err != nil {
			return nil, err
		}
		esc, err := escape.eval(m)
		if err != nil || s == nil || pat == nil || esc == nil {
			return nil, err
		}
		return like(o, s, pat, esc)
	}}, nil
}
