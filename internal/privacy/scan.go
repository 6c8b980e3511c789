package privacy

import (
	"regexp"
	"strings"

	"github.com/busbell/busbell/internal/privacy/personal"
	"github.com/busbell/busbell/internal/privacy/plain"
	"github.com/busbell/busbell/internal/privacy/secret"
)

// scan looks through a text once and replaces what it finds. Every byte is
// cheap; only those that can begin or betray something are looked at closer,
// each in time that the length of what they find bounds.
func (m *Masker) scan(source string, personalToo bool) string {
	t := plain.Read(source, m.words)
	before := byte(plain.None)
	for i := 0; i < len(t.S); {
		kind := plain.Kinds[t.S[i]]
		if kind == plain.None || kind == before && kind != plain.Sign {
			before = kind
			i++
			continue
		}
		before = kind
		f, ok := secret.At(t, i)
		if !ok && personalToo {
			f, ok = personal.At(t, i, m.ids)
		}
		if !ok {
			i++
			continue
		}
		t.Replace(f)
		i, before = f.End, plain.None
	}
	return t.Result()
}

// replace replaces what a team's own pattern matches between masked words.
func (m *Masker) replace(source string, re *regexp.Regexp, word string) string {
	t := plain.Read(source, m.words)
	for begin := 0; begin < len(t.S); {
		end := len(t.S)
		if n := strings.IndexByte(t.S[begin:], plain.Mark); n >= 0 {
			end = begin + n
		}
		for _, found := range re.FindAllStringIndex(t.S[begin:end], -1) {
			if found[0] < found[1] {
				t.Replace(plain.Find{Begin: begin + found[0], End: begin + found[1], Word: word})
			}
		}
		begin = end + 1
	}
	return t.Result()
}
