package render

import (
	"strings"
	"unicode"

	"github.com/busbell/busbell/internal/notify/web"
)

// Line makes one line of at most limit runes of a foreign text: any white space
// becomes one space, and invisible characters are removed.
func Line(s string, limit int) string {
	var b strings.Builder
	space, n := false, 0
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			space = true
			continue
		}
		if web.Invisible(r) {
			continue
		}
		if n += 1; space {
			n++
		}
		if n > limit {
			return cutTo(b.String(), limit-1) + "…"
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	if space && n < limit { // it may separate two spans
		b.WriteByte(' ')
	}
	return b.String()
}

// Lines returns the first lines of a foreign text, with at most limit runes.
func Lines(s string, most, limit int) string {
	s = strings.Trim(web.Lines(s), "\n")
	short := s
	if parts := strings.SplitN(s, "\n", most+1); len(parts) > most {
		short = strings.Join(parts[:most], "\n")
	}
	short = cutTo(short, limit)
	if len(short) < len(s) {
		short = strings.TrimRight(cutTo(short, limit-2), " \n") + "\n…"
	}
	return short
}

func cutTo(s string, limit int) string {
	n := 0
	for i := range s {
		if n == max(limit, 0) {
			return s[:i]
		}
		n++
	}
	return s
}
