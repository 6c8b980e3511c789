package infra

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An expression is one of Bicep's, as far as the vars of these templates go,
// ready to be evaluated. It panics with a refusal where fail is called.
type expression func(scope) any

type refusal string

// A scope has the values of params and vars by name.
type scope func(name string) any

// lambda is a function written inside an expression.
type lambda func(any) any

var declaredValue = regexp.MustCompile(`(?m)^(?:param (\w+) [^=\n]+|var (\w+)) = `)

// evaluate returns what an expression of a template comes to when these
// params are given, and why the template refuses them.
func evaluate(t *testing.T, file, text string, given map[string]any) (result any, refused string) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			why, ok := r.(refusal)
			if !ok {
				panic(r)
			}
			refused = string(why)
		}
	}()
	template := templates(t)[file]
	texts := map[string]string{}
	for _, at := range declaredValue.FindAllStringSubmatchIndex(template, -1) {
		name := template[max(at[2], at[4]):max(at[3], at[5])]
		texts[name] = declaredText(template[at[1]:])
	}
	var values scope
	values = func(name string) any {
		if v, ok := given[name]; ok {
			return v
		}
		if text := texts[name]; text != "" {
			return parse(text)(values)
		}
		t.Fatalf("%s: nothing is called %s", file, name)
		return nil
	}
	return parse(text)(values), ""
}

// declaredText cuts off a declaration: its further lines are indented, or close it.
func declaredText(rest string) string {
	lines := strings.Split(rest, "\n")
	end := 1
	for end < len(lines) && lines[end] != "" && strings.ContainsAny(lines[end][:1], " )]}") {
		end++
	}
	return strings.Join(lines[:end], "\n")
}

func parse(text string) expression {
	p := &parser{rest: text}
	e := p.ternary()
	if p.skip(); p.rest != "" && !strings.HasPrefix(p.rest, "//") {
		panic(fmt.Sprintf("%q is left of %q", p.rest, text))
	}
	return e
}

type parser struct{ rest string }

func (p *parser) skip() { p.rest = strings.TrimLeft(p.rest, " \n") }

func (p *parser) take(token string) bool {
	p.skip()
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *parser) must(token string) {
	if !p.take(token) {
		panic(fmt.Sprintf("want %q before %q", token, p.rest))
	}
}

func (p *parser) ternary() expression {
	condition := p.binary(0)
	if !p.take("?") {
		return condition
	}
	yes := p.ternary()
	p.must(":")
	no := p.ternary()
	return func(s scope) any {
		if condition(s).(bool) {
			return yes(s)
		}
		return no(s)
	}
}

var operators = [][]string{{"||"}, {"&&"}, {"==", "!="}, {">"}, {"-"}}

func (p *parser) binary(level int) expression {
	if level == len(operators) {
		return p.unary()
	}
	left := p.binary(level + 1)
	for {
		i := slices.IndexFunc(operators[level], p.take)
		if i < 0 {
			return left
		}
		a, b, op := left, p.binary(level+1), operators[level][i]
		left = func(s scope) any {
			switch op {
			case "||":
				return a(s).(bool) || b(s).(bool)
			case "&&":
				return a(s).(bool) && b(s).(bool)
			case "==":
				return a(s) == b(s)
			case "!=":
				return a(s) != b(s)
			case ">":
				return a(s).(int) > b(s).(int)
			default:
				return a(s).(int) - b(s).(int)
			}
		}
	}
}

func (p *parser) unary() expression {
	if p.take("!") {
		e := p.unary()
		return func(s scope) any { return !e(s).(bool) }
	}
	return p.primary()
}

var (
	identifier = regexp.MustCompile(`^\w+`)
	number     = regexp.MustCompile(`^\d+`)
)

func (p *parser) primary() expression {
	p.skip()
	switch {
	case p.take("("):
		e := p.ternary()
		p.must(")")
		return e
	case p.take("["):
		return p.list("]")
	case p.take("'"):
		return p.text()
	case number.MatchString(p.rest):
		n, _ := strconv.Atoi(number.FindString(p.rest))
		p.rest = number.ReplaceAllString(p.rest, "")
		return func(scope) any { return n }
	}
	name := identifier.FindString(p.rest)
	if p.rest = p.rest[len(name):]; name == "" {
		panic(fmt.Sprintf("no expression: %q", p.rest))
	}
	switch {
	case strings.HasPrefix(p.rest, "("):
		p.rest = p.rest[1:]
		arguments := p.list(")")
		return func(s scope) any { return call(name, arguments(s).([]any)) }
	case p.take("=>"):
		body := p.ternary()
		return func(outer scope) any {
			return lambda(func(v any) any {
				return body(func(n string) any {
					if n == name {
						return v
					}
					return outer(n)
				})
			})
		}
	case name == "true" || name == "false":
		return func(scope) any { return name == "true" }
	}
	return func(s scope) any { return s(name) }
}

// list reads to the bracket that closes it; its items stand on lines of their
// own, or have commas between them.
func (p *parser) list(closing string) expression {
	var items []expression
	for !p.take(closing) {
		items = append(items, p.ternary())
		p.take(",")
	}
	return func(s scope) any {
		values := make([]any, len(items))
		for i, item := range items {
			values[i] = item(s)
		}
		return values
	}
}

// text reads a string after its first quote.
func (p *parser) text() expression {
	var parts []expression
	for {
		i := strings.IndexAny(p.rest, `'\$`)
		literal, sign := p.rest[:i], p.rest[i]
		p.rest = p.rest[i+1:]
		switch {
		case sign == '\\':
			literal, p.rest = literal+p.rest[:1], p.rest[1:]
		case sign == '$' && !strings.HasPrefix(p.rest, "{"):
			literal += "$"
		}
		parts = append(parts, func(scope) any { return literal })
		switch {
		case sign == '\'':
			return func(s scope) any {
				var b strings.Builder
				for _, part := range parts {
					fmt.Fprint(&b, part(s))
				}
				return b.String()
			}
		case sign == '$' && strings.HasPrefix(p.rest, "{"):
			p.rest = p.rest[1:]
			parts = append(parts, p.ternary())
			p.must("}")
		}
	}
}

// call does what Azure's function of that name does.
func call(name string, a []any) any {
	switch name {
	case "fail":
		panic(refusal(a[0].(string)))
	case "empty":
		return length(a[0]) == 0
	case "length":
		return length(a[0])
	case "contains":
		if list, ok := a[0].([]any); ok {
			return slices.Contains(list, a[1])
		}
		return strings.Contains(a[0].(string), a[1].(string))
	case "startsWith":
		return strings.HasPrefix(strings.ToLower(a[0].(string)), strings.ToLower(a[1].(string)))
	case "endsWith":
		return strings.HasSuffix(strings.ToLower(a[0].(string)), strings.ToLower(a[1].(string)))
	case "toLower":
		return strings.ToLower(a[0].(string))
	case "replace":
		return strings.ReplaceAll(a[0].(string), a[1].(string), a[2].(string))
	case "substring":
		return a[0].(string)[a[1].(int) : a[1].(int)+a[2].(int)]
	case "take":
		if list, ok := a[0].([]any); ok {
			return list[:min(len(list), a[1].(int))]
		}
		return a[0].(string)[:min(length(a[0]), a[1].(int))]
	case "split":
		return anys(strings.Split(a[0].(string), a[1].(string)))
	case "last":
		list := a[0].([]any)
		return list[len(list)-1]
	case "join":
		return strings.Join(texts(a[0]), a[1].(string))
	case "range":
		var numbers []any
		for i := range a[1].(int) {
			numbers = append(numbers, a[0].(int)+i)
		}
		return numbers
	case "map":
		list := slices.Clone(a[0].([]any))
		for i, v := range list {
			list[i] = a[1].(lambda)(v)
		}
		return list
	case "filter":
		var kept []any
		for _, v := range a[0].([]any) {
			if a[1].(lambda)(v).(bool) {
				kept = append(kept, v)
			}
		}
		return kept
	}
	panic("no function " + name + " is known here")
}

func length(v any) int {
	if list, ok := v.([]any); ok {
		return len(list)
	}
	return len(v.(string))
}

func anys(list []string) []any {
	values := make([]any, len(list))
	for i, s := range list {
		values[i] = s
	}
	return values
}

func texts(v any) []string {
	var list []string
	for _, s := range v.([]any) {
		list = append(list, s.(string))
	}
	return list
}
