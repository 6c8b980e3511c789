package trace

import "strings"

// DescriptionLimit is how much of a dead letter's reason or description the
// SDKs accept, in UTF-16 units: senders cut there, often without a mark.
const DescriptionLimit = 4_096

// Read reads a description that is an exception's text: of .NET, or of another
// runtime. It is false for a sentence.
func Read(text string) (Trace, bool) {
	for _, other := range []func(string) (Trace, bool){pythonTrace, goTrace, jvmTrace, nodeTrace} {
		if t, ok := other(text); ok {
			return t, true
		}
	}
	typ, _, ok := Header(text)
	if !ok {
		return Trace{}, false
	}
	t := Parse(text, strings.HasSuffix(text, "(...)") || Units(text) >= DescriptionLimit || frameBegun(text))
	return t, t.Frames != "" || IsException(typ) && typ != "Error" && typ != "Exception"
}

// framed is the trace of a runtime whose text is type and message first, then
// the lines of the stack, which begin at an offset. name says whose code a
// line is in; "" leaves it out.
func framed(text, typ, rest string, at int, name func(line string) string) Trace {
	begin := len(text) - len(rest)
	t := Trace{Text: text, Type: typ, Message: messageText(text[begin:max(begin, at+1)], true)}
	var b strings.Builder
	for line := range strings.Lines(text[at+1:]) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "at ") {
			break // causes, which are inner exceptions, stand behind
		}
		if n := name(line[len("at "):]); n != "" {
			b.WriteString(asFrame(n))
		}
	}
	t.Frames = b.String()
	return t
}

// asFrame is a method's name as a line of a .NET stack.
func asFrame(name string) string { return "   at " + name + "()\n" }
