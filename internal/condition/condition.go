// Package condition is the one expression language of busbell.yaml: its
// conditions, the values that rules go by, and the {…} placeholders of texts.
//
// Each text is compiled once, for the [Scope] in which it stands, into a
// [Condition], a [Value] or a [Text]: an unknown name, a wrong type or a
// syntax error is found there, with its offset and what was probably meant.
// Evaluating then costs microseconds and touches nothing outside. What comes
// from a message is data and never code, no error repeats it, and a limit on
// the cost of one evaluation holds whatever a message brings.
//
// The language is CEL. Nothing of it is built before the first text is
// compiled.
package condition

import (
	"errors"

	"cel.dev/cel-go/cel"

	"github.com/busbell/busbell/internal/setting"
)

// A Condition is a compiled `when`. It is safe for concurrent use.
type Condition struct{ expr expression }

// Compile compiles a condition: an expression that is true or false.
func Compile(text string, scope Scope) (*Condition, []setting.Problem) {
	e, problems := compile(text, scope)
	if problems != nil {
		return nil, problems
	}
	if k := e.typ.Kind(); k != cel.BoolKind && k != cel.DynKind {
		return nil, one("a condition must be true or false, this is "+a(cel.FormatCELType(e.typ)), "compare it, like "+example[scope])
	}
	return &Condition{e}, nil
}

var errNotBool = errors.New("the condition is neither true nor false for this message")

// Match reports whether the condition holds. An error says why that cannot be
// told, and means no match: a *[MissingKey] where the message lacks what the
// condition asks for.
func (c *Condition) Match(v Vars) (bool, error) {
	out, err := c.expr.eval(v)
	if err != nil {
		return false, err
	}
	holds, ok := out.Value().(bool)
	if !ok {
		return false, errNotBool
	}
	return holds, nil
}
