package condition

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/busbell/busbell/internal/condition/function"
	"github.com/busbell/busbell/internal/setting"
)

// problems puts what CEL found into our words. Of a text that cannot be
// parsed it is the first place only: what the parser says after it is noise.
func problems(text string, scope Scope, issues *cel.Issues) []setting.Problem {
	var all []setting.Problem
	for _, e := range issues.Errors() {
		at := offset(text, e.Location.Line(), e.Location.Column())
		if rest, ok := strings.CutPrefix(e.Message, "Syntax error: "); ok {
			return []setting.Problem{syntax(text, at, rest)}
		}
		if len(all) < 5 {
			all = append(all, explain(text, scope, at, e.Message))
		}
	}
	slices.SortStableFunc(all, func(p, q setting.Problem) int { return cmp.Compare(p.Offset, q.Offset) })
	return all
}

// offset is the byte offset of a line, from 1, and a column in characters,
// from 0.
func offset(text string, line, column int) int {
	start := 0
	for range line - 1 {
		_, after, found := strings.Cut(text[start:], "\n")
		if !found {
			break
		}
		start = len(text) - len(after)
	}
	for at := range text[start:] {
		if column <= 0 {
			return start + at
		}
		column--
	}
	return len(text)
}

var (
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	overload   = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'$`)
	expected   = regexp.MustCompile(`^expected type '([^']*)' but found '([^']*)'`)
	badWord    = regexp.MustCompile(`^(and|or|not)\b`)
	badNumber  = regexp.MustCompile(`[0-9]+(h|m|s|d|ms)\b`)
)

// explain puts one message of the type checker into our words.
func explain(text string, scope Scope, at int, message string) setting.Problem {
	if found := undeclared.FindStringSubmatch(message); found != nil {
		return unknown(text, scope, at, found[1])
	}
	if found := overload.FindStringSubmatch(message); found != nil {
		what, cure := mismatch(found[1], found[2])
		return setting.Problem{Offset: at, What: what, Cure: cure}
	}
	if found := expected.FindStringSubmatch(message); found != nil {
		cure := "convert it"
		if found[1] == "bool" {
			cure = "compare it, like " + example[scope]
		}
		return setting.Problem{Offset: at, What: "expected " + a(found[1]) + ", found " + a(found[2]), Cure: cure}
	}
	return setting.Problem{Offset: at, What: plain(firstLine(message)), Cure: "write an expression like " + example[scope]}
}

// syntax explains why a text cannot be parsed.
func syntax(text string, at int, message string) setting.Problem {
	p := setting.Problem{Offset: at, What: "not an expression from here on", Cure: `texts stand in "…" or '…', conditions are joined with && and ||`}
	rest := text[at:]
	switch {
	case rest == "":
		p.What, p.Cure = "an expression that ends too early", "finish it, or leave out the last operator"
	case strings.HasPrefix(rest, "="):
		p.What, p.Cure = "= is no comparison", "write =="
	case rest[0] == '"' || rest[0] == '\'':
		p.What, p.Cure = "a text without an end", "end it with "+rest[:1]
	case badNumber.MatchString(text) && strings.Contains("hmsd", rest[:1]):
		p.What, p.Cure = "a duration stands in a function", `write duration("2h")`
	case badWord.MatchString(rest), badWord.MatchString(strings.TrimSpace(text[:at])):
		p.What, p.Cure = "and, or, not are written in signs", "write &&, ||, !"
	case strings.Contains(message, "recursion limit"), strings.Contains(message, "size exceeds"):
		p.What, p.Cure = "an expression that is too deep", "write it simpler"
	}
	return p
}

// unknown explains a name that is not declared, around at: an unknown
// variable, an unknown field of a known one, or an unknown function.
func unknown(text string, scope Scope, at int, name string) setting.Problem {
	for start := max(0, at-len(name)); start <= at; start++ {
		if strings.HasPrefix(text[start:], name) {
			at = start
			break
		}
	}
	if strings.HasPrefix(text[min(at+len(name), len(text)):], "(") {
		return setting.Problem{Offset: at, What: fmt.Sprintf("unknown function %q", name), Cure: setting.Suggest(name, function.Names)}
	}
	root, field, _ := strings.Cut(name, ".")
	here := slices.Contains(names[scope], root)
	switch {
	case !here && slices.Contains(slices.Concat(names[:]...), root):
		return setting.Problem{Offset: at, What: root + " is not known here", Cure: "known here: " + strings.Join(names[scope], ", ")}
	case !here:
		return setting.Problem{Offset: at, What: fmt.Sprintf("unknown name %q", root), Cure: setting.Suggest(root, names[scope])}
	case field == "":
		return setting.Problem{Offset: at, What: root + " is not a value by itself", Cure: "write " + root + "." + strings.Join(fieldNames(root), ", "+root+".")}
	}
	field, _, _ = strings.Cut(field, ".")
	return setting.Problem{Offset: at + len(root) + 1, What: fmt.Sprintf("%s has no field %q", root, field), Cure: setting.Suggest(field, fieldNames(root))}
}

func fieldNames(root string) []string {
	var list []string
	for _, f := range fields[root] {
		list = append(list, f.name)
	}
	return list
}

// mismatch explains operands or arguments of types that do not fit.
func mismatch(function, types string) (what, cure string) {
	types = plain(types)
	what = function + " does not take " + types
	if sign := strings.Trim(function, "_@"); sign != function {
		what = sign + " does not take " + types
		if operands := strings.Split(strings.Trim(types, "()"), ", "); len(operands) == 2 {
			what = fmt.Sprintf("%s does not stand between %s and %s", sign, a(operands[0]), a(operands[1]))
		}
	}
	switch {
	case strings.Contains(types, "duration") && strings.Contains(types, "string"):
		cure = `write the duration as duration("2h")`
	case strings.Contains(types, "timestamp") && strings.Contains(types, "string"):
		cure = `write the time as timestamp("2026-12-31T00:00:00Z")`
	case strings.Contains(types, "int") && strings.Contains(types, "string"):
		cure = "numbers stand without quotes, texts with them; string(…) and int(…) convert"
	default:
		cure = "convert one with string(…), int(…) or double(…)"
	}
	return what, cure
}

// a is a type with its article.
func a(typ string) string {
	if strings.HasPrefix(typ, "int") {
		return "an " + typ
	}
	return "a " + plain(typ)
}

// plain takes CEL's own type names out of a message.
func plain(s string) string {
	return strings.NewReplacer("google.protobuf.Timestamp", "timestamp", "google.protobuf.Duration", "duration").Replace(s)
}
