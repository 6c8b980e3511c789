package trace

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/message/typename"
)

// Header takes the exception's type from the front of its text: a name, an
// error code in brackets perhaps, then a colon or the line's end. rest is
// where the exception's message begins. It is false where the text does not
// begin with what looks like a type.
func Header(text string) (typ, rest string, ok bool) {
	name := text[:NameEnd(text)]
	if !typeLike(name) {
		return "", text, false
	}
	rest = afterCode(text[len(name):])
	switch {
	case strings.HasPrefix(rest, ": "):
		rest = rest[2:]
	case strings.HasPrefix(rest, " : ") && IsException(name): // as Cosmos DB writes it
		rest = rest[3:]
	case rest == ":" || strings.HasPrefix(rest, ":\n") || strings.HasPrefix(rest, ":\r"):
		rest = rest[1:]
	case rest == "" || rest[0] == '\n' || rest[0] == '\r':
	case strings.HasPrefix(rest, " ---> "):
	default:
		return "", text, false
	}
	if strings.ContainsAny(name, "`[<") {
		name = typename.Of(name)
	}
	return name, rest, true
}

// NameEnd is the length of the type name at the front of text. What stands
// in square brackets belongs to it, blanks included.
func NameEnd(text string) int {
	depth := 0
	for i, c := range text {
		switch {
		case c == '[' && i > 0:
			depth++
		case c == ']' && depth > 0:
			depth--
		case depth > 0 && c != '\n' && i < maxName:
		case c == '.' || c == '_' || c == '+' || c == '`' || c == '$' || unicode.IsLetter(c) || unicode.IsDigit(c):
			if i >= maxName {
				return i
			}
		default:
			return i
		}
	}
	return len(text)
}

// maxName is longer than any type's name.
const maxName = 1024

// typeLike tells a type's name from the first word of a sentence: it has
// parts, the last of which begins with a capital, or says itself that it is
// an exception.
func typeLike(name string) bool {
	base, _, _ := strings.Cut(name, "[")
	if base == "" || strings.Contains(base, "..") || strings.HasPrefix(base, ".") || strings.HasSuffix(base, ".") {
		return false
	}
	last := base[strings.LastIndexAny(base, ".+")+1:]
	first, _ := utf8.DecodeRuneInString(base)
	if unicode.IsDigit(first) || last == "" {
		return false
	}
	if len(last) == len(base) {
		return IsException(base)
	}
	capital, _ := utf8.DecodeRuneInString(last)
	return unicode.IsUpper(capital) || capital == '_'
}

// IsException reports whether a type's name says that it is an exception.
func IsException(name string) bool {
	base, _, _ := strings.Cut(name, "[")
	base, _, _ = strings.Cut(base, "`")
	return strings.HasSuffix(base, "Exception") || strings.HasSuffix(base, "Error")
}

// afterCode skips an error code such as " (0x80131904)" or " (111)".
func afterCode(s string) string {
	if !strings.HasPrefix(s, " (") || len(s) < 4 {
		return s
	}
	end := strings.IndexByte(s[:min(len(s), 40)], ')')
	if end < 0 || s[2] != '-' && (s[2] < '0' || s[2] > '9') {
		return s
	}
	for _, c := range []byte(s[2:end]) {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') && c != 'x' && c != '-' && c != ',' && c != ' ' {
			return s
		}
	}
	return s[end+1:]
}
