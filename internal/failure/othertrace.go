package failure

import "strings"

// exceptionText reads a description that is an exception's text: of .NET, or
// of another runtime. It is false for a sentence.
func exceptionText(text string) (trace, bool) {
	for _, other := range []func(string) (trace, bool){pythonTrace, goTrace, jvmTrace, nodeTrace} {
		if t, ok := other(text); ok {
			return t, true
		}
	}
	typ, _, ok := header(text)
	if !ok {
		return trace{}, false
	}
	t := parse(text, strings.HasSuffix(text, "(...)") || units(text) >= descriptionLimit || frameBegun(text))
	return t, t.frames != "" || exceptional(typ) && typ != "Error" && typ != "Exception"
}

// framed is the trace of a runtime whose text is type and message first, then
// the lines of the stack, which begin at an offset. name says whose code a
// line is in; "" leaves it out.
func framed(text, typ, rest string, at int, name func(line string) string) trace {
	begin := len(text) - len(rest)
	t := trace{text: text, typ: typ, message: messageText(text[begin:max(begin, at+1)], true)}
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
	t.frames = b.String()
	return t
}

// asFrame is a method's name as a line of a .NET stack.
func asFrame(name string) string { return "   at " + name + "()\n" }
