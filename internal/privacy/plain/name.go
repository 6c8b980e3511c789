package plain

import "strings"

// MaxName is the length of the longest name that is looked at.
const MaxName = 48

// Name is a name in small letters, without dashes, underscores and blanks.
func Name(buf *[MaxName]byte, name string) string {
	n := 0
	for i := range len(name) {
		if c := name[i]; c != '-' && c != '_' && c != ' ' && n < len(buf) {
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			buf[n] = c
			n++
		}
	}
	return string(buf[:n])
}

// NameBefore is the name that stands before a sign, perhaps in quotes, in
// brackets or set off by asterisks.
func (t *Text) NameBefore(i int) (first, last int, quoted bool) {
	s, last := t.S, i
	for last > t.Floor && IsBlank(s[last-1]) && i-last < 2 {
		last--
	}
	for last > t.Floor && i-last < 4 && strings.IndexByte("*]", s[last-1]) >= 0 {
		last--
	}
	switch {
	case last > t.Floor && IsQuote(s[last-1]):
		quoted = true
		last--
	case last > t.Floor && s[last-1] == '.': // Tel.:
		last--
	}
	first = last
	for first > t.Floor && last-first < MaxName && (InWord(s[first-1]) || s[first-1] == '-') {
		first--
	}
	return first, last, quoted
}
