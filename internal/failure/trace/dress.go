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
