package failure

import "strings"

// exceptionText reads a description that is an exception's text: of .NET, or
// of another runtime whose first line names type and message. It is false
// for a sentence.
func exceptionText(text string) (trace, bool) {
	if t, ok := pythonTrace(text); ok {
		return t, true
	}
	if rest, ok := strings.CutPrefix(text, "panic: "); ok {
		return goTrace(text, rest), true
	}
	text = strings.TrimPrefix(text, "Uncaught ")
	text = strings.TrimPrefix(text, `Exception in thread "main" `)
	typ, _, ok := header(text)
	if !ok {
		return trace{}, false
	}
	if i := strings.Index(text, "\n\tat "); i >= 0 { // JVM: outer frames first, then "Caused by:"
		return firstFrames(text, i), true
	}
	if i := strings.Index(text, "\n    at "); i >= 0 { // Node
		return firstFrames(text, i), true
	}
	t := parse(text, strings.HasSuffix(text, "(...)"))
	return t, t.frames != "" || exceptional(typ)
}

// firstFrames takes the frames from behind at on, as long as they last.
func firstFrames(text string, at int) trace {
	t := trace{text: text}
	_, rest, _ := header(text)
	t.typ, _, _ = header(text)
	begin := len(text) - len(rest)
	t.message = messageText(text[begin:max(begin, at+1)], true)
	end := at + 1
	for line := range strings.Lines(text[at+1:]) {
		if !strings.HasPrefix(strings.TrimLeft(line, " \t"), "at ") {
			break
		}
		end += len(line)
	}
	t.frames = text[at+1 : end]
	return t
}

// pythonTrace reads "Traceback (most recent call last):", whose last line
// names the exception and whose last frame is where it was raised.
func pythonTrace(text string) (trace, bool) {
	if !strings.HasPrefix(text, "Traceback (most recent call last):") {
		return trace{}, false
	}
	t := trace{text: text}
	lines := strings.Split(strings.TrimRight(text, "\r\n"), "\n")
	last := len(lines) - 1
	for last > 0 && strings.HasPrefix(lines[last], " ") {
		last-- // cut within the frames, or a message of more than one line
	}
	typ, rest, ok := header(lines[last])
	if !ok {
		return trace{}, false
	}
	t.typ, t.message = typ, strings.TrimRight(rest, "\r")
	for i := last - 1; i > 0; i-- {
		file, in, ok := strings.Cut(lines[i], `", line `)
		if _, name, more := strings.Cut(in, ", in "); ok && more {
			module := strings.TrimSuffix(file[strings.LastIndexAny(file, `/\"`)+1:], ".py")
			t.frames = "   at " + module + "." + strings.TrimRight(name, "\r") + "()\n"
			break
		}
	}
	return t, true
}

// goTrace reads a panic: its text is the message, the first function of
// package main or of a module the frame.
func goTrace(text, rest string) trace {
	t := trace{text: text, typ: "panic", message: firstLine(rest)}
	for line := range strings.Lines(rest) {
		if open := strings.LastIndexByte(line, '('); open > 0 && line[0] != '\t' && line[0] != ' ' {
			name := line[:open]
			if strings.HasPrefix(name, "runtime.") || strings.HasPrefix(name, "panic") || !strings.Contains(name, ".") || strings.Contains(name, " ") {
				continue
			}
			t.frames = "   at " + name + "(" + "\n"
			break
		}
	}
	return t
}
