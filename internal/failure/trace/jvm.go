package trace

import "strings"

// jvmTrace reads what Throwable.printStackTrace writes: the outer exception
// with its frames first, then "Caused by:". Those that were suppressed are
// indented, and no cause.
func jvmTrace(text string) (Trace, bool) {
	at := strings.Index(text, "\n\tat ")
	if at < 0 {
		return Trace{}, false
	}
	if _, rest, ok := strings.Cut(text, `Exception in thread "`); ok && strings.HasPrefix(text, "Exception in thread ") {
		if _, rest, ok = strings.Cut(rest, `" `); ok {
			at -= len(text) - len(rest)
			text = rest
		}
	}
	typ, rest, ok := Header(text)
	if !ok || at < 0 {
		return Trace{}, false
	}
	t := Trace{Text: text, Type: typ, Message: messageText(text[len(text)-len(rest):max(len(text)-len(rest), at+1)], true)}
	t.Frames = frames(text[at+1:], "\tat ", jvmName)
	for _, cause := range causes(text[at:], "\nCaused by: ") {
		typ, rest, ok := Header(cause)
		message, _, _ := strings.Cut(rest, "\n\t")
		if ok {
			t.Inner = Cause{typ, strings.TrimSpace(UnixLines(message))}.Or(t.Inner)
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
