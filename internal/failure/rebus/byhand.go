package rebus

import (
	"cmp"
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
)

// twice reads what a handler's Deadletter leaves, "<message>: <type>: <message>",
// where the message is the same to the end, or to where a limit cut it. It may
// be all of what Rebus wrote of the attempts before.
func twice(text string, limit int) (Details, bool) {
	const between = ": " + exceptionType + ": "
	body, cut := Uncut(text, limit)
	at := 0
	for range 64 {
		i := strings.Index(text[at:], between)
		if i < 0 {
			break
		}
		at += i
		msg, again := text[:at], text[at+len(between):]
		if cut && len(again) > len(text)-len(body) && strings.HasPrefix(msg, again[:len(again)-len(text)+len(body)]) || again == msg {
			t := trace.Trace{Text: text[at+len(": "):], Type: exceptionType, Message: trace.UnixLines(msg)}
			return Details{Trace: t, Attempts: 1}, true
		}
		at++
	}
	return Details{}, false
}

// givenUp reads the attempts in the words of a handler that gave up: it passed
// on what Rebus had told it of them, alone or with words of its own around.
func givenUp(words string, cut bool) (Details, bool) {
	at := 0
	for range 64 {
		i := strings.Index(words[at:], unhandled+": ")
		if i < 0 {
			break
		}
		at += i
		begin := at
		for begin > 0 && decimal(words[begin-1]) {
			begin--
		}
		at += len(unhandled)
		n, rest, ok := counted(words[begin:])
		if !ok {
			continue
		}
		if _, _, ok := cutTime(rest[len(": "):]); ok {
			return counting(rest[len(": "):], n, cut), true
		}
	}
	return Details{}, false
}

// repeated reads "<message>: <type>: <message>" and what follows it, or what
// a limit left of it. The message may hold anything, other exceptions
// included, so only its repetition tells where it ends.
func repeated(text string, limit int) (Details, bool) {
	body, cut := Uncut(text, limit)
	at := 0
	for range 64 {
		i := strings.Index(text[at:], ": ")
		if i < 0 {
			break
		}
		at += i
		msg := text[:at]
		at += 2
		typ, rest, ok := trace.Header(text[at:])
		if !ok {
			continue
		}
		if t, ok := saying(text[at:], typ, rest, msg); ok {
			return Details{Trace: t, Attempts: 1}, true
		}
		if rest = strings.TrimSuffix(rest, text[len(body):]); cut && rest != "" && strings.HasPrefix(msg, rest) {
			return Details{Trace: trace.Trace{Text: text[at:], Type: typ, Message: trace.UnixLines(msg)}, Attempts: 1}, true
		}
	}
	return Details{}, false
}

// saying reads an exception whose message is known: what stands behind it is
// the stack. rest is the text behind its type.
func saying(text, typ, rest, msg string) (trace.Trace, bool) {
	after, ok := strings.CutPrefix(rest, msg)
	if !ok || after != "" && after[0] != '\n' && after[0] != '\r' {
		return trace.Trace{}, false
	}
	p := trace.Parse(after, false)
	return trace.Trace{Text: text, Type: typ, Message: trace.UnixLines(msg), Frames: p.Frames, Inner: p.Inner}, true
}

// exceptionInfo reads what native dead-lettering leaves, a record's print.
func exceptionInfo(info, reason string, cut bool) (Details, bool) {
	_, rest, ok := strings.Cut(info, ", Message = ")
	if !ok {
		return Details{}, false
	}
	msg, text := reason, ""
	if text, ok = strings.CutPrefix(rest, reason+", Details = "); !ok || reason == "" {
		msg, text, ok = strings.Cut(rest, ", Details = ")
	}
	switch {
	case !ok && cut:
		return cutInfo(info, rest, reason), true
	case !ok:
		return Details{}, false
	}
	if d, ok := givenUp(msg, cut); ok && strings.HasPrefix(info, "Type = "+exceptionType) {
		return d, true
	}
	rest = text
	stamp := ""
	if end := strings.LastIndex(rest, ", Time = "); end >= 0 && strings.HasSuffix(rest, " }") {
		stamp = strings.TrimSuffix(rest[end+len(", Time = "):], " }")
		rest = rest[:end]
		if _, _, ok := counted(msg); !ok {
			typ, behind, _ := trace.Header(rest)
			t, ok := saying(rest, typ, behind, msg)
			if !ok {
				t = trace.Parse(rest, cut)
			}
			return Details{Trace: t, Time: stamp, Attempts: 1}, true
		}
	}
	n, _, ok := counted(msg)
	d := counting(rest, max(n, 1), cut)
	d.Last = cmp.Or(stamp, d.Last)
	if !ok && strings.HasPrefix(msg, d.Message) {
		d.Message = trace.UnixLines(msg) // uncut
	}
	return d, true
}

// cutInfo reads a record's print that a limit cut within the message. The
// reason is that message too, and longer.
func cutInfo(info, message, reason string) Details {
	name, _, _ := strings.Cut(strings.TrimPrefix(info, "Type = "), ", ")
	if text, _ := Uncut(reason, trace.DescriptionLimit); strings.HasPrefix(text, message) {
		message = text
	}
	if d, ok := givenUp(message, true); ok && name == exceptionType {
		return d
	}
	return Details{Trace: trace.Trace{Text: name + ": " + message, Type: name, Message: trace.UnixLines(message)}, Attempts: 1}
}
