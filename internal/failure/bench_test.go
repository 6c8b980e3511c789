package failure_test

import (
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

func BenchmarkRead(b *testing.B) {
	r := failure.NewReader(failure.Config{})
	for _, f := range fixtures(b) {
		switch f.path {
		case "captured/rebus/rebus-8-en-us-plain.json", "captured/rebus/rebus-7-plain.json", "captured/nservicebus/nservicebus-9-error.json",
			"captured/masstransit/masstransit-8-saga.json", "captured/rebus/rebus-8-deep-recursion-cut.json":
		default:
			continue
		}
		b.Run(strings.TrimSuffix(f.path[strings.LastIndexByte(f.path, '/')+1:], ".json"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				read := r.Read(&f.message, enqueued)
				_ = read.Fingerprint("error", "")
			}
		})
	}
}

func BenchmarkReadHostile(b *testing.B) {
	r := failure.NewReader(failure.Config{})
	for name, details := range hostile() {
		m := message.Message{Properties: map[string]any{"rbs2-error-details": details, "rbs2-msg-type": "A"}}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				read := r.Read(&m, enqueued)
				_ = read.Fingerprint("error", "")
			}
		})
	}
}

func BenchmarkReadHostileDescription(b *testing.B) {
	r := failure.NewReader(failure.Config{})
	for name, text := range hostileDescriptions() {
		m := message.Message{Entity: "q/$DeadLetterQueue", Properties: map[string]any{"DeadLetterErrorDescription": text}}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				read := r.Read(&m, enqueued)
				_ = read.Fingerprint("q", "")
			}
		})
	}
}

// hostileDescriptions are texts of 64 KB for the readers of other runtimes and
// of stacks in other dress.
func hostileDescriptions() map[string]string {
	fill := func(head, s string) string { return head + strings.Repeat(s, (64<<10-len(head))/len(s)) }
	const python = "Traceback (most recent call last):\n"
	return map[string]string{
		"arrows":           fill("X.Y: z", "\n ---> A.B: c"),
		"arrows in a line": fill("X.Y: z", " ---> A.B: c"),
		"arrows, brackets": fill("X.Y: z", " ---> A.B["),
		"titles":           fill("X.Y: z\n   at a.b()", "\n\nc:\n   at a.b()"),
		"half titles":      fill("X.Y: z\n   at a.b()", "\n\nc:\n"),
		"declarations":     fill("X.Y: z\n   at ", "async Task<"),
		"tuples":           fill("X.Y: z\n   at ", "("),
		"frames of a kind": fill("X.Y: z", "\n   at async Task A.B.C(D)"),
		"causes":           fill("a.B: c\n\tat a.B.c(D)", "\nCaused by: a.B: c\n\tat a.B.c(D)"),
		"Node's causes":    fill("Error: a\n    at b (/c.js:1:1)", " [cause]: Error: d"),
		"tracebacks":       fill("", python+"  File \"/a.py\", line 1, in b\nA: b\n\n"),
		"groups":           fill("  + Exception Group "+python, "+-+-\n| Exception Group "+python),
		"bars":             fill("  + Exception Group "+python, "|\n"),
		"panics":           fill("panic: a", "\n\tpanic: b"),
		"escapes":          fill(`X.Y: z\n   at a.b()`, `\u003C`),
		"in one line":      fill("X.Y: z", "   at a.b()"),
		"workers":          fill("Result: Failure\nException: ", "Stack: "),
		"gRPC":             fill("X.Y: z", `, DebugException="A.B: c`),
	}
}

// hostile are texts of 64 KB that are made to cost time.
func hostile() map[string]string {
	fill := func(head, s string) string { return head + strings.Repeat(s, (64<<10-len(head))/len(s)) }
	const head = "5 unhandled exceptions: 11/24/2026 2:41:30 PM +01:00: "
	return map[string]string{
		"line ends":   fill(head, "\n"),
		"blank lines": fill("System.AggregateException: 5 unhandled exceptions ---> X.Y: z", " \n"),
		"CRLF":        fill(head, "\r\n"),
		"arrows":      fill(head+"X.Y: z", "\n ---> A.B: c"),
		"remarks":     fill("99999"+head[1:], "Rebus.Exceptions.RebusApplicationException: Received message with native delivery count header value\n\n1 +01:00: "),
		"line remark": fill("99999"+head[1:], "Rebus.Exceptions.RebusApplicationException: Received message with native delivery count header value\n1 +01:00: "),
		"borders":     fill(head+"X.Y: z", "\n\n1 +01:00: "),
		"more border": fill(head+"X.Y: z", "\n\n11/24/2026 2:41:30 PM +01:00: X.Y: z"),
		"given up":    fill("a", " 5 unhandled exceptions: 1"),
		"line border": fill(head+"X.Y: z", "\n1 +01:00: "),
		"own endings": fill("System.AggregateException: 5 unhandled exceptions (a) ---> A.B: c", "\n --- a ---"),
		"brackets":    fill(head, "A["),
		"angles":      fill(head+"X.Y: z\n   at a.", "<") + "b()",
		"by hand":     fill("a", ": Rebus.Exceptions.RebusApplicationException: a"),
		"dashes":      fill(head+"X.Y: z\n   at a.", "-Ib") + "()",
		"numbered":    fill("System.AggregateException: 5 unhandled exceptions (a) ---> Rebus.Exceptions.RebusApplicationException: Received message with native delivery count header value", "\n ---> (Inner Exception #1) A.B: c"),
		"frames":      fill(head+"X.Y: z", "\n   at a.b<c.d<e>.f("),
		"points":      fill(head+"X.Y: z\n   at a", ".I<"),
		"colons":      fill("a", ": "),
		"types":       fill("a", ": A.B: a"),
		"endings":     fill(head+"X.Y: z", "\n   --- e ---"),
		"aggregate":   fill("System.AggregateException: 5 unhandled exceptions (a", "\n ---> A.B: c"),
		"inner":       fill("System.AggregateException: 5 unhandled exceptions ---> X.Y: z", " ---> A.B: c") + "\n   --- e ---",
		"blanks":      fill(head+"X.Y: z\n", " "),
		"quotes":      fill(head+"X.Y: z ", "'a "),
		"info":        fill("ExceptionInfo { Type = A, Message = 5", ", Details = a, Time = "),
	}
}
