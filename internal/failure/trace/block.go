package trace

import "strings"

// A block is the last unbroken run of stack lines in a text, and what the
// whole text has of arrows and endings.
type block struct {
	body, end int  // from its first frame or ending to behind its last line
	near      int  // the arrows that stand directly before body
	endings   int  // its "end of inner exception" lines
	closed    bool // its last line is one of them
	limit     int  // where the further inner exceptions of an aggregate begin

	arrows, ends []int // where the lines with arrows, and the endings, begin
	broken       bool  // behind some ending the stack does not go on
}

// maxArrows bounds the chain of inner exceptions that is looked at.
const maxArrows = 256

// lastBlock reads a text line by line, once.
//
// The further exceptions of an aggregate end the block, unless an ending
// follows them to which no arrow leads: then the aggregate is an inner one, or
// another wraps the text, whose ending it is.
func lastBlock(text string, cut, wrapped bool) block {
	aggregate := cut || strings.HasSuffix(strings.TrimRight(text, "\r\n "), "<---")
	b := block{body: len(text), end: len(text), limit: len(text)}
	open, near := false, 0 // in a run of stack lines; arrows directly before this line
	last := other
	var outer *block // what was read before the further exceptions
	depth := 0       // arrows behind these whose ending is to come
	for at := 0; at < len(text); {
		next := at + strings.IndexByte(text[at:], '\n') + 1
		if next == at {
			next = len(text)
		}
		line := strings.TrimSuffix(strings.TrimSuffix(text[at:next], "\n"), "\r")
		k := classify(line)
		if k == other && open {
			if n := bridge(text[at:]); n > 0 {
				at += n
				continue
			}
		}
		switch {
		case k == furtherIn && aggregate && open && outer == nil:
			known := b
			known.limit, depth = at, 0
			outer = &known
		case k == arrow:
			depth++
		case outer != nil && (k == other || k == furtherIn):
			depth += strings.Count(line, InlineArrow)
		case k == innerEnd && depth > 0:
			depth--
		case k == innerEnd && wrapped && outer != nil:
			return *outer
		case k == innerEnd:
			outer = nil
		}
		switch k {
		case other:
			left := next == len(text) && (cut || opens(strings.TrimRight(line, "."))) // by a limit
			b.broken = b.broken || last == innerEnd && line != "" && !left
			open, near = false, 0
			next += blankLines(text[next:]) // which say nothing more
		case furtherIn:
			open, near = false, 0
		case arrow:
			b.arrows = add(b.arrows, at)
			open = false
			near++
		default:
			if !open {
				b.body, b.endings, b.near, open = at, 0, near, true
			}
			if b.closed = k == innerEnd; b.closed {
				b.endings++
				b.ends = add(b.ends, at)
			}
			b.end, near = next, 0
		}
		last, at = k, next
	}
	if outer != nil {
		return *outer
	}
	return b
}

// blankLines is the length of the blank lines at the front of a text.
func blankLines(text string) int {
	blank := text[:len(text)-len(strings.TrimLeft(text, " \t\r\n"))]
	return strings.LastIndexByte(blank, '\n') + 1
}

func add(list []int, at int) []int {
	if len(list) == maxArrows {
		return list
	}
	return append(list, at)
}

// maxTitle is longer than a line that says whose frames follow.
const maxTitle = 400

// bridge is the length of what parts two stacks of one exception: the titles
// that .NET's remoting and WCF put between them, "Exception rethrown at [0]:",
// and Application Insights, "Inner exception X handled at Y:". It is 0 where
// no frame follows a title.
func bridge(text string) int {
	at := 0
	for range 3 { // blank lines, then the title
		line := text[at:min(len(text), at+maxTitle)]
		end := strings.IndexByte(line, '\n')
		if end < 0 {
			return 0
		}
		line = strings.TrimRight(line[:end], " \r")
		at += end + 1
		if line == "" {
			continue
		}
		if line[0] == ' ' || !strings.HasSuffix(line, ":") || strings.Contains(line, ": ") || !IsFrame(FirstLine(text[at:])) {
			return 0
		}
		return at
	}
	return 0
}
