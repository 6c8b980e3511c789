// Package pattern reduces a text to what stays the same from case to case, so
// that one problem is known again whatever order, customer or moment its text
// names.
//
// [Append] reads a text word by word. A value becomes #: words with digits,
// dates and times in words, e-mail addresses, URLs, paths, hex and base64, and
// what stands in quotes. Durations become "# s" and sizes "# B", whatever
// their units. A quoted name of a type is no value: two missing types are two
// problems.
package pattern

import "strings"

// How much of a text makes its pattern, how many steps that may take, how long
// a quoted value may be, and how far other values are recognized.
const (
	maxPattern = 256
	maxSteps   = 1024
	maxQuoted  = 512
	maxValue   = 256
)

// Append appends the pattern of s to b. Neighbouring #, parted by punctuation
// alone, are one. What is long costs no more than its reading.
func Append(b []byte, s string) []byte {
	f := folder{b: b, begin: len(b), s: s}
	for n := 0; n < maxSteps && f.i < len(s) && len(f.b)-f.begin < maxPattern; n++ {
		f.step()
	}
	return f.b
}

// A folder writes the pattern of s, read up to i, behind begin of b.
type folder struct {
	b     []byte
	begin int
	s     string
	i     int
}

// shapes are the values that are known by how they look from their first
// character on. Each returns the length of its value at the front of a text,
// 0 where there is none.
var shapes = []func(string) int{address, location, hexGroups, moment, hexWord, base64Run}

func (f *folder) step() {
	rest := f.s[f.i:]
	c := rest[0]
	if f.quoted() {
		return
	}
	if c >= 0x80 {
		if n := eastern(rest); n > 0 {
			f.value(n)
			return
		}
	}
	if f.border() {
		if n := scheme(rest); n > 0 {
			f.copy(n)
			f.value(untilBlank(f.s[f.i:]))
			return
		}
		for _, shape := range shapes {
			if n := shape(rest); n > 0 {
				f.value(n)
				f.unit()
				return
			}
		}
	}
	switch n, digits := word(rest); {
	case digits:
		f.value(n)
		f.unit()
	case n > 0:
		f.copy(n)
	case c == '\r':
		f.i++
	default:
		f.copy(1)
	}
}

// border reports whether a value may begin here: not within a word.
func (f *folder) border() bool {
	if f.i == 0 {
		return true
	}
	before := f.s[f.i-1]
	return before < 0x80 && !wordByte(before) && (before != '<' || f.s[f.i] != '/') // </Order> is no path
}

func (f *folder) copy(n int) {
	f.b = append(f.b, f.s[f.i:f.i+n]...)
	f.i += n
}

// value puts # for the next n bytes and takes back an earlier one that only
// punctuation of numbers and dates, blanks of any width among it, parts from
// this.
func (f *folder) value(n int) {
	f.i += n
	i := len(f.b)
	for i > f.begin && i > len(f.b)-4 && strings.IndexByte(".,:/-+'\xe2\x80\xaf\x99\xc2\xa0", f.b[i-1]) >= 0 {
		i--
	}
	if i > f.begin && f.b[i-1] == '#' {
		f.b = f.b[:i]
		return
	}
	f.b = append(f.b, '#')
}

func wordByte(c byte) bool { return letter(c) || decimal(c) || c == '_' || c == '-' }

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func decimal(c byte) bool { return '0' <= c && c <= '9' }

// word is the length of the word at the front of s, and whether it has a digit
// in it. Bytes of other scripts are no part of a word and stay as they are.
func word(s string) (n int, digits bool) {
	for ; n < len(s) && wordByte(s[n]); n++ {
		digits = digits || decimal(s[n])
	}
	return n, digits
}
