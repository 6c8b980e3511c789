// Package quoted finds what a text quotes of a message's body. A serializer that
// cannot read a body puts it into its exception's text, whole or in part, and a
// body belongs to nobody who reads about failures.
package quoted

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mark stands where the body was quoted.
const mark = "[body]"

const (
	gram  = 8  // the length of what is looked up
	least = 16 // a shorter quotation says nothing: it may be a word
	near  = 24 // what lies between two quotations belongs to them

	maxBody   = 256 << 10
	maxValues = 256
)

// A span is a part of a text.
type span struct{ begin, end int }

// Without is a text without what it quotes of a body: any stretch of it,
// whatever its blanks and escapes have become, and the values in it that have
// several words, such as names and streets.
func Without(text, body string) string {
	body = body[:min(len(body), maxBody)]
	if text == "" || len(strings.TrimSpace(body)) < gram {
		return text
	}
	spans := append(stretches(text, body), values(text, body)...)
	if len(spans) == 0 {
		return text
	}
	slices.SortFunc(spans, func(a, b span) int { return a.begin - b.begin })
	var b strings.Builder
	at := 0
	for i := 0; i < len(spans); {
		s := spans[i]
		for i++; i < len(spans) && spans[i].begin < s.end+near; i++ {
			s.end = max(s.end, spans[i].end)
		}
		b.WriteString(text[at:s.begin] + mark)
		at = s.end
	}
	return b.String() + text[at:]
}

// stretches are the parts of a text that stand in the body too.
func stretches(text, body string) []span {
	hay, _ := plain(body)
	needle, raw := plain(text)
	known := make(map[string]int, len(hay)/gram)
	for i := 0; i+gram <= len(hay); i += gram {
		if _, ok := known[string(hay[i:i+gram])]; !ok {
			known[string(hay[i:i+gram])] = i
		}
	}
	var found []span
	last := 0 // behind what was found
	for i := 0; i+gram <= len(needle); i++ {
		j, ok := known[string(needle[i:i+gram])]
		if !ok {
			continue
		}
		begin, end := i, i+gram
		for b := j; begin > last && b > 0 && needle[begin-1] == hay[b-1]; begin, b = begin-1, b-1 {
		}
		for e := j + gram; end < len(needle) && e < len(hay) && needle[end] == hay[e]; end, e = end+1, e+1 {
		}
		whole := end-begin == len(hay)
		quote := strings.TrimRight(text[raw[begin]:raw[end]], " \t\r\n")
		if (whole || end-begin >= least) && structured(quote) {
			found = append(found, wholeRunes(text, raw[begin], raw[begin]+len(quote)))
		}
		if end > i+gram {
			i = end - 1
		}
		last = min(end, i+1)
	}
	return found
}

// wholeRunes widens a span to whole characters.
func wholeRunes(text string, begin, end int) span {
	for begin > 0 && !utf8.RuneStart(text[begin]) {
		begin--
	}
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	return span{begin, end}
}

// structured tells a part of a body from a name that stands in both, such as a
// type's: it has the signs of JSON, XML and the like, or is a sentence.
func structured(s string) bool {
	return strings.ContainsAny(s, "\"'{}<>=&;|\t") || strings.Count(s, " ") > 2 && severalWords(s)
}

// plain is a text without blanks and escapes, and where in the text each of its
// bytes stands; behind them, where the text ends.
func plain(s string) (out []byte, raw []int) {
	out, raw = make([]byte, 0, len(s)), make([]int, 0, len(s)+1)
	for i := 0; i < len(s); {
		c, size := s[i], 1
		switch {
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			c = 0
		case c == '\\' && i+1 < len(s) && (s[i+1] == 'n' || s[i+1] == 'r' || s[i+1] == 't'):
			c, size = 0, 2
		case c == '\\' && strings.HasPrefix(s[i:], `\u0022`):
			c, size = '"', 6
		case c == '\\':
			c = 0
		case c == '&' && strings.HasPrefix(s[i:], "&quot;"):
			c, size = '"', 6
		}
		if c != 0 {
			out, raw = append(out, c), append(raw, i)
		}
		i += size
	}
	return out, append(raw, len(s))
}

// values are where the values of the body that have several words stand in the
// text.
func values(text, body string) []span {
	var found []span
	tried := map[string]bool{}
	for value := range strings.FieldsFuncSeq(body, func(c rune) bool { return c == '"' || c == '<' || c == '>' || c == '\\' }) {
		value = strings.TrimSpace(value)
		if len(value) > 256 || strings.ContainsAny(value, "{}[]\n") || strings.HasPrefix(value, ":") || !severalWords(value) || tried[value] {
			continue
		}
		if tried[value] = true; len(tried) > maxValues {
			break
		}
		for at := 0; ; {
			i := strings.Index(text[at:], value)
			if i < 0 {
				break
			}
			found = append(found, span{at + i, at + i + len(value)})
			at += i + len(value)
		}
	}
	return found
}

// severalWords tells names, streets and sentences from numbers and ids.
func severalWords(value string) bool {
	words := 0
	for word := range strings.FieldsSeq(value) {
		letters := 0
		for _, c := range word {
			if unicode.IsLetter(c) {
				letters++
			}
		}
		if letters > 1 && len(word) < 2*letters+2 {
			words++
		}
	}
	return words > 1
}
