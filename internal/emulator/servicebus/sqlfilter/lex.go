package sqlfilter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

type kind int

const (
	end      kind = iota
	word          // a name or keyword, as written
	quoted        // a name in brackets or double quotes, without them
	text          // a string constant
	number        // an int64 or float64
	argument      // a @parameter
	symbol        // an operator or bracket
)

// A token is one piece of an expression.
type token struct {
	kind   kind
	text   string
	value  any // of a number
	column int
}

// is reports whether a token is a keyword or symbol.
func (t token) is(s string) bool {
	return t.kind == symbol && t.text == s || t.kind == word && strings.EqualFold(t.text, s)
}

func (t token) String() string {
	if t.kind == end {
		return "the end"
	}
	return strconv.Quote(t.text)
}

func wrong(column int, format string, args ...any) error {
	return &SyntaxError{column, fmt.Sprintf(format, args...)}
}

var keywords = []string{"and", "or", "not", "in", "like", "escape", "is", "null", "exists", "true", "false"}

func isKeyword(s string) bool { return slices.Contains(keywords, strings.ToLower(s)) }

// lex cuts an expression into tokens, the last of which is the end.
func lex(s string) ([]token, error) {
	in := []rune(s)
	if len(in) > maxLength {
		return nil, wrong(maxLength+1, "an expression has at most %d characters, this has %d", maxLength, len(in))
	}
	var out []token
	for at := 0; at < len(in); {
		if unicode.IsSpace(in[at]) {
			at++
			continue
		}
		t, next, err := scan(in, at)
		if err != nil {
			return nil, err
		}
		t.column = at + 1
		out = append(out, t)
		at = next
	}
	return append(out, token{kind: end, column: len(in) + 1}), nil
}

// scan reads the token at a place and returns where it ends.
func scan(in []rune, at int) (token, int, error) {
	c := in[at]
	switch {
	case unicode.IsLetter(c):
		stop := run(in, at, inName)
		return token{kind: word, text: string(in[at:stop])}, stop, nil
	case c == '@':
		stop := run(in, at+1, inName)
		if stop == at+1 {
			return token{}, 0, wrong(at+1, "a parameter needs a name after @")
		}
		return token{kind: argument, text: string(in[at:stop])}, stop, nil
	case isDigit(c):
		return scanNumber(in, at)
	case c == '\'':
		return scanQuoted(in, at, text, '\'', "string")
	case c == '"':
		return scanQuoted(in, at, quoted, '"', "name")
	case c == '[':
		return scanQuoted(in, at, quoted, ']', "name")
	}
	for _, s := range []string{"<>", "!=", ">=", "<=", "=", ">", "<", "+", "-", "*", "/", "%", "(", ")", ",", ".", ";"} {
		if strings.HasPrefix(string(in[at:min(at+2, len(in))]), s) {
			return token{kind: symbol, text: s}, at + len(s), nil
		}
	}
	return token{}, 0, wrong(at+1, "unexpected character %q; names with other characters than letters, digits and _ stand in [brackets]", c)
}

func inName(c rune) bool  { return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) }
func isDigit(c rune) bool { return c >= '0' && c <= '9' }

// run returns where a run of characters ends.
func run(in []rune, at int, member func(rune) bool) int {
	for at < len(in) && member(in[at]) {
		at++
	}
	return at
}

// scanQuoted reads up to a closing mark; two of them stand for one.
func scanQuoted(in []rune, at int, k kind, mark rune, what string) (token, int, error) {
	var b strings.Builder
	for i := at + 1; i < len(in); i++ {
		switch {
		case in[i] != mark:
			b.WriteRune(in[i])
		case i+1 < len(in) && in[i+1] == mark:
			b.WriteRune(mark)
			i++
		case b.Len() == 0 && k == quoted:
			return token{}, 0, wrong(at+1, "empty name")
		default:
			return token{kind: k, text: b.String()}, i + 1, nil
		}
	}
	return token{}, 0, wrong(at+1, "this %s has no closing %c", what, mark)
}

// scanNumber reads an integer, or a decimal or exponential number.
func scanNumber(in []rune, at int) (token, int, error) {
	stop := run(in, at, isDigit)
	whole := true
	if stop+1 < len(in) && in[stop] == '.' && isDigit(in[stop+1]) {
		whole, stop = false, run(in, stop+1, isDigit)
	}
	if stop < len(in) && (in[stop] == 'e' || in[stop] == 'E') {
		digits := stop + 1
		if digits < len(in) && (in[digits] == '+' || in[digits] == '-') {
			digits++
		}
		if after := run(in, digits, isDigit); after > digits {
			whole, stop = false, after
		}
	}
	s := string(in[at:stop])
	if stop < len(in) && inName(in[stop]) {
		return token{}, 0, wrong(at+1, "%q is no number, and a name starts with a letter", s+string(in[stop]))
	}
	var v any
	var err error
	if whole {
		v, err = strconv.ParseInt(s, 10, 64)
	} else {
		v, err = strconv.ParseFloat(s, 64)
	}
	if err != nil {
		return token{}, 0, wrong(at+1, "the number %s is out of range", s)
	}
	return token{kind: number, text: s, value: v}, stop, nil
}
