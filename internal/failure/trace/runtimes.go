package trace

import "strings"

// Read reads a description that is an exception's text: of .NET, or of another
// runtime. It is false for a sentence.
func Read(text string) (Trace, bool) {
	text = plain(text)
	for _, other := range []func(string) (Trace, bool){workerTrace, pythonTrace, goTrace, jvmTrace, nodeTrace} {
		if t, ok := other(text); ok {
			return t, true
		}
	}
	typ, _, ok := Header(text)
	if !ok {
		return Trace{}, false
	}
	text, cut := limited(text)
	if begun(text) && !IsFrame(lastLine(text)) {
		text = text[:len(text)-len(lastLine(text))]
	}
	text = strings.TrimRight(text, "\r\n")
	t := Parse(text, cut || lastBlock(text, false, false).missing(text))
	return t, t.Frames != "" || t.Inner.Type != "" || IsException(typ) && typ != "Error" && typ != "Exception"
}

// frames are the methods of another runtime's stack, as lines of a .NET one.
// sign begins its lines; name says whose code a line is in, "" leaves it out.
func frames(stack, sign string, name func(line string) string) string {
	var b strings.Builder
	for line := range strings.Lines(stack) {
		if rest, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), sign); ok {
			if n := name(rest); n != "" {
				b.WriteString(asFrame(n))
			}
		}
	}
	return b.String()
}

// causes are what stands behind each of the signs in a text.
func causes(text, sign string) []string {
	return strings.SplitN(text, sign, maxArrows)[1:]
}

// asFrame is a method's name as a line of a .NET stack.
func asFrame(name string) string { return "   at " + name + "()\n" }
