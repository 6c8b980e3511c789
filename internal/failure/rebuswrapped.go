package failure

import "strings"

// wrapped reads the exceptions inside of an AggregateException, from behind
// its count on.
func wrapped(rest string, n int, cut bool) details {
	at := firstInner(rest)
	if at < 0 {
		messages := strings.TrimRight(strings.TrimPrefix(rest, " ("), "\r\n")
		return details{trace: trace{text: messages, message: unixLines(messages)}, attempts: n}
	}
	t := parseFirst(rest[at:], cut)
	if remarked(rest[at:]) {
		if next := secondInner(rest[at:]); next != "" {
			t = parse(next, cut)
		}
	}
	return details{trace: t, attempts: n}
}

// firstInner is where the first exception begins behind an AggregateException's
// message, or -1. .NET Framework has an arrow at once. Since then the messages
// of all stand in brackets first, and that of the first again behind the first
// real arrow: a message may hold arrows of its own.
func firstInner(rest string) int {
	if strings.HasPrefix(rest, inlineArrow) {
		return len(inlineArrow)
	}
	messages := strings.TrimPrefix(rest, " (")
	line, inline := -1, -1 // the first of either kind
	at := 0
	for range maxArrows {
		i := strings.Index(rest[at:], inlineArrow)
		if i < 0 {
			break
		}
		at += i + len(inlineArrow)
		begins := at > len(inlineArrow) && rest[at-len(inlineArrow)-1] == '\n'
		_, m, ok := header(rest[at:])
		m, _, _ = strings.Cut(strings.TrimRight(firstLine(m), "\r"), inlineArrow)
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

// secondInner is the text of the exception behind the first, "" where there
// is none.
func secondInner(text string) string {
	for at := 0; at < len(text); {
		line := firstLine(text[at:])
		if classify(line) == furtherIn {
			_, next, _ := strings.Cut(text[at:], ") ")
			next, _, _ = strings.Cut(next, "<---")
			return next
		}
		at += len(line) + 1
	}
	return ""
}
