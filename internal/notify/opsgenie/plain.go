package opsgenie

import (
	"strings"
	"time"
	"unicode"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/web"
)

// plain is a text without markup: times are in UTC, and links follow their text.
func plain(t notify.Text) string {
	var b strings.Builder
	for _, s := range t {
		switch {
		case s.Time != 0:
			b.WriteString(time.Unix(s.Time, 0).UTC().Format(time.RFC3339))
		case s.URL != "":
			b.WriteString(s.Ours + s.Foreign + " (" + s.URL + ")")
		default:
			b.WriteString(s.Ours + s.Foreign + s.Person)
		}
	}
	return b.String()
}

// line makes one line of at most limit runes of a text: any white space becomes one
// space, and invisible characters are removed.
func line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return ' '
		}
		if web.Invisible(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return cut(strings.Join(strings.Fields(s), " "), limit)
}

// block is a text of many lines with at most limit runes.
func block(s string, limit int) string {
	return cut(web.Lines(s), limit)
}

// cut returns at most limit runes. A text that was cut ends with an ellipsis.
func cut(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}
