// Package runtimes reads the text of an exception of any runtime: of .NET as
// package trace does, of the JVM, Node, Python and Go as far as type, message,
// cause and own frames, and of the workers that the Functions host calls.
package runtimes

import (
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
)

// Read reads a description that is an exception's text, perhaps with its lines
// escaped or lost. It is false for a sentence.
func Read(text string) (trace.Trace, bool) {
	text = plain(text)
	for _, runtime := range []func(string) (trace.Trace, bool){workerTrace, pythonTrace, goTrace, jvmTrace, nodeTrace} {
		if t, ok := runtime(text); ok {
			return t, true
		}
	}
	return trace.Read(text)
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
