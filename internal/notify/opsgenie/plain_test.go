package opsgenie

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func FuzzTexts(f *testing.F) {
	f.Add("a\r\n\tb\x00\u200b\u202e", 10)
	f.Add("\xff日本語", 2)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 1 + limit&0xfff
		one, many := line(s, limit), block(s, limit)
		for _, got := range []string{one, many} {
			if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit {
				t.Errorf("%q (limit %d) from %q", got, limit, s)
			}
			if strings.ContainsFunc(got, func(r rune) bool { return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
				t.Errorf("%q holds what cannot be seen", got)
			}
		}
		if strings.Contains(one, "\n") {
			t.Errorf("%q has two lines", one)
		}
	})
}
