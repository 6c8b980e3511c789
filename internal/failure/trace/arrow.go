package trace

import "strings"

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

// needed is the number of arrows to which an ending belongs.
func needed(text string, arrows []int) int {
	n := 0
	for i := range arrows {
		if !endless(text, arrows, i) {
			n++
		}
	}
	return n
}

// leading is needed where every arrow leads to an exception's type, else 0.
func leading(text string, arrows []int) int {
	for _, at := range arrows {
		if !typed(pointed(text[at:])) {
			return 0
		}
	}
	return needed(text, arrows)
}

// inlineEnd is where the message ends in front of .NET Framework's arrows,
// which stand in the line. Where a limit has cut the endings, an arrow in front
// of a type is a real one.
func inlineEnd(text string, endings int, cut bool) int {
	end := len(text)
	for range maxArrows {
		i := strings.LastIndex(text[:end], InlineArrow)
		if i < 0 {
			break
		}
		owner := text[:i]
		if j := strings.LastIndex(owner, InlineArrow); j >= 0 {
			owner = owner[j+len(InlineArrow):]
		}
		real := typed(text[i+len(InlineArrow) : end])
		if cut && !real {
			break
		}
		if !cut && (!unended(owner) || !real) {
			if endings == 0 {
				break
			}
			endings--
		}
		end = i
	}
	return end
}

// InlineArrow is how .NET Framework leads to an inner exception within a line.
const InlineArrow = " ---> "

// endless reports whether no ending belongs to an arrow. Exceptions that
// print an error code print none behind their inner exception: those of
// databases, of sockets and of Windows
// (.NET ExternalException.ToString, Win32Exception.ToString). Nor do those
// about a file that was to be loaded.
func endless(text string, arrows []int, i int) bool {
	owner := 0
	if i > 0 {
		owner = arrows[i-1]
	}
	return unended(pointed(text[owner:])) && typed(pointed(text[arrows[i]:]))
}

// pointed is the text behind an arrow that may begin it.
func pointed(text string) string {
	return strings.TrimPrefix(strings.TrimLeft(text[:min(len(text), 2*maxName)], " \t"), "---> ")
}

// unended reports whether a text begins with an exception that prints no
// ending behind its inner one.
func unended(text string) bool {
	switch text[:NameEnd(text)] {
	case "System.IO.FileNotFoundException", "System.IO.FileLoadException", "System.BadImageFormatException":
		return true
	}
	return coded(text)
}

// coded reports whether a text begins with a type and an error code.
func coded(text string) bool {
	name := text[:NameEnd(text)]
	rest := text[len(name):]
	return len(afterCode(rest)) < len(rest) && typeLike(name)
}

// typed reports whether a text begins with an exception's type.
func typed(text string) bool {
	_, _, ok := Header(text)
	return ok
}

// chained reports whether every arrow that needs one has its ending, behind
// which the stack goes on: then all of them are real, and what stands between
// the lines of the stack are the texts that some exceptions print behind
// their frames.
func (b block) chained(text string, cut bool) bool {
	if b.broken || len(b.ends) == 0 || len(b.arrows) < len(b.ends) || b.arrows[0] >= b.ends[0] {
		return false
	}
	return needed(text, b.arrows) == len(b.ends) || cut && leading(text, b.arrows) > len(b.ends)
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
