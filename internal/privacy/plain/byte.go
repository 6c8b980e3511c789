package plain

import "strings"

// The kinds of bytes, by what they can be the sign of.
const (
	None   = iota
	Letter // the first of some may begin something
	Digit  // likewise
	Sign   // may stand in or at the beginning of something
)

// Kinds has the kind of every byte.
var Kinds = func() (t [256]byte) {
	for c := range t {
		switch {
		case IsLetter(byte(c)):
			t[c] = Letter
		case IsDigit(byte(c)):
			t[c] = Digit
		}
	}
	for _, c := range []byte("=:@+-<[\"'`") {
		t[c] = Sign
	}
	return t
}()

// IsDigit reports whether c is a digit of ASCII.
func IsDigit(c byte) bool { return '0' <= c && c <= '9' }

// IsLetter reports whether c is a letter of ASCII.
func IsLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// InWord reports whether c is a letter, a digit or an underscore.
func InWord(c byte) bool { return IsLetter(c) || IsDigit(c) || c == '_' }

// IsBlank reports whether c is a blank or a tab.
func IsBlank(c byte) bool { return c == ' ' || c == '\t' }

// IsQuote reports whether c is a quote.
func IsQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// Run is the end of the bytes from i on that ok accepts, at most limit of them.
func Run(s string, i, limit int, ok func(byte) bool) int {
	end := i
	for end < len(s) && end-i < limit && ok(s[end]) {
		end++
	}
	return end
}

// OnlyMarks reports whether a part of a text is nothing but marks, and bytes
// of around.
func OnlyMarks(s, around string) bool {
	for i := range len(s) {
		if s[i] != Mark && strings.IndexByte(around, s[i]) < 0 {
			return false
		}
	}
	return true
}
