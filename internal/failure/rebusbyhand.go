package failure

import "strings"

// twice reads what a handler's Deadletter leaves, "<message>: <type>: <message>",
// where the message is the same to the end, or to where a limit cut it. It may
// be all of what Rebus wrote of the attempts before.
func twice(text string, limit int) (details, bool) {
	const between = ": " + rebusType + ": "
	body, cut := uncut(text, limit)
	at := 0
	for range 64 {
		i := strings.Index(text[at:], between)
		if i < 0 {
			break
		}
		at += i
		msg, again := text[:at], text[at+len(between):]
		if cut && len(again) > len(text)-len(body) && strings.HasPrefix(msg, again[:len(again)-len(text)+len(body)]) || again == msg {
			t := trace{text: text[at+len(": "):], typ: rebusType, message: unixLines(msg)}
			return details{trace: t, attempts: 1}, true
		}
		at++
	}
	return details{}, false
}

// repeated reads "<message>: <type>: <message>" and what follows it, or what
// a limit left of it. The message may hold anything, other exceptions
// included, so only its repetition tells where it ends.
func repeated(text string, limit int) (details, bool) {
	body, cut := uncut(text, limit)
	at := 0
	for range 64 {
		i := strings.Index(text[at:], ": ")
		if i < 0 {
			break
		}
		at += i
		msg := text[:at]
		at += 2
		typ, rest, ok := header(text[at:])
		if !ok {
			continue
		}
		if t, ok := saying(text[at:], typ, rest, msg); ok {
			return details{trace: t, attempts: 1}, true
		}
		if rest = strings.TrimSuffix(rest, text[len(body):]); cut && rest != "" && strings.HasPrefix(msg, rest) {
			return details{trace: trace{text: text[at:], typ: typ, message: unixLines(msg)}, attempts: 1}, true
		}
	}
	return details{}, false
}

// saying reads an exception whose message is known: what stands behind it is
// the stack. rest is the text behind its type.
func saying(text, typ, rest, msg string) (trace, bool) {
	after, ok := strings.CutPrefix(rest, msg)
	if !ok || after != "" && after[0] != '\n' && after[0] != '\r' {
		return trace{}, false
	}
	b := lastBlock(after, false, false)
	return trace{text: text, typ: typ, message: unixLines(msg), frames: after[b.body:b.end]}, true
}

// exceptionInfo reads what native dead-lettering leaves, a record's print.
func exceptionInfo(info, reason string, cut bool) (details, bool) {
	_, rest, ok := strings.Cut(info, ", Message = ")
	if !ok {
		return details{}, false
	}
	msg, text := reason, ""
	if text, ok = strings.CutPrefix(rest, reason+", Details = "); !ok || reason == "" {
		msg, text, ok = strings.Cut(rest, ", Details = ")
	}
	switch {
	case !ok && cut:
		return cutInfo(info, rest, reason), true
	case !ok:
		return details{}, false
	}
	rest = text
	if end := strings.LastIndex(rest, ", Time = "); end >= 0 && strings.HasSuffix(rest, " }") {
		stamp := strings.TrimSuffix(rest[end+len(", Time = "):], " }")
		rest = rest[:end]
		if _, _, ok := counted(msg); !ok {
			typ, behind, _ := header(rest)
			t, ok := saying(rest, typ, behind, msg)
			if !ok {
				t = parse(rest, cut)
			}
			return details{trace: t, time: stamp, attempts: 1}, true
		}
	}
	n, _, ok := counted(msg)
	d := counting(rest, max(n, 1), cut)
	if !ok && strings.HasPrefix(msg, d.message) {
		d.message = unixLines(msg) // uncut
	}
	return d, true
}

// cutInfo reads a record's print that a limit cut within the message. The
// reason is that message too, and longer.
func cutInfo(info, message, reason string) details {
	name, _, _ := strings.Cut(strings.TrimPrefix(info, "Type = "), ", ")
	if text, _ := uncut(reason, descriptionLimit); strings.HasPrefix(text, message) {
		message = text
	}
	return details{trace: trace{text: name + ": " + message, typ: name, message: unixLines(message)}, attempts: 1}
}
