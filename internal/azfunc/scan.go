package azfunc

import (
	"errors"
	"fmt"
	"iter"
)

// maxDepth is how deep JSON may nest, as in encoding/json.
const maxDepth = 10000

var (
	errSyntax = errors.New("invalid JSON")
	errEnd    = errors.New("unexpected end of JSON")
)

// A scanner walks JSON once, from front to back, and hands out its parts
// without copying them. It takes exactly what encoding/json takes for valid,
// in a fraction of the time. After an error it yields nothing more.
type scanner struct {
	b   []byte
	i   int
	err error
}

// valid reports whether b is one JSON value and nothing else.
func valid(b []byte) bool {
	s := scanner{b: b}
	s.value()
	s.end()
	return s.err == nil
}

// members walks an object and yields its keys, without their quotes but with
// their escapes. The loop's body must take the value that follows.
func (s *scanner) members() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if s.want('{'); s.err != nil || s.take('}') {
			return
		}
		for {
			s.space()
			key := s.token(s.str)
			s.want(':')
			if s.err != nil || !yield(key[1:len(key)-1]) || s.err != nil || !s.more('}') {
				return
			}
		}
	}
}

// elements walks an array and yields its values.
func (s *scanner) elements() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if s.want('['); s.err != nil || s.take(']') {
			return
		}
		for {
			v := s.value()
			if s.err != nil || !yield(v) || !s.more(']') {
				return
			}
		}
	}
}

// value takes the next value and returns its bytes, nil after an error.
func (s *scanner) value() []byte {
	s.space()
	return s.token(func() { s.skip(1) })
}

// end makes it an error that anything but space is left.
func (s *scanner) end() {
	if s.space(); s.err == nil && s.i < len(s.b) {
		s.fail()
	}
}

func (s *scanner) token(take func()) []byte {
	from := s.i
	if s.err == nil {
		take()
	}
	if s.err != nil {
		return nil
	}
	return s.b[from:s.i]
}

// skip takes a value of any kind.
func (s *scanner) skip(depth int) {
	if depth > maxDepth {
		s.fail()
	}
	if s.space(); s.err != nil {
		return
	}
	switch c := s.peek(); {
	case c == '{':
		s.skipAll('{', '}', func() { s.space(); s.str(); s.want(':'); s.skip(depth + 1) })
	case c == '[':
		s.skipAll('[', ']', func() { s.skip(depth + 1) })
	case c == '"':
		s.str()
	case c == '-' || '0' <= c && c <= '9':
		s.number()
	case c == 't':
		s.literal("true")
	case c == 'f':
		s.literal("false")
	case c == 'n':
		s.literal("null")
	default:
		s.fail()
	}
}

func (s *scanner) skipAll(opening, closing byte, one func()) {
	if s.want(opening); s.take(closing) {
		return
	}
	for one(); s.more(closing); one() {
	}
}

// more takes a comma, and reports whether it was one, or the closing bracket.
func (s *scanner) more(closing byte) bool {
	if s.take(',') {
		return true
	}
	s.want(closing)
	return false
}

func (s *scanner) str() {
	if s.peek() != '"' {
		s.fail()
		return
	}
	for i := s.i + 1; i < len(s.b); i++ {
		switch c := s.b[i]; {
		case c == '"':
			s.i = i + 1
			return
		case c == '\\':
			n := escape(s.b[i:])
			if n == 0 {
				s.i = i
				s.fail()
				return
			}
			i += n - 1
		case c < ' ':
			s.i = i
			s.fail()
			return
		}
	}
	s.i = len(s.b)
	s.fail()
}

// escape returns the length of the escape sequence at the start of b, 0 if it
// is none.
func escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 {
			return 0
		}
		for _, c := range b[2:6] {
			if !isHex(c) {
				return 0
			}
		}
		return 6
	}
	return 0
}

func isHex(c byte) bool {
	lower := c | 0x20
	return '0' <= c && c <= '9' || 'a' <= lower && lower <= 'f'
}

func (s *scanner) number() {
	if s.peek() == '-' {
		s.i++
	}
	if s.peek() == '0' {
		s.i++
	} else {
		s.digits()
	}
	if s.peek() == '.' {
		s.i++
		s.digits()
	}
	if s.peek()|0x20 == 'e' {
		s.i++
		if c := s.peek(); c == '+' || c == '-' {
			s.i++
		}
		s.digits()
	}
}

func (s *scanner) digits() {
	from := s.i
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.i++
	}
	if s.i == from {
		s.fail()
	}
}

func (s *scanner) literal(word string) {
	if rest := s.b[s.i:]; len(rest) < len(word) || string(rest[:len(word)]) != word {
		s.fail()
		return
	}
	s.i += len(word)
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// take takes c, if it comes next, and reports whether it did.
func (s *scanner) take(c byte) bool {
	if s.space(); s.err != nil || s.peek() != c {
		return false
	}
	s.i++
	return true
}

func (s *scanner) want(c byte) {
	if !s.take(c) {
		s.fail()
	}
}

// peek returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *scanner) fail() {
	switch {
	case s.err != nil:
	case s.i >= len(s.b):
		s.err = errEnd
	default:
		s.err = fmt.Errorf("%w at byte %d", errSyntax, s.i)
	}
}
