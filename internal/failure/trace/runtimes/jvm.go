package runtimes

import (
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
)

// jvmTrace reads what Throwable.printStackTrace writes: the outer exception
// with its frames first, then "Caused by:". Those that were suppressed are
// indented, and no cause.
func jvmTrace(text string) (trace.Trace, bool) {
	at := strings.Index(text, "\n\tat ")
	if at < 0 {
		return trace.Trace{}, false
	}
	if _, rest, ok := strings.Cut(text, `Exception in thread "`); ok && strings.HasPrefix(text, "Exception in thread ") {
		if _, rest, ok = strings.Cut(rest, `" `); ok {
			at -= len(text) - len(rest)
			text = rest
		}
	}
	typ, rest, ok := trace.Header(text)
	if !ok || at < 0 {
		return trace.Trace{}, false
	}
	t := trace.Trace{Text: text, Type: typ, Message: trace.UnixLines(strings.TrimSuffix(text[len(text)-len(rest):max(len(text)-len(rest), at)], "\r"))}
	var all strings.Builder
	for i, stack := range strings.SplitAfterN(text[at+1:], "\nCaused by:", maxCauses) {
		if i > 0 {
			all.WriteString("Caused by:\n")
		}
		all.WriteString(frames(stack, "\tat ", jvmName))
	}
	t.Frames = all.String()
	for _, cause := range causes(text[at:], "\nCaused by: ") {
		typ, rest, ok := trace.Header(cause)
		message, _, _ := strings.Cut(rest, "\n\t")
		if ok {
			t.Inner = trace.Cause{Type: typ, Message: strings.TrimSpace(trace.UnixLines(message))}.Or(t.Inner)
		}
	}
	return t, true
}

// jvmName reads "loader/module@1.0/com.shop.Handler.handle(Handler.java:3)".
func jvmName(line string) string {
	name, _, whole := strings.Cut(line, "(")
	name = name[strings.LastIndexByte(name, '/')+1:]
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || !whole {
		return ""
	}
	class, method := name[:dot], name[dot+1:]
	if from, lambda, ok := strings.Cut(method, "$lambda$"); ok && from != "" && lambda != "" {
		method = from // Kotlin
	} else if rest, ok := strings.CutPrefix(method, "lambda$"); ok {
		method, _, _ = strings.Cut(rest, "$")
	}
	if method == "invokeSuspend" || method == "invoke" { // Kotlin's coroutines and lambdas: Handler$handle$1
		if parts := strings.Split(class, "$"); len(parts) > 2 {
			class, method = strings.Join(parts[:len(parts)-2], "$"), parts[len(parts)-2]
		}
	}
	return class + "." + method
}
