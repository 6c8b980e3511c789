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
	return lastBlock(text, cut).trace(text, cut)
}

// parseFirst is parse for the first exception of an AggregateException that
// wraps it: an ending that closes the block is the wrapper's.
func parseFirst(text string, cut bool) trace {
	b := lastBlock(text, cut)
	if b.closed {
		b.endings--
	}
	return b.trace(text, cut)
}

func (b block) trace(text string, cut bool) trace {
	t := trace{text: strings.TrimRight(text[:b.limit], "\r\n"), frames: text[b.body:b.end]}
	typ, rest, _ := header(text)
	begin := len(text) - len(rest)
	end := max(b.messageEnd(text, cut), begin)
	t.typ, t.message = typ, messageText(text[begin:end], end < len(text))
	return t
}

// messageText is the text of a message without the line end that parts it
// from what follows.
func messageText(s string, followed bool) string {
	if followed {
		s = strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r")
	}
	return unixLines(s)
}

// A block is the last unbroken run of stack lines in a text.
type block struct {
	body, end int   // from its first frame or ending to behind its last line
	limit     int   // where the further inner exceptions of an aggregate begin
	arrows    []int // where the lines with arrows before body begin
	endings   int   // its "end of inner exception" lines
	closed    bool  // its last line is one of them
	near      int   // the arrows that stand directly before body
}

// maxArrows bounds the chain of inner exceptions that is looked at.
const maxArrows = 256

func lastBlock(text string, cut bool) block {
	aggregate := cut || strings.HasSuffix(strings.TrimRight(text, "\r\n "), "<---")
	last := block{body: len(text), end: len(text), limit: len(text)}
	var arrows []int
	open, near := false, 0 // in a run of stack lines; arrows directly before this line
	for at := 0; at < len(text); {
		next := at + strings.IndexByte(text[at:], '\n') + 1
		if next == at {
			next = len(text)
		}
		k := classify(strings.TrimRight(text[at:next], "\n"))
		if k == furtherIn && aggregate && open {
			last.limit = at
			break
		}
		switch k {
		case other:
			open, near = false, 0
		case arrow, furtherIn:
			if len(arrows) < maxArrows {
				arrows = append(arrows, at)
			}
			near++
			open = false
		default:
			if !open {
				last.body, last.endings, last.arrows, last.near, open = at, 0, arrows, near, true
			}
			near, last.closed = 0, k == innerEnd
			if last.closed {
				last.endings++
			}
			last.end = next
		}
		at = next
	}
	if last.body == len(text) {
		last.arrows = arrows
	}
	return last
}

// messageEnd is where the outermost exception's message ends: at the first
// real arrow, or where the stack begins.
func (b block) messageEnd(text string, cut bool) int {
	real := b.endings
	if cut {
		real = max(real, b.near)
		if b.body == len(text) && len(b.arrows) > 0 {
			return b.arrows[0] // cut before any frame
		}
	}
	if real == 0 {
		return b.body
	}
	if real <= len(b.arrows) {
		return b.arrows[len(b.arrows)-real]
	}
	end := b.body
	if len(b.arrows) > 0 {
		end = b.arrows[0]
	}
	for range real - len(b.arrows) { // .NET Framework's arrows stand in the line
		i := strings.LastIndex(text[:end], " ---> ")
		if i < 0 {
			break
		}
		end = i
	}
	return end
}
