package explain

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/busbell/busbell/internal/notify"
)

// A Text is what people read of explanations, being written.
type Text struct{ b strings.Builder }

// String is what was written.
func (t *Text) String() string { return t.b.String() }

// margin is where values begin.
const margin = 16

// Row writes a name and its value, whose further lines stand below each other.
// An empty value is left out.
func (t *Text) Row(name, value string) {
	if value == "" {
		return
	}
	value = strings.ReplaceAll(printable(strings.TrimRight(value, "\n")), "\n", "\n"+strings.Repeat(" ", margin))
	fmt.Fprintf(&t.b, "  %-*s%s\n", margin-2, name, value)
}

// Line writes a line.
func (t *Text) Line(format string, args ...any) {
	t.b.WriteString(printable(fmt.Sprintf(format, args...)) + "\n")
}

// Signs stand before what is said.
var Signs = map[notify.State]string{
	notify.Open: "🔴", notify.Acknowledged: "🟠", notify.Snoozed: "💤", notify.Resolved: "✅", notify.Milestone: "🎉", notify.Unreadable: "⚫",
}

// Plural is a number with what it counts.
func Plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// printable keeps what others wrote from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return '\ufffd'
		}
		return r
	}, s)
}
