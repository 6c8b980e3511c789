package runtimes

import (
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
)

// goTrace reads a panic of Go: its first line is the message. One that was
// recovered and led to another stands before that.
func goTrace(text string) (trace.Trace, bool) {
	rest, ok := strings.CutPrefix(text, "panic: ")
	if !ok {
		return trace.Trace{}, false
	}
	t := trace.Trace{Text: text, Type: "panic", Message: panicMessage(rest)}
	name := ""
	for line := range strings.Lines(rest) {
		again, repanic := strings.CutPrefix(line, "\tpanic: ")
		switch place := strings.TrimLeft(line, "\t"); {
		case repanic:
			if message := panicMessage(again); message != t.Message {
				t.Inner = t.Cause()
				t.Message = message
			}
		case len(place) < len(line) && name != "" && !foreignGo(place):
			t.Frames = asFrame(name)
			return t, true
		default:
			name = goName(line)
		}
	}
	return t, true
}

// panicMessage is a panic's message without what Go says of its recovery.
func panicMessage(text string) string {
	line := strings.TrimSuffix(trace.FirstLine(text), "\r")
	line, _, _ = strings.Cut(line, " [recovered")
	return line
}

// foreignGo reports whether a file is of the standard library or a module of
// somebody else's.
func foreignGo(place string) bool {
	return strings.Contains(place, "/pkg/mod/") || strings.Contains(place, "/vendor/") || strings.Contains(place, "/go/src/runtime/")
}

// goName reads "shop.example/billing.(*Charger).Charge(0xc000, …)". Functions
// of the standard library lie in packages whose paths have no point.
func goName(line string) string {
	open := strings.LastIndexByte(line, '(')
	if open <= 0 || line[0] == '\t' || line[0] == ' ' {
		return ""
	}
	name := strings.NewReplacer("(*", "", ")", "", "[...]", "").Replace(line[:open])
	path := name[:strings.LastIndexByte(name, '/')+1]
	if own := path != "" && strings.Contains(path, ".") || strings.HasPrefix(name, "main."); !own || strings.Contains(name, " ") {
		return ""
	}
	if at := strings.Index(name[len(path):], ".func"); at > 0 { // a closure: main.run.func1
		name = name[:len(path)+at]
	}
	return name
}
