package render

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/notify"
)

const (
	ellipsis = "…"
	// seam separates a mark such as ` from a word beside it. Without it Slack does not
	// read the mark as one.
	seam = "\u200b"
)

// Mrkdwn writes t in Slack's markup, with at most limit runes. A text that does not
// fit is cut before it is escaped, and ends with an ellipsis.
func Mrkdwn(t notify.Text, limit int) string {
	w := writer{left: limit}
	if w.text(t); !w.cut {
		return w.b.String()
	}
	w = writer{left: limit - 1}
	w.text(t)
	return w.b.String() + ellipsis
}

// A writer writes spans until no rune is left.
type writer struct {
	b      strings.Builder
	left   int
	cut    bool
	last   rune // the last rune; 0 at the beginning
	marked bool // the last rune is a closing mark
}

func (w *writer) text(t notify.Text) {
	for _, s := range t {
		if w.cut {
			return
		}
		w.span(s)
	}
}

func (w *writer) span(s notify.Span) {
	switch {
	case s.Time != 0:
		w.whole(date(s.Time))
		return
	case PersonID.MatchString(s.Person):
		w.whole("<@" + s.Person + ">")
		return
	}
	mark := face(s)
	var label string // what the span shows; not escaped yet if it is foreign
	foreign := s.Foreign != ""
	if foreign {
		label = Line(s.Foreign, w.left+3) // more than fits, so that it is cut below
	} else {
		label = strings.ToValidUTF8(s.Ours, "\ufffd")
	}
	if foreign && mark != "" {
		label = strings.TrimSpace(label)
	}
	if foreign && mark == "`" {
		label = strings.ReplaceAll(label, "`", "'")
	}
	if label == "" {
		return
	}
	open, end := mark, mark
	if link := linkTo(s.URL); link != "" {
		open, end, foreign = open+"<"+link+"|", ">"+end, true
	}
	w.wrapped(open, label, end, foreign)
}

// face is the mark around a span: bold or code. Foreign text that contains marks is
// code, because Slack reads no other marks there.
func face(s notify.Span) string {
	switch {
	case s.Code, strings.ContainsAny(s.Foreign, "*_~`"), strings.HasPrefix(strings.TrimSpace(s.Foreign), ">"):
		return "`"
	case s.Bold:
		return "*"
	}
	return ""
}

// wrapped writes as much of label as fits, between open and end.
func (w *writer) wrapped(open, label, end string, escape bool) {
	first, _ := utf8.DecodeRuneInString(label)
	if open != "" && wordy(w.last) || w.marked && (open != "" || wordy(first)) {
		open = seam + open
	}
	room := w.left - utf8.RuneCountInString(open) - utf8.RuneCountInString(end)
	body, whole := fit(label, room, escape)
	if body == "" {
		w.cut = true
		return
	}
	w.put(open + body + end)
	w.marked = end != ""
	w.cut = !whole
}

// whole writes a token that must not be cut.
func (w *writer) whole(token string) {
	if utf8.RuneCountInString(token) > w.left {
		w.cut = true
		return
	}
	w.put(token)
	w.marked = false
}

func (w *writer) put(s string) {
	w.b.WriteString(s)
	w.left -= utf8.RuneCountInString(s)
	w.last, _ = utf8.DecodeLastRuneInString(s)
}

func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// fit returns the beginning of s that has at most room runes when it is escaped, and
// whether that is all of s.
func fit(s string, room int, escape bool) (string, bool) {
	if !escape {
		if utf8.RuneCountInString(s) <= room {
			return s, true
		}
		return beforeToken(cutTo(s, room)), false
	}
	var b strings.Builder
	for _, r := range s {
		e := escaped(r)
		if room -= len([]rune(e)); room < 0 {
			return b.String(), false
		}
		b.WriteString(e)
	}
	return b.String(), true
}

func escaped(r rune) string {
	switch r {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	}
	return string(r)
}

// beforeToken removes a <token> or an &entity; of ours that was cut.
func beforeToken(s string) string {
	if i := strings.LastIndexByte(s, '<'); i > strings.LastIndexByte(s, '>') {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '&'); i >= 0 && len(s)-i < len("&quot;") && !strings.Contains(s[i:], ";") {
		s = s[:i]
	}
	return s
}

// date is a time in the zone of the reader.
func date(unix int64) string {
	utc := time.Unix(unix, 0).UTC().Format("2006-01-02 15:04 UTC")
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", unix, utc)
}

// PersonID matches the id of a person.
var PersonID = regexp.MustCompile(`^[UW][A-Z0-9]{1,30}$`)

// linkTo makes u safe within <…|…>. It returns "" if u is no web address.
func linkTo(u string) string {
	parsed, err := url.Parse(u)
	if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" || len(u) > 2000 {
		return ""
	}
	return strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", " ", "%20", "`", "%60", "&", "&amp;").Replace(u)
}
