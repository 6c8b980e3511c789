package condition

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

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
	s, ok := written(out)
	switch {
	case ok:
		return s, nil
	case out.Type() == types.NullType:
		return "", &MissingKey{Key: v.expr.text}
	}
	return "", errNotText
}

var errNotText = errors.New("the value is an object, neither text nor number")

// written writes a value as text, numbers in plain decimals.
func written(v ref.Val) (string, bool) {
	switch v := v.(type) {
	case types.String:
		return string(v), true
	case types.Int:
		return strconv.FormatInt(int64(v), 10), true
	case types.Uint:
		return strconv.FormatUint(uint64(v), 10), true
	case types.Double:
		return decimal(float64(v)), true
	case types.Bool:
		return strconv.FormatBool(bool(v)), true
	case types.Timestamp:
		return v.UTC().Format(time.RFC3339), true
	case types.Duration:
		return setting.Duration(v.Duration).String(), true
	case traits.Lister:
		return list(v)
	}
	return "", false
}

func list(v traits.Lister) (string, bool) {
	var items []string
	for it := v.Iterator(); it.HasNext() == types.True; {
		item := it.Next()
		if _, nested := item.(traits.Lister); nested {
			return "", false
		}
		s, ok := written(item)
		if !ok {
			return "", false
		}
		items = append(items, s)
	}
	return strings.Join(items, ", "), true
}

func decimal(f float64) string {
	if math.Abs(f) >= 1e21 {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
