package rebus

import (
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
)

// wrapped reads the exceptions inside of an AggregateException, from behind
// its count on.
func wrapped(rest string, n int, cut bool) Details {
	at := firstInner(rest)
	if at < 0 {
		messages := strings.TrimRight(strings.TrimPrefix(rest, " ("), "\r\n")
		return Details{Trace: trace.Trace{Text: messages, Message: trace.UnixLines(messages)}, Attempts: n}
	}
	var t trace.Trace
	if own, ok := firstOwn(rest[at:]); ok {
		t = trace.Parse(own, cut)
	} else {
		t = trace.ParseFirst(rest[at:], cut)
	}
	if remarked(rest[at:]) {
		if next := secondInner(rest[at:]); next != "" {
			t = trace.Parse(next, cut)
		}
	}
	return Details{Trace: t, Attempts: n}
}

// maxInner bounds the arrows that are looked at.
const maxInner = 256

// firstInner is where the first exception begins behind an AggregateException's
// message, or -1. .NET Framework has an arrow at once. Since then the messages
// of all stand in brackets first, and that of the first again behind the first
// real arrow: a message may hold arrows of its own.
func firstInner(rest string) int {
	if strings.HasPrefix(rest, trace.InlineArrow) {
		return len(trace.InlineArrow)
	}
	messages := strings.TrimPrefix(rest, " (")
	line, inline := -1, -1 // the first of either kind
	at := 0
	for range maxInner {
		i := strings.Index(rest[at:], trace.InlineArrow)
		if i < 0 {
			break
		}
		at += i + len(trace.InlineArrow)
		begins := at > len(trace.InlineArrow) && rest[at-len(trace.InlineArrow)-1] == '\n'
		_, m, ok := trace.Header(rest[at:])
		m, _, _ = strings.Cut(strings.TrimRight(trace.FirstLine(m), "\r"), trace.InlineArrow)
		switch {
		case ok && (begins || m != "") && strings.HasPrefix(messages, m):
			return at
		case begins && line < 0:
			line = at
		case ok && !begins && inline < 0:
			inline = at
		}
	}
	if line >= 0 {
		return line
	}
	return inline
}

// firstOwn is the first exception's own text, with the lines that it may print
// behind its frames. The wrapper's ending stands behind it, and then the next
// exception or the end.
func firstOwn(text string) (string, bool) {
	for at := 0; at < len(text); {
		line := trace.FirstLine(text[at:])
		next := min(at+len(line)+1, len(text))
		if ending(line) && at > 0 && (strings.Trim(text[next:], "\r\n") == "" || trace.IsFurtherInner(trace.FirstLine(text[next:]))) {
			return text[:at-1], true
		}
		at = next
	}
	return "", false
}

// ending reports whether a line ends the stack of an inner exception, in the
// words of whatever language.
func ending(line string) bool {
	if !strings.HasSuffix(strings.TrimRight(line, "\r"), " ---") {
		return false
	}
	body := strings.TrimLeft(line, " \t")
	return len(body) < len(line) && strings.HasPrefix(body, "--- ")
}

// secondInner is the text of the exception behind the first, "" where there
// is none.
func secondInner(text string) string {
	for at := 0; at < len(text); {
		line := trace.FirstLine(text[at:])
		if trace.IsFurtherInner(line) {
			_, next, _ := strings.Cut(text[at:], ") ")
			next, _, _ = strings.Cut(next, "<---")
			return next
		}
		at += len(line) + 1
	}
	return ""
}
