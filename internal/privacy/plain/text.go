// Package plain reads a text as a person would: escapes (\u0026, %26, &amp;)
// undone, one byte for each word that already replaces something. What is
// found there is replaced in the text as it was.
package plain

import (
	"strings"
)

// Mark stands in a text for a word that already replaces something. No valid
// text holds this byte.
const Mark = 0xff

// Marks is Mark as a text.
const Marks = "\xff"

// A Text is what the detectors look at: the source with its escapes undone,
// in which each word of ours is one Mark.
type Text struct {
	S string

	// Floor is the first byte of S that a find may begin at.
	Floor int

	source string
	begins []int32 // where in the source each byte of S begins, and last the source's end; nil where they are alike
	levels []Level // nil: nothing was escaped

	out  strings.Builder
	done int // what comes before in the source is in out
}

// A Find is a part of a text and the word that replaces it.
type Find struct {
	Begin, End int
	Word       string
}

// A Level counts how often a byte was escaped.
type Level struct {
	All uint8 // in any way
	Own uint8 // in a way that belongs to the value, as %26, and not to what encloses it, as &amp;
}

// maxLevels bounds how often escapes within escapes are undone.
const maxLevels = 4

// Read undoes the escapes of a source, in which words may stand.
func Read(source string, words []string) *Text {
	t := &Text{source: source, S: source}
	if !strings.ContainsAny(source, `[\%&`) {
		return t
	}
	t.undo(func(s string, i int) (string, int, bool) {
		if s[i] == '[' {
			for _, w := range words {
				if strings.HasPrefix(s[i:], w) {
					return Marks, len(w), false
				}
			}
		}
		return "", 0, false
	})
	for range maxLevels {
		if !t.undo(unescape) {
			break
		}
	}
	return t
}

// undo replaces what next finds in the text, and reports whether it found any.
func (t *Text) undo(next func(s string, i int) (with string, width int, own bool)) bool {
	const first = "[\\%&"
	at := strings.IndexAny(t.S, first)
	var b []byte
	var begins []int32
	var levels []Level
	done := 0
	take := func(end int) {
		b = append(b, t.S[done:end]...)
		for i := done; i < end; i++ {
			begins = append(begins, int32(t.begin(i)))
			levels = append(levels, t.Level(i))
		}
	}
	for at < len(t.S) && at >= 0 {
		with, width, own := next(t.S, at)
		if width == 0 {
			at++
		} else {
			if b == nil {
				b, begins, levels = make([]byte, 0, len(t.S)), make([]int32, 0, len(t.S)+1), make([]Level, 0, len(t.S))
			}
			take(at)
			var of Level
			for i := at; i < at+width; i++ {
				of = Level{max(of.All, t.Level(i).All), max(of.Own, t.Level(i).Own)}
			}
			if with != Marks {
				of.All++
			}
			if own {
				of.Own++
			}
			for range len(with) {
				begins = append(begins, int32(t.begin(at)))
				levels = append(levels, of)
			}
			b = append(b, with...)
			at += width
			done = at
		}
		n := strings.IndexAny(t.S[at:], first)
		if n < 0 {
			break
		}
		at += n
	}
	if b == nil {
		return false
	}
	take(len(t.S))
	t.begins = append(begins, int32(len(t.source)))
	t.S, t.levels = string(b), levels
	return true
}

func (t *Text) begin(i int) int {
	if t.begins == nil {
		return i
	}
	return int(t.begins[i])
}

// Level is how often the byte at i was escaped.
func (t *Text) Level(i int) Level {
	if t.levels == nil {
		return Level{}
	}
	return t.levels[i]
}

// span is where in the source a part of the text stands. A character that an
// escape stands for is not halved.
func (t *Text) span(begin, end int) (int, int) {
	if t.begins == nil {
		return begin, end
	}
	for end < len(t.S) && end > 0 && t.begins[end] == t.begins[end-1] {
		end++
	}
	return int(t.begins[begin]), int(t.begins[end])
}

// Replace replaces a find, which must not begin before the Floor.
func (t *Text) Replace(f Find) {
	begin, end := t.span(f.Begin, f.End)
	if t.done == 0 {
		t.out.Grow(len(t.source))
	}
	t.out.WriteString(t.source[t.done:begin])
	t.out.WriteString(f.Word)
	t.done, t.Floor = end, f.End
}

// Result is the source with all finds replaced.
func (t *Text) Result() string {
	if t.done == 0 {
		return t.source
	}
	return t.out.String() + t.source[t.done:]
}
