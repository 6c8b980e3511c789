package trace

import "strings"

// undress reads what some libraries put into the text of an exception: WCF the
// title of the server's stack, gRPC the exception that ended a call, Application
// Insights the type of an inner exception.
func (t *Trace) undress() {
	if i := strings.LastIndex(t.Message, "\n\n"); i >= 0 && strings.HasSuffix(strings.TrimRight(t.Message, " "), ":") && strings.Contains(t.Frames, "[0]:") {
		t.Message = t.Message[:i] // "Server stack trace:"
	}
	if head, debug, ok := strings.Cut(t.Message, `, DebugException="`); ok {
		if typ, rest, ok := Header(debug); ok {
			message, closed := strings.CutSuffix(FirstLine(rest), `")`)
			t.Inner = t.Inner.Or(Cause{typ, message})
			if !closed {
				t.Message = head + ")"
			}
		}
	}
	if _, title, ok := strings.Cut(t.Frames, "\nInner exception "); ok {
		if typ, _, ok := strings.Cut(FirstLine(title), " handled at "); ok {
			t.Inner = t.Inner.Or(Cause{Type: typ})
		}
	}
}

// workerTrace reads what the Functions host tells of a worker in another
// process, alone or within its own exceptions: "Result: Failure", then
// "Exception: " and "Stack: ", each in a line of its own or all in one. The
// stack is one of the worker's language.
func workerTrace(text string) (Trace, bool) {
	head, rest, ok := strings.Cut(text, "Result: Failure")
	if !ok {
		return Trace{}, false
	}
	rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " \r\n"), "Exception: ")
	at := strings.Index(rest, "Stack: ")
	if !ok || at < 0 {
		return Trace{}, false
	}
	inner := workers(strings.TrimRight(rest[:at], " \r\n"), rest[at+len("Stack: "):])
	t := Trace{Text: text, Type: inner.Type, Message: inner.Message, Frames: inner.Frames, Inner: inner.Inner}
	if typ, message, ok := Header(head); ok {
		message, _, _ = strings.Cut(message, InlineArrow)
		t.Inner = inner.Inner.Or(Cause{inner.Type, inner.Message})
		t.Type, t.Message = typ, strings.TrimRight(message, " \r\n")
	}
	return t, true
}

// workers reads an exception and its stack as a worker tells them.
func workers(exception, stack string) Trace {
	exception, stack = UnixLines(exception), UnixLines(stack)
	switch begin := strings.TrimLeft(stack, " \r\n"); {
	case strings.HasPrefix(begin, `File "`):
		t, _ := raised("  " + begin)
		exc, _ := raised(exception)
		return Trace{Type: exc.Type, Message: exc.Message, Frames: t.Frames}
	case strings.HasPrefix(begin, "at "):
		if t := Parse(exception, false); t.Frames != "" {
			return t // as .NET prints all of it
		}
		return Parse(exception+"\n   "+begin, false)
	}
	for _, other := range []func(string) (Trace, bool){jvmTrace, nodeTrace} {
		if t, ok := other(stack); ok {
			return t
		}
	}
	typ, message, _ := Header(exception)
	return Trace{Type: typ, Message: UnixLines(message)}
}

// plain gives a text back its lines, where it went through JSON or a log that
// knows only one.
func plain(text string) string {
	if strings.IndexByte(text, '\n') >= 0 {
		return text
	}
	for _, sign := range []string{`\n   `, `\n\tat `, `\n  File `, `\ngoroutine `} {
		if strings.Contains(text, sign) {
			return unescaped.Replace(strings.Trim(text, `"`))
		}
	}
	if strings.Contains(text, "   at ") || strings.Contains(text, "\tat ") {
		return inOneLine.Replace(text)
	}
	return text
}

var (
	unescaped = strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\t`, "\t", `\"`, `"`, `\\`, `\`, `\/`, "/",
		`\u003C`, "<", `\u003E`, ">", `\u0027`, "'", `\u0022`, `"`, `\u0060`, "`", `\u002B`, "+", `\u0026`, "&",
		`\u003c`, "<", `\u003e`, ">", `\u002b`, "+")
	inOneLine = strings.NewReplacer("   at ", "\n   at ", "   --- ", "\n   --- ", " Stack:    at ", "\nStack:    at ", "\tat ", "\n\tat ", "Caused by: ", "\nCaused by: ")
)
