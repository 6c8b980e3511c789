package failure

import "strings"

// A trace is the text of one exception, with its inner ones, taken apart.
type trace struct {
	text    string // all of it
	typ     string // of the outermost exception; "" where the text names none
	message string
	frames  string // the lines of its stack, those of inner exceptions first
}

// parse takes the text of an exception apart, as .NET's Exception.ToString
// prints it. A message may hold lines that look like frames and arrows, so
// the stack is the last unbroken block of such lines, and its "end of inner
// exception" lines say how many arrows are real.
//
// cut tells that a limit has ended the text, so that endings may be missing.
func parse(text string, cut bool) trace {
	return lastBlock(text, cut, false).trace(text, cut)
}

// parseFirst is parse for the first exception of an AggregateException that
// wraps it: an ending that closes the block is the wrapper's.
func parseFirst(text string, cut bool) trace {
	b := lastBlock(text, cut, true)
	if b.closed {
		b.endings--
		b.ends = b.ends[:max(len(b.ends)-1, 0)]
	}
	return b.trace(text, cut)
}

func (b block) trace(text string, cut bool) trace {
	typ, rest, _ := header(text)
	begin := len(text) - len(rest)
	end, frames := b.messageEnd(text, cut)
	if cut && end == len(text) && frameBegun(text) { // what is left of the first frame is no message
		end = strings.LastIndexByte(text, '\n') + 1
	}
	end = max(end, begin)
	return trace{
		text:    strings.TrimRight(text[:b.limit], "\r\n"),
		typ:     typ,
		message: behind(rest, messageText(text[begin:end], end < len(text))),
		frames:  text[max(frames, end):max(b.end, frames, end)],
	}
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
	return unixLines(s)
}

// messageEnd is where the outermost exception's message ends, at the first
// real arrow or where the stack begins, and where the frames begin.
func (b block) messageEnd(text string, cut bool) (end, frames int) {
	if b.chained(text) {
		return b.arrows[0], b.innermost(text)
	}
	inner := b.endings
	if cut {
		inner = max(inner, b.near)
		if b.body == len(text) && len(b.arrows) > 0 {
			return b.arrows[0], b.body // cut before any frame
		}
	}
	before := b.before(b.body)
	if first, left := outermost(text, before, inner); left == 0 && first < len(before) {
		return before[first], b.body
	}
	end = inlineEnd(text[:b.body], inner)
	if end == b.body {
		return b.body, b.body
	}
	return end, end
}

// outermost is the first of the arrows that are real, going back from the
// stack: each has an ending behind it, unless it is endless. left are the
// endings to which no arrow leads.
func outermost(text string, arrows []int, endings int) (first, left int) {
	for first = len(arrows); first > 0; first-- {
		if endless(text, arrows, first-1) {
			continue
		}
		if endings == 0 {
			break
		}
		endings--
	}
	return first, endings
}

// inlineEnd is where the message ends in front of .NET Framework's arrows,
// which stand in the line.
func inlineEnd(text string, endings int) int {
	end := len(text)
	for range maxArrows {
		i := strings.LastIndex(text[:end], inlineArrow)
		if i < 0 {
			break
		}
		owner := text[:i]
		if j := strings.LastIndex(owner, inlineArrow); j >= 0 {
			owner = owner[j+len(inlineArrow):]
		}
		if !coded(owner) || !typed(text[i+len(inlineArrow):end]) {
			if endings == 0 {
				break
			}
			endings--
		}
		end = i
	}
	return end
}

const inlineArrow = " ---> "

// endless reports whether no ending belongs to an arrow. Exceptions that
// print an error code print none behind their inner exception: those of
// databases, of sockets and of Windows
// (.NET ExternalException.ToString, Win32Exception.ToString).
func endless(text string, arrows []int, i int) bool {
	owner := 0
	if i > 0 {
		owner = arrows[i-1]
	}
	return coded(pointed(text[owner:])) && typed(pointed(text[arrows[i]:]))
}

// pointed is the text behind an arrow that may begin it.
func pointed(text string) string {
	return strings.TrimPrefix(strings.TrimLeft(text[:min(len(text), 2*maxName)], " \t"), "---> ")
}

// coded reports whether a text begins with a type and an error code.
func coded(text string) bool {
	name := text[:nameEnd(text)]
	rest := text[len(name):]
	return len(afterCode(rest)) < len(rest) && typeLike(name)
}

// typed reports whether a text begins with an exception's type.
func typed(text string) bool {
	_, _, ok := header(text)
	return ok
}

// chained reports whether every arrow that needs one has its ending, behind
// which the stack goes on: then all of them are real, and what stands between
// the lines of the stack are the texts that some exceptions print behind
// their frames.
func (b block) chained(text string) bool {
	if b.broken || len(b.ends) == 0 || len(b.arrows) < len(b.ends) || b.arrows[0] >= b.ends[0] {
		return false
	}
	with := 0
	for i := range b.arrows {
		if !endless(text, b.arrows, i) {
			with++
		}
	}
	return with == len(b.ends)
}

// innermost is where the frames of the innermost exception begin.
func (b block) innermost(text string) int {
	before := b.before(b.ends[0])
	last := before[len(before)-1]
	return last + lastBlock(text[last:b.ends[0]], false, false).body
}

// before are the arrows in front of an offset.
func (b block) before(at int) []int {
	n := len(b.arrows)
	for n > 0 && b.arrows[n-1] >= at {
		n--
	}
	return b.arrows[:n]
}
