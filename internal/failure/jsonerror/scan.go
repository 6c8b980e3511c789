package jsonerror

import (
	"cmp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A scanner reads a JSON text from left to right and never fails: what is cut
// or damaged ends it.
type scanner struct {
	text string
	i    int
	cut  bool // the text ends before its object does
}

// object reads the object at the scanner's place.
func (s *scanner) object(depth int) *thrown {
	e := new(thrown)
	s.i++ // the brace
	for s.more('}') {
		if s.text[s.i] != '"' {
			s.stop()
			return e
		}
		key := s.string()
		if !s.at(':') {
			s.stop()
			return e
		}
		s.i++
		s.value(e, key, depth)
	}
	return e
}

// more skips blanks and commas, and reports whether something stands before the
// end of an object or list, which it skips as well.
func (s *scanner) more(end byte) bool {
	for s.i < len(s.text) && strings.IndexByte(" \t\r\n,", s.text[s.i]) >= 0 {
		s.i++
	}
	if s.i >= len(s.text) {
		s.cut = true
		return false
	}
	if s.text[s.i] == end {
		s.i++
		return false
	}
	return true
}

// at skips blanks and reports whether c follows.
func (s *scanner) at(c byte) bool {
	for s.i < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.i]) >= 0 {
		s.i++
	}
	return s.i < len(s.text) && s.text[s.i] == c
}

// stop ends the text here.
func (s *scanner) stop() { s.i, s.cut = len(s.text), true }

// value reads the value of a key into e.
func (s *scanner) value(e *thrown, key string, depth int) {
	role := roleOf(key)
	switch {
	case s.at('"'):
		switch role {
		case other:
			s.skipString()
		case stack:
			e.rawStack = cmp.Or(e.rawStack, s.raw())
		default:
			e.add(role, s.string())
		}
	case s.at('{') && depth < maxDepth && (role == cause || role == whole):
		e.hold(role, s.object(depth+1))
	case s.at('[') && depth < maxDepth && (role == cause || role == whole || role == stack):
		s.list(e, role, depth)
	default:
		s.skip()
	}
}

// list reads a list: of causes the first counts, of a stack all lines.
func (s *scanner) list(e *thrown, r role, depth int) {
	s.i++
	var frames strings.Builder
	for s.more(']') {
		switch {
		case s.at('"') && r == stack:
			frames.WriteString(s.string() + "\n")
		case s.at('{') && r == stack:
			frames.WriteString(s.javaFrame())
		case s.at('{'):
			e.hold(r, s.object(depth+1))
		case s.at('}'):
			s.stop() // of an object that is not open
		default:
			s.skip()
		}
	}
	if r == stack {
		e.lines = cmp.Or(e.lines, strings.TrimSuffix(frames.String(), "\n"))
	}
}

// javaFrame reads an element of a stack as Jackson writes it.
func (s *scanner) javaFrame() string {
	var class, method string
	s.i++
	for s.more('}') {
		key := ""
		if s.text[s.i] == '"' {
			key = s.string()
		}
		if !s.at(':') {
			s.stop()
			break
		}
		s.i++
		switch {
		case s.at('"') && key == "className":
			class = s.string()
		case s.at('"') && key == "methodName":
			method = s.string()
		default:
			s.skip()
		}
	}
	if class == "" || method == "" {
		return ""
	}
	return "   at " + class + "." + method + "()\n"
}

// skip skips any value.
func (s *scanner) skip() {
	for depth := 0; s.i < len(s.text); {
		switch s.text[s.i] {
		case '"':
			s.skipString()
		case '{', '[':
			depth++
			s.i++
		case '}', ']':
			if depth == 0 {
				return // it ends what holds the value
			}
			depth--
			s.i++
		case ',':
			if depth == 0 {
				return
			}
			s.i++
		default:
			s.i++
			if rest := s.text[s.i:]; depth > 0 {
				if next := strings.IndexAny(rest, `"{}[]`); next > 0 {
					s.i += next
				}
			}
			continue
		}
		if depth == 0 {
			return
		}
	}
	s.cut = true
}

// skipString skips the string at the scanner's place.
func (s *scanner) skipString() {
	for s.i++; s.i < len(s.text); s.i++ {
		switch s.text[s.i] {
		case '\\':
			s.i++
		case '"':
			s.i++
			return
		}
	}
	s.stop()
}

// string reads the string at the scanner's place.
func (s *scanner) string() string { return unescaped(s.raw()) }

// raw reads the string at the scanner's place, or what a limit left of it, with
// its escapes.
func (s *scanner) raw() string {
	begin := s.i + 1
	s.skipString()
	raw := s.text[begin:]
	if s.i <= len(s.text) && !s.cut {
		raw = s.text[begin : s.i-1]
	}
	return raw
}

// unescaped is the text of a string.
func unescaped(raw string) string {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw
	}
	var b strings.Builder
	b.Grow(len(raw))
	unescape(&b, raw)
	return b.String()
}

// unescape writes the text of a string, or what a limit left of it.
func unescape(b *strings.Builder, raw string) {
	for i := 0; i < len(raw); {
		end := strings.IndexByte(raw[i:], '\\')
		if end < 0 {
			b.WriteString(raw[i:])
			break
		}
		b.WriteString(raw[i : i+end])
		i += end
		c, size := escape(raw[i:])
		if size == 0 {
			break // cut within it
		}
		if c != 0 {
			b.WriteRune(c)
		}
		i += size
	}
}

// escape reads the escape sequence at the front of a text: 0 for one that is
// left out, and no size where it is cut.
func escape(raw string) (c rune, size int) {
	if len(raw) < 2 {
		return 0, 0
	}
	switch raw[1] {
	case 'n':
		return '\n', 2
	case 'r':
		return 0, 2 // of a line end, \n follows it
	case 't':
		return '\t', 2
	case 'b', 'f':
		return ' ', 2
	case 'u':
		return unicodeEscape(raw)
	}
	c, size = utf8.DecodeRuneInString(raw[1:])
	return c, 1 + size
}

// unicodeEscape reads \u00e6, or the two of a surrogate pair.
func unicodeEscape(raw string) (c rune, size int) {
	if len(raw) < 6 {
		return 0, 0
	}
	n, err := strconv.ParseUint(raw[2:6], 16, 32)
	switch {
	case err != nil:
		return 'u', 2
	case n >= 0xd800 && n < 0xdc00 && len(raw) >= 12 && raw[6:8] == `\u`:
		if low, err := strconv.ParseUint(raw[8:12], 16, 32); err == nil && low >= 0xdc00 && low < 0xe000 {
			return rune(0x10000 + (n-0xd800)<<10 + (low - 0xdc00)), 12
		}
		return utf8.RuneError, 6
	case n >= 0xd800 && n < 0xe000:
		return utf8.RuneError, 6
	}
	return rune(n), 6
}
