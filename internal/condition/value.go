package condition

import (
	"errors"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/busbell/busbell/internal/condition/function"
	"github.com/busbell/busbell/internal/setting"
)

// A Value is a compiled expression whose result is a text: what a rule goes
// by, such as `by`, `once`, `per` and `key`. It is safe for concurrent use.
type Value struct{ expr expression }

// CompileValue compiles an expression whose result can be written as text: a
// string, number, bool, time or duration, or a list of these.
func CompileValue(text string, scope Scope) (*Value, []setting.Problem) {
	e, problems := compile(text, scope)
	if problems != nil {
		return nil, problems
	}
	switch e.typ.Kind() {
	case cel.MapKind, cel.NullTypeKind, cel.TypeKind, cel.BytesKind:
		return nil, one(a(cel.FormatCELType(e.typ))+" is no value to go by", "name a text or a number")
	}
	return &Value{e}, nil
}

// String is the expression as it is written.
func (v *Value) String() string { return v.expr.text }

// Of is the expression's value. An error says why there is none: a
// *[MissingKey] where the message lacks it or has null there.
func (v *Value) Of(vars Vars) (string, error) {
	out, err := v.expr.eval(vars)
	if err != nil {
		return "", err
	}
	s, ok := function.Written(out)
	switch {
	case ok:
		return s, nil
	case out.Type() == types.NullType:
		return "", &MissingKey{Key: v.expr.text}
	}
	return "", errNotText
}

var errNotText = errors.New("the value is an object, neither text nor number")
