// Package rebus reads the one text into which Rebus puts all it knows of a
// failure, in any of the forms that its versions have written.
package rebus

import (
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
	"github.com/busbell/busbell/internal/failure/trace/runtimes"
)

// HeaderLimit is where Rebus' Service Bus transport cuts the header, in UTF-16
// units. Dead-lettering natively it cuts reason and description at
// [trace.DescriptionLimit]. Both get a mark that counts
// (Rebus.AzureServiceBus StringExtensions.TrimTo).
const HeaderLimit = 32_000

const (
	exceptionType = "Rebus.Exceptions.RebusApplicationException"
	remark        = "Received message with native delivery count header value"
	unhandled     = " unhandled exceptions"
)

// Details are what one of Rebus' texts says: its first real exception.
type Details struct {
	trace.Trace
	Time     string // of the first attempt, as it stands there, "" where there is none
	Last     string // of the last attempt that the text holds
	Attempts int
}

// Read reads a text of a header or, with reason, of a dead letter, in any of the
// forms that Rebus has had. limit is where it may be cut, in UTF-16 units. It is
// false for a text that is none of them.
//
//   - "5 unhandled exceptions: <time>: <exception>", blank line, the next (8)
//   - "System.AggregateException: 5 unhandled exceptions …" (7 and before)
//   - "<reason>: <type>: <reason>", by hand (8)
//   - "<words> 5 unhandled exceptions: <time>: <exception>", line end, the next: by
//     hand, with what Rebus said of the attempts, in any of these places
//   - "ExceptionInfo { Type = …, Message = …, Details = …, Time = … }" (8, native)
func Read(text, reason string, limit int) (Details, bool) {
	if text == "" {
		return Details{}, false
	}
	body, cut := Uncut(text, limit)
	if d, ok := twice(text, limit); ok { // whatever the reason looks like
		if given, ok := givenUp(d.Message, cut); ok {
			return given, true
		}
		return d, true
	}
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
	if d, ok := givenUp(body, cut); ok {
		return d, true
	}
	if d, ok := repeated(text, limit); ok {
		return d, true
	}
	t, ok := runtimes.Read(body)
	return Details{Trace: t, Attempts: 1}, ok
}

// Uncut takes the mark of a limit off a text. The transport's mark has a
// blank before it, which is the text's own where a limit of Rebus cut it.
func Uncut(text string, limit int) (body string, cut bool) {
	body, cut = strings.CutSuffix(text, "(...)")
	if cut && trace.Units(text) == limit {
		body = strings.TrimSuffix(body, " ")
	}
	return body, cut
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
func remarked(text string) bool { return strings.HasPrefix(text, exceptionType+": "+remark) }

// counting reads n exceptions, each with its time, parted by blank lines. A
// text that ends within the first of several was cut, with or without a mark.
func counting(text string, n int, cut bool) Details {
	attempts := n
	var found borders
	if n > 1 {
		found = bordersOf(text)
	}
	first, rest, last := firstOf(text, n, found)
	at, body, _ := cutTime(first)
	for rest != "" && remarked(body) { // Rebus' own remark, not what failed
		text, n, found = rest, n-1, found.within(rest)
		first, rest, last = firstOf(text, n, found)
		at, body, _ = cutTime(first)
	}
	return Details{Trace: trace.Parse(body, (cut || n > 1) && rest == ""), Time: at, Last: last, Attempts: attempts}
}
