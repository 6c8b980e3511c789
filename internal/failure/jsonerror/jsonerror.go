// Package jsonerror reads exceptions that were written as JSON: by Newtonsoft.Json
// or System.Text.Json, by JavaScript from an Error's own properties, by Jackson, or
// by hand beside the message that failed. JSON that a limit has cut is read as far
// as it goes. Only what tells of the error is taken: what else stands there may be
// a payload.
package jsonerror

import (
	"cmp"
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
	"github.com/busbell/busbell/internal/failure/trace/runtimes"
)

// maxDepth is deeper than errors hold errors.
const maxDepth = 16

// Is reports whether a text is a JSON object, or a list or string with one in
// it, whole or cut.
func Is(text string) bool { return strings.HasPrefix(unwrapped(text), "{") }

// isList reports whether a text is a list of anything but words.
func isList(text string) bool {
	rest := strings.TrimLeft(text, " \t\r\n")
	return strings.HasPrefix(rest, "[") && len(rest) > 1 && strings.IndexByte("0123456789\"[]{ \r\n", rest[1]) >= 0
}

// Read takes the exception in a JSON object apart. It is false where no key of
// the object tells of an error.
func Read(text string) (trace.Trace, bool) {
	s := scanner{text: unwrapped(text)}
	if !strings.HasPrefix(s.text, "{") {
		return trace.Trace{}, false
	}
	e := s.object(0)
	t := e.trace(s.cut)
	return t, t.Type != "" || t.Message != "" || t.Frames != ""
}

// Words is a sentence with what its JSON objects tell of an error in their place:
// what else stands in them may be a payload.
func Words(text string) string {
	var b strings.Builder
	for {
		at := begins(text)
		if at < 0 {
			return b.String() + text
		}
		s := scanner{text: text[at:]}
		e := s.object(0)
		b.WriteString(text[:at])
		if t := e.trace(s.cut); t.Message != "" && !strings.Contains(t.Message, "{") {
			b.WriteString(t.Message)
		} else {
			b.WriteString("{…}")
		}
		if s.cut {
			s.i = closed(s.text) // its quotes may be escaped
		}
		text = s.text[min(s.i, len(s.text)):]
	}
}

// closed is where the brace is closed that begins a text.
func closed(text string) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// begins is where an object begins in a text, -1 where none does.
func begins(text string) int {
	for at := 0; ; at++ {
		i := strings.IndexByte(text[at:], '{')
		if i < 0 {
			return -1
		}
		at += i
		if strings.HasPrefix(strings.TrimLeft(text[at+1:min(len(text), at+maxName)], " \t\r\n\\"), `"`) {
			return at
		}
	}
}

// unwrapped is a text without what may stand around an object: blanks, a list,
// and quotes with their escapes.
func unwrapped(text string) string {
	for range 3 {
		text = strings.TrimLeft(text, "\ufeff \t\r\n[")
		if !strings.HasPrefix(text, `"{`) && !strings.HasPrefix(text, `"[`) {
			break
		}
		s := scanner{text: text}
		text = s.string()
	}
	return text
}

// A thrown is an exception as an object holds it.
type thrown struct {
	typ      string
	message  string
	said     string  // as message, by a key that says so: errorMessage
	rawStack string  // with its escapes; with or without type and message in front
	lines    string  // its stack where that is a list
	remote   string  // frames from before it was thrown again
	whole    string  // all of an exception, or what went wrong in words
	inner    *thrown // its cause
	held     *thrown // the exception that the object holds beside other things
}

// trace is the exception as a trace.
func (e *thrown) trace(cut bool) trace.Trace {
	e = e.real()
	if e.whole != "" {
		if t, ok := runtimes.Read(e.whole); ok {
			return t
		}
		if t, ok := Read(e.whole); ok {
			return t
		}
	}
	if e.inner == nil && !e.framed() { // JavaScript's and Python's stacks hold all
		if t, ok := runtimes.Read(e.stack()); ok && t.Frames != "" {
			t.Message = cmp.Or(e.words(), t.Message)
			return t
		}
	}
	var b strings.Builder
	b.Grow(len(e.rawStack) + len(e.lines) + len(e.message) + len(e.typ) + maxName)
	typ, message, frames := e.write(&b, cut)
	t := trace.Parse(b.String(), cut)
	t.Type, t.Message = typ, trace.UnixLines(message)
	if !frames && e.inner == nil {
		t.Frames = ""
	}
	return t
}

// maxName is room for what stands between the parts of an exception.
const maxName = 128

// real is the exception that an object holds beside other things, or the object
// itself where it says more.
func (e *thrown) real() *thrown {
	for e.held != nil && e.rawStack+e.lines == "" && e.said == "" {
		e = e.held
	}
	return e
}

func (e *thrown) stack() string { return cmp.Or(e.lines, unescaped(e.rawStack)) }

// framed reports whether the stack is frames alone.
func (e *thrown) framed() bool {
	first, _, _ := strings.Cut(cmp.Or(e.lines, e.rawStack), "\n")
	first, _, _ = strings.Cut(first, `\`) // where an escaped line end begins
	return first == "" || strings.HasPrefix(first, "at ") || trace.IsFrame(first)
}

// write writes the exception in the form of .NET's Exception.ToString. It returns
// its type and message, and whether frames of its own follow.
func (e *thrown) write(b *strings.Builder, cut bool) (typ, message string, frames bool) {
	typ, message = e.typ, e.words()
	stack := e.lines
	if !e.framed() {
		stack = e.stack()
		if t, ok := runtimes.Read(stack); ok {
			typ, message, stack = cmp.Or(typ, t.Type), cmp.Or(message, t.Message), strings.TrimRight(t.Frames, "\n")
		}
	}
	b.WriteString(typ)
	if typ != "" && message != "" {
		b.WriteString(": ")
	}
	b.WriteString(message)
	frames = stack != "" || e.framed() && e.rawStack+e.lines != "" || e.remote != ""
	if e.inner != nil {
		b.WriteString("\n ---> ")
		if e.inner.real().write(b, cut); !cut || frames {
			b.WriteString("\n   --- End of inner exception stack trace ---")
		}
	}
	if frames {
		b.WriteString("\n" + e.remote)
		switch {
		case stack != "":
			b.WriteString(indented(stack))
		case strings.HasPrefix(e.rawStack, "at "):
			b.WriteString(indented(e.stack()))
		default:
			unescape(b, e.rawStack)
		}
	}
	return typ, message, frames
}

// words are what an exception says of itself. A message that is JSON again is
// a payload.
func (e *thrown) words() string {
	for _, text := range []string{e.said, e.whole, e.message} {
		if text != "" && !Is(text) && !isList(text) {
			return text
		}
	}
	return ""
}

// indented begins frames as .NET prints them, where somebody has trimmed them.
func indented(frames string) string {
	if !strings.HasPrefix(frames, "at ") {
		return frames
	}
	return "   " + strings.ReplaceAll(frames, "\nat ", "\n   at ")
}
