package runtimes

import (
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
)

// workerTrace reads what the Functions host tells of a worker in another
// process, alone or within its own exceptions: "Result: Failure", then
// "Exception: " and "Stack: ", each in a line of its own or all in one. The
// stack is one of the worker's language.
func workerTrace(text string) (trace.Trace, bool) {
	head, rest, ok := strings.Cut(text, "Result: Failure")
	if !ok {
		return trace.Trace{}, false
	}
	rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " \r\n"), "Exception: ")
	at := strings.Index(rest, "Stack: ")
	if !ok || at < 0 {
		return trace.Trace{}, false
	}
	inner := workers(strings.TrimRight(rest[:at], " \r\n"), rest[at+len("Stack: "):])
	t := trace.Trace{Text: text, Type: inner.Type, Message: inner.Message, Frames: inner.Frames, Inner: inner.Inner}
	if typ, message, ok := trace.Header(head); ok {
		message, _, _ = strings.Cut(message, trace.InlineArrow)
		t.Inner = inner.Cause()
		t.Type, t.Message = typ, strings.TrimRight(message, " \r\n")
	}
	return t, true
}

// workers reads an exception and its stack as a worker tells them.
func workers(exception, stack string) trace.Trace {
	exception, stack = trace.UnixLines(exception), trace.UnixLines(stack)
	switch begin := strings.TrimLeft(stack, " \r\n"); {
	case strings.HasPrefix(begin, `File "`):
		t, _ := raised("  " + begin)
		exc, _ := raised(exception)
		return trace.Trace{Type: exc.Type, Message: exc.Message, Frames: t.Frames}
	case strings.HasPrefix(begin, "at "):
		if t := trace.Parse(exception, false); t.Frames != "" {
			return t // as .NET prints all of it
		}
		return trace.Parse(exception+"\n   "+begin, false)
	}
	for _, other := range []func(string) (trace.Trace, bool){jvmTrace, nodeTrace} {
		if t, ok := other(stack); ok {
			return t
		}
	}
	typ, message, _ := trace.Header(exception)
	return trace.Trace{Type: typ, Message: trace.UnixLines(message)}
}
