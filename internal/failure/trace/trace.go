// Package trace takes the text of an exception apart, as a runtime prints it:
// type, message, stack, inner exceptions. .NET's texts are read whatever
// language the process speaks and wherever a limit has cut them; those of the
// JVM, Node, Python and Go as far as type, message and first frame.
package trace

import "strings"

// A Trace is the text of one exception, with its inner ones, taken apart.
type Trace struct {
	Text    string // all of it
	Type    string // of the outermost exception; "" where the text names none
	Message string
	Frames  string // the lines of its stack, those of inner exceptions first
	Inner   Cause  // the innermost one that says something, if any does
	Cut     bool   // a limit ended the text within Message
}

// Parse takes the text of an exception apart, as .NET's Exception.ToString
// prints it. A message may hold lines that look like frames and arrows, so
// the stack is the last unbroken block of such lines, and its "end of inner
// exception" lines say how many arrows are real.
//
// cut tells that a limit has ended the text, so that endings may be missing.
func Parse(text string, cut bool) Trace {
	return lastBlock(text, cut, false).trace(text, cut)
}

// ParseFirst is Parse for the first exception of an AggregateException that
// wraps it: an ending that closes the block is the wrapper's.
func ParseFirst(text string, cut bool) Trace {
	b := lastBlock(text, cut, true)
	if b.closed && (!cut || needed(text, b.arrows) != len(b.ends)) { // else the wrapper's is cut off
		b.endings--
		b.ends = b.ends[:max(len(b.ends)-1, 0)]
	}
	return b.trace(text, cut)
}

func (b block) trace(text string, cut bool) Trace {
	typ, rest, _ := Header(text)
	begin := len(text) - len(rest)
	end, frames := b.messageEnd(text, cut)
	if cut && end == len(text) && begun(text) { // what is left of the first frame is no message
		end = strings.LastIndexByte(text, '\n') + 1
	}
	end = max(end, begin)
	chain := text[end:max(b.body, end)]
	if frames > end {
		chain = text[end:frames]
	}
	t := Trace{
		Text:    strings.TrimRight(text[:b.limit], "\r\n"),
		Type:    typ,
		Message: behind(rest, messageText(text[begin:end], end < len(text))),
		Frames:  text[max(frames, end):max(b.end, frames, end)],
		Inner:   innermost(chain, cut),
		Cut:     cut && end == len(text),
	}
	t.undress()
	return t
}

// behind is a message as it stands behind its type: a line end there, without
// a colon before it, parts them and says that there is no message.
func behind(rest, message string) string {
	if typeAlone := rest != "" && (rest[0] == '\n' || rest[0] == '\r'); typeAlone {
		return strings.TrimPrefix(message, "\n")
	}
	return message
}

// messageText is the text of a message without the line end that parts it
// from what follows.
func messageText(s string, followed bool) string {
	if followed {
		s = strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r")
	}
	return UnixLines(s)
}

// messageEnd is where the outermost exception's message ends, at the first
// real arrow or where the stack begins, and where the frames begin.
func (b block) messageEnd(text string, cut bool) (end, frames int) {
	if b.chained(text, cut) {
		return b.arrows[0], b.innermost(text)
	}
	before := b.before(b.body)
	inner := b.endings
	if cut {
		inner = max(inner, b.near, leading(text, before))
		if b.body == len(text) && len(b.arrows) > 0 {
			return b.arrows[0], b.body // cut before any frame
		}
	}
	if first, left := outermost(text, before, inner); left == 0 && first < len(before) {
		return before[first], b.body
	}
	end = inlineEnd(text[:b.body], inner, cut)
	if end == b.body {
		return b.body, b.body
	}
	return end, end
}
