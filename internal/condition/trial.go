package condition

// A Trial is one condition held against one message, for explaining. What it
// says of the message is not masked.
type Trial struct {
	When  string // as it is written; "" is always
	Holds bool
	Err   error     // why that cannot be told: a *[MissingKey] where the message lacks what is asked for
	Asked []Operand // what it asks for, and what the message has there
}

// Try holds the condition against the values. A nil Condition always holds.
func (c *Condition) Try(v Vars) Trial {
	if c == nil {
		return Trial{Holds: true}
	}
	t := Trial{When: c.expr.text, Asked: c.Operands(v)}
	t.Holds, t.Err = c.Match(v)
	return t
}
