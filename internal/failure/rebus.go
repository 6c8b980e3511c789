package failure

import (
	"strings"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/message"
)

// Rebus puts all it knows into one text. Its Service Bus transport cuts the
// header at 32,000 UTF-16 units and, dead-lettering natively, reason and
// description at 4,096, each with a mark that counts
// (Rebus.AzureServiceBus StringExtensions.TrimTo).
const (
	rebusHeaderLimit = 32_000
	rebusType        = "Rebus.Exceptions.RebusApplicationException"
	rebusRemark      = "Received message with native delivery count header value"
	unhandled        = " unhandled exceptions"
)

func (r *Reader) rebus(m *message.Message, f *Failure, w message.Window) {
	f.FailingQueue = property(m, "rbs2-source-queue")
	text, limit := property(m, "rbs2-error-details"), rebusHeaderLimit
	if text == "" {
		text, limit = property(m, deadLetterDescription), descriptionLimit
	}
	d, ok := rebusDetails(text, f.Reason, limit)
	if !ok {
		if r.described(m, f); limit == rebusHeaderLimit {
			text, _ = uncut(text, limit)
			f.ExceptionMessage = unixLines(text)
		}
		return
	}
	f.Attempts = d.attempts
	r.take(f, d.trace)
	f.FailedAt = rebusTime(d.time, w)
}

// details are what one of Rebus' texts says: its first real exception.
type details struct {
	trace
	time     string // as it stands there, "" where there is none
	attempts int
}

// rebusDetails reads a text in any of the forms that Rebus has had:
//
//   - "5 unhandled exceptions: <time>: <exception>", blank line, the next (8)
//   - "System.AggregateException: 5 unhandled exceptions …" (7 and before)
//   - "<reason>: <type>: <reason>", by hand (8)
//   - "ExceptionInfo { Type = …, Message = …, Details = …, Time = … }" (8, native)
func rebusDetails(text, reason string, limit int) (details, bool) {
	if text == "" {
		return details{}, false
	}
	if d, ok := twice(text, limit); ok {
		return d, true // whatever the reason looks like
	}
	body, cut := uncut(text, limit)
	if info, ok := strings.CutPrefix(body, "ExceptionInfo { "); ok {
		return exceptionInfo(info, reason, cut)
	}
	if n, rest, ok := counted(body); ok && strings.HasPrefix(rest, ": ") {
		return counting(rest[2:], n, cut), true
	}
	if rest, ok := strings.CutPrefix(body, "System.AggregateException: "); ok {
		if n, rest, ok := counted(rest); ok {
			return wrapped(rest, n, cut), true
		}
	}
	if d, ok := repeated(text, limit); ok {
		return d, true
	}
	t, ok := exceptionText(body)
	return details{trace: t, attempts: 1}, ok
}

// uncut takes the mark of a limit off a text. The transport's mark has a
// blank before it, which is the text's own where a limit of Rebus cut it.
func uncut(text string, limit int) (body string, cut bool) {
	body, cut = strings.CutSuffix(text, "(...)")
	if cut && units(text) == limit {
		body = strings.TrimSuffix(body, " ")
	}
	return body, cut
}

// units is the length of a text as .NET counts it, in UTF-16.
func units(s string) int {
	n := utf8.RuneCountInString(s)
	for i := range len(s) {
		if s[i] >= 0xf0 {
			n++
		}
	}
	return n
}

// counted reads "5 unhandled exceptions" at the front of a text.
func counted(s string) (n int, rest string, ok bool) {
	i := 0
	for ; i < len(s) && i < 6 && '0' <= s[i] && s[i] <= '9'; i++ {
		n = n*10 + int(s[i]-'0')
	}
	if i == 0 || !strings.HasPrefix(s[i:], unhandled) {
		return 0, s, false
	}
	return n, s[i+len(unhandled):], true
}

// remarked reports whether an exception is Rebus' own remark.
func remarked(text string) bool { return strings.HasPrefix(text, rebusType+": "+rebusRemark) }

// counting reads n exceptions, each with its time, parted by blank lines.
func counting(text string, n int, cut bool) details {
	first, rest := firstOf(text, n)
	at, body, _ := cutTime(first)
	if n > 1 && rest != "" && remarked(body) {
		d := counting(rest, n-1, cut) // Rebus' own remark, not what failed
		d.attempts = n
		return d
	}
	return details{trace: parse(body, cut && rest == ""), time: at, attempts: n}
}
