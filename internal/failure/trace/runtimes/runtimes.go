// Package runtimes reads the text of an exception of any runtime: of .NET as
// package trace does, of the JVM, Node, Python and Go as far as type, message,
// cause and own frames, and of the workers that the Functions host calls.
package runtimes

import (
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
)

// Read reads a description that is an exception's text, perhaps with its lines
// escaped or lost, or with words in front of it. It is false for a sentence.
func Read(text string) (trace.Trace, bool) {
	text = plain(text)
	if t, ok := read(text); ok {
		return t, true
	}
	return preceded(text)
}

func read(text string) (trace.Trace, bool) {
	for _, runtime := range []func(string) (trace.Trace, bool){workerTrace, pythonTrace, goTrace, jvmTrace, nodeTrace} {
		if t, ok := runtime(text); ok {
			return t, true
		}
	}
	return trace.Read(text)
}

// maxWords is how far into a text an exception may begin.
const maxWords = 300

// preceded reads an exception with its stack behind words of whoever caught
// it: "Charging failed: System.Exception: …".
func preceded(text string) (trace.Trace, bool) {
	head, tries := text[:min(len(text), maxWords)], 2
	for at := 0; at < len(head) && tries > 0; at++ {
		line := strings.HasPrefix(text[at:], "\n")
		if !line && !strings.HasPrefix(text[at:], ": ") {
			continue
		}
		rest := strings.TrimLeft(text[at+1:], " ")
		typ, _, ok := trace.Header(rest)
		if !strings.HasPrefix(rest, traceback[:10]) && !strings.HasPrefix(rest, "+ Exception Group ") && (!ok || !trace.IsException(typ)) {
			continue
		}
		tries--
		if t, ok := read(rest); ok && t.Frames != "" {
			return t, true
		}
	}
	return trace.Trace{}, false
}

// maxCauses bounds the exceptions of a chain.
const maxCauses = 256

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
	return strings.SplitN(text, sign, maxCauses)[1:]
}

// asFrame is a method's name as a line of a .NET stack.
func asFrame(name string) string { return "   at " + name + "()\n" }
