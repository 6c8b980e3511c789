package render

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/notify"
)

func TestMrkdwn(t *testing.T) {
	for _, tt := range []struct {
		name  string
		text  notify.Text
		limit int
		want  string
	}{
		{"ours as it stands", notify.Text{notify.Ours(":tada: *x* <!here>")}, 99, ":tada: *x* <!here>"},
		{"foreign escaped", notify.Text{notify.Foreign("<!here> & co")}, 99, "&lt;!here&gt; &amp; co"},
		{"foreign with marks in code", notify.Text{notify.Foreign("*x*")}, 99, "`*x*`"},
		{"foreign quote in code", notify.Text{notify.Foreign("> x")}, 99, "`&gt; x`"},
		{"backticks", notify.Text{notify.Code("List`1")}, 99, "`List'1`"},
		{"bold", notify.Text{notify.Bold(" x ")}, 99, "*x*"},
		{"mark after a word", notify.Text{notify.Ours("C"), notify.Code("7")}, 99, "C\u200b`7`"},
		{"word after a mark", notify.Text{notify.Code("7"), notify.Foreign("C")}, 99, "`7`\u200bC"},
		{"mark after a mark", notify.Text{notify.Code("7"), notify.Code("8")}, 99, "`7`\u200b`8`"},
		{"time", notify.Text{notify.At(0), notify.At(60)}, 99, "<!date^60^{date_short_pretty} {time}|1970-01-01 00:01 UTC>"},
		{"link", notify.Text{{Ours: "Trace", URL: "https://x.example/?a=1&b=|>"}}, 99, "<https://x.example/?a=1&amp;b=%7C%3E|Trace>"},
		{"foreign link", notify.Text{{Foreign: "a_b>", URL: "https://x.example/"}}, 99, "`<https://x.example/|a_b&gt;>`"},
		{"no web address", notify.Text{{Ours: "x", URL: "javascript:1"}}, 99, "x"},
		{"cut before escaping", notify.Text{notify.Foreign("ab<<<<")}, 9, "ab&lt;…"},
		{"cut in code", notify.Text{notify.Code("abcdef")}, 6, "`abc`…"},
		{"cut ours before a token", notify.Text{notify.Ours("abc <!here> d")}, 9, "abc …"},
		{"no room for a time", notify.Text{notify.Ours("since "), notify.At(60)}, 20, "since …"},
		{"exactly", notify.Text{notify.Foreign("abc")}, 3, "abc"},
		{"spaces", notify.Text{notify.Foreign("a \t\r\n b\u00a0c ")}, 99, "a b c "},
		{"invisible", notify.Text{notify.Foreign("a\u200b\u202eb\x00\x1bc\xff")}, 99, "ab c\ufffd"},
	} {
		if got := Mrkdwn(tt.text, tt.limit); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestTracesAreCutByLinesAndRunes(t *testing.T) {
	for _, tt := range []struct {
		in          string
		most, limit int
		want        string
	}{
		{"a\r\n\tb\n", 8, 99, "a\n    b"},
		{"a\nb\nc", 2, 99, "a\nb\n…"},
		{"abcdef", 8, 6, "abcdef"},
		{"abcdefg", 8, 6, "abcd\n…"},
		{"a\x00\u202eb", 8, 9, "ab"},
		{"", 8, 9, ""},
	} {
		if got := Lines(tt.in, tt.most, tt.limit); got != tt.want {
			t.Errorf("lines(%q, %d, %d) = %q, want %q", tt.in, tt.most, tt.limit, got, tt.want)
		}
	}
}

var (
	entity = regexp.MustCompile(`&(amp|lt|gt);`)
	ours   = regexp.MustCompile(`<https://x\.example/|<!date\^60\^\{date_short_pretty\} \{time\}\|1970-01-01 00:01 UTC>`)
)

func FuzzForeignTextStaysHarmless(f *testing.F) {
	f.Add(hostile, 50, false, false, false)
	f.Add("&&&&<<<<>>>>", 7, true, false, true)
	f.Add("_a_`b`\xff", 3, false, true, false)
	f.Fuzz(func(t *testing.T, s string, limit int, code, bold, link bool) {
		limit = 1 + limit&0x3ff
		span := notify.Span{Foreign: s, Code: code, Bold: bold}
		if link {
			span.URL = "https://x.example/"
		}
		got := Mrkdwn(notify.Text{span, notify.At(60), notify.Foreign(s)}, limit)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit {
			t.Fatalf("%q has %d runes, limit %d", got, utf8.RuneCountInString(got), limit)
		}
		rest := strings.ReplaceAll(ours.ReplaceAllString(got, ""), "https://x.example/|", "")
		if n := strings.Count(rest, ">"); n > 1 || n == 1 && !link {
			t.Fatalf("%q holds a > of foreign text", got)
		}
		if plain := entity.ReplaceAllString(rest, ""); strings.ContainsAny(plain, "<&") {
			t.Fatalf("%q holds markup of foreign text", got)
		}
		if strings.Count(got, "`")%2 != 0 {
			t.Fatalf("%q leaves code open", got)
		}
		if strings.ContainsFunc(strings.ReplaceAll(got, seam, ""), func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Fatalf("%q holds what cannot be seen", got)
		}
	})
}

func FuzzTrace(f *testing.F) {
	f.Add(hostile, 3, 20)
	f.Fuzz(func(t *testing.T, s string, most, limit int) {
		most, limit = 1+most&0xf, 3+limit&0x3ff
		got := Lines(s, most, limit)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit || strings.Count(got, "\n") > most {
			t.Fatalf("%q from %q, most %d, limit %d", got, s, most, limit)
		}
	})
}
