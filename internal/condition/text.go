package condition

import (
	"net/url"
	"strings"

	"github.com/busbell/busbell/internal/setting"
)

// A Text is a compiled `say` or `url`: literal text of the configuration's
// author with {…} placeholders. It is safe for concurrent use.
type Text struct{ pieces []piece }

// A piece is either literal or an expression.
type piece struct {
	literal string
	expr    *expression
}

// A Part is a piece of an evaluated text.
type Part struct {
	Text string

	// Foreign marks a placeholder's value: it came from outside and must be
	// escaped. Without it the part is the author's own.
	Foreign bool

	// Expr is the placeholder's expression, "event.OrderId".
	Expr string

	// Missing marks a placeholder that has no value here; Text is then "?".
	Missing bool
}

// CompileText compiles a text. {{ and }} stand for braces.
func CompileText(text string, scope Scope) (*Text, []setting.Problem) {
	if len(text) > maxText {
		return nil, one("a text that is too long", "4096 bytes are the most")
	}
	var t Text
	var all []setting.Problem
	var literal strings.Builder
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case (c == '{' || c == '}') && i+1 < len(text) && text[i+1] == c:
			literal.WriteByte(c)
			i += 2
		case c != '{':
			literal.WriteByte(c)
			i++
		default:
			end := closing(text[i:])
			if end < 0 {
				return nil, append(all, setting.Problem{Offset: i, What: "a placeholder without an end", Cure: "end it with }, or write {{ for a brace"})
			}
			e, problems := compilePlaceholder(text[i+1:i+end], scope)
			for _, p := range problems {
				p.Offset += i + 1
				all = append(all, p)
			}
			t.pieces = append(t.pieces, piece{literal: literal.String()}, piece{expr: &e})
			literal.Reset()
			i += end + 1
		}
	}
	t.pieces = append(t.pieces, piece{literal: literal.String()})
	if all != nil {
		return nil, all
	}
	return &t, nil
}

func compilePlaceholder(text string, scope Scope) (expression, []setting.Problem) {
	v, problems := CompileValue(text, scope)
	if problems != nil {
		return expression{}, problems
	}
	return v.expr, nil
}

// closing is the index of the brace that closes the one at the beginning, -1
// where there is none. Braces in quotes do not count.
func closing(s string) int {
	var quote byte
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// Parts evaluates the placeholders. The parts are good whatever the message
// lacks; missing holds an error for each placeholder without a value, among
// them a *[MissingKey] for what is absent.
func (t *Text) Parts(v Vars) (parts []Part, missing []error) {
	for _, p := range t.pieces {
		if p.expr == nil {
			if p.literal != "" {
				parts = append(parts, Part{Text: p.literal})
			}
			continue
		}
		s, err := (&Value{*p.expr}).Of(v)
		if err != nil {
			missing = append(missing, err)
			parts = append(parts, Part{Text: "?", Foreign: true, Expr: p.expr.text, Missing: true})
			continue
		}
		parts = append(parts, Part{Text: s, Foreign: true, Expr: p.expr.text})
	}
	return parts, missing
}

// URL evaluates the text as an address: each value is escaped so that it is
// one segment of a path or one value of a query, whatever it holds. It is ""
// where a value is missing or empty.
func (t *Text) URL(v Vars) string {
	parts, _ := t.Parts(v)
	var b strings.Builder
	for _, p := range parts {
		switch {
		case !p.Foreign:
			b.WriteString(p.Text)
		case p.Missing || p.Text == "" || p.Text == "." || p.Text == "..":
			return ""
		default:
			b.WriteString(strings.ReplaceAll(url.QueryEscape(p.Text), "+", "%20"))
		}
	}
	return b.String()
}
