package condition

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/busbell/busbell/internal/condition/function"
	"github.com/busbell/busbell/internal/setting"
)

// An Operand is what an expression asks for by name, and what a message has
// there. It holds values of the message: mask it before it is shown.
type Operand struct {
	Name    string // "event.Level"
	Value   any
	Missing bool
	Cure    string // where it is missing: what the message has instead
}

// String is the operand in words: `event.Level is "Silver"`, or
// `no Level; did you mean level?`.
func (o Operand) String() string {
	key := strings.TrimPrefix(o.Name, "event.")
	switch {
	case o.Missing && o.Cure != "":
		return "no " + key + "; " + strings.ReplaceAll(o.Cure, `"`, "")
	case o.Missing:
		return "no " + key
	}
	return o.Name + " is " + shown(o.Value)
}

// Operands says what the condition asks a message for, in the order of the
// text, each once. It is for explaining and takes its time.
func (c *Condition) Operands(v Vars) []Operand { return c.expr.operands(v) }

// Operands says what the placeholders ask a message for, each once.
func (t *Text) Operands(v Vars) []Operand {
	var found []Operand
	for _, p := range t.pieces {
		if p.expr == nil {
			continue
		}
		for _, o := range p.expr.operands(v) {
			if !slices.ContainsFunc(found, func(have Operand) bool { return have.Name == o.Name }) {
				found = append(found, o)
			}
		}
	}
	return found
}

func (e expression) operands(v Vars) []Operand {
	var found []Operand
	for _, path := range paths(e.text) {
		if o, ok := operand(v, path); ok {
			found = append(found, o)
		}
	}
	return found
}

// Names are the fields or keys of a variable that the condition names; "" is
// all of them, where it names the variable alone or computes a key.
func (c *Condition) Names(variable string) []string { return c.expr.names(variable) }

// Names are those of [Condition.Names].
func (v *Value) Names(variable string) []string { return v.expr.names(variable) }

func (e expression) names(variable string) []string {
	var found []string
	alone := 0
	visit(e.text, func(path []string) {
		switch {
		case path[0] != variable:
		case len(path) == 1:
			alone++
		case len(path) == 2: // the variable is visited too
			alone--
			found = append(found, path[1])
		}
	})
	if alone > 0 {
		found = append(found, "")
	}
	return found
}

// paths are the chains of names in an expression, "event", "Level", the
// longest of each.
func paths(text string) [][]string {
	var all [][]string
	visit(text, func(path []string) {
		part := func(longer []string) bool {
			return len(longer) >= len(path) && slices.Equal(longer[:len(path)], path)
		}
		if !slices.ContainsFunc(all, part) {
			all = append(all, path)
		}
	})
	return all
}

// visit visits the chains of names in an expression, each before its parts.
func visit(text string, each func(path []string)) {
	env, err := base()
	if err != nil {
		return
	}
	parsed, issues := env.Parse(text)
	if issues.Err() != nil {
		return
	}
	ast.PreOrderVisit(parsed.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if path, ok := chain(e); ok {
			each(path)
		}
	}))
}

// chain is an expression as a chain of names, if it is one.
func chain(e ast.Expr) (path []string, ok bool) {
	switch e.Kind() {
	case ast.IdentKind:
		return []string{e.AsIdent()}, true
	case ast.SelectKind:
		path, ok = chain(e.AsSelect().Operand())
		return append(path, e.AsSelect().FieldName()), ok
	case ast.CallKind:
		call := e.AsCall()
		if call.FunctionName() != operators.Index || call.Args()[1].Kind() != ast.LiteralKind {
			return nil, false
		}
		key, isText := call.Args()[1].AsLiteral().(types.String)
		path, ok = chain(call.Args()[0])
		return append(path, string(key)), ok && isText
	}
	return nil, false
}

// operand looks a chain up; ok is false where its first name is no variable.
func operand(v Vars, path []string) (o Operand, ok bool) {
	if len(path) < 2 {
		return o, false
	}
	o.Name = strings.Join(path, ".")
	if value, found := v.lookup(path[0] + "." + path[1]); found {
		o.Value = value
		return o, true
	}
	at, found := v.lookup(path[0])
	if !found {
		return o, false
	}
	for _, name := range path[1:] {
		known, value := step(at, name)
		if value == nil {
			o.Missing = true
			if len(known) > 0 {
				o.Cure = setting.Suggest(name, known)
			}
			return o, true
		}
		at = value
	}
	o.Value = at
	return o, true
}

// step goes from an object to what it has under a name; nil is nothing, and
// then known are the names that it has.
func step(at any, name string) (known []string, value any) {
	switch at := at.(type) {
	case map[string]any:
		if value := at[name]; value != nil {
			return nil, value
		}
		return few(slices.Sorted(maps.Keys(at))), nil
	case map[string]string:
		if value, ok := at[name]; ok {
			return nil, value
		}
		return few(slices.Sorted(maps.Keys(at))), nil
	}
	return nil, nil
}

func few(names []string) []string { return names[:min(len(names), 50)] }

// shown is a value in a few words.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		if len(v) > 200 {
			v = strings.ToValidUTF8(v[:200], "") + "…"
		}
		return strconv.Quote(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case time.Duration:
		return setting.Duration(v.Round(time.Second)).String()
	case float64:
		return function.Decimal(v)
	case map[string]any:
		return "an object"
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	}
	return fmt.Sprint(v)
}
