package runtimes_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/failure/trace"
	"github.com/busbell/busbell/internal/failure/trace/runtimes"
)

const (
	wrapped = "Shop.A: a\n ---> Shop.B (0x80131904): b\nmore\n   at Shop.X.Y(Int32 i) in /src/x.cs:line 3\nClientConnectionId:0f\n   --- End of inner exception stack trace ---\n   at async Task<(int a, string b)> Shop.Z.W<T>(T t)"
	grpc    = "Grpc.Core.RpcException: Status(StatusCode=\"Internal\", Detail=\"x\", DebugException=\"System.IO.IOException: reset\n   at A.B()\")\n   at Shop.X.Y()"
	wcf     = "System.ServiceModel.FaultException: closed ---> A.B: c\n\nServer stack trace: \n   at C.D()\n\nException rethrown at [0]: \n   at Shop.X.Y()"
	worker  = "A.B: c\n ---> D.E: Result: Failure\nException: System.Exception: closed\nStack:    at Shop.X.Y()\n   at F.G()\n   --- End of inner exception stack trace ---\n   at H.I()"
	java    = "a.b.C: d\n\tat a.b.C.e(C.java:1)\n\tSuppressed: x.Y: z\n\t\tat x.Y.z(Y.java:1)\nCaused by: f.G: h\n\tat f.G.i(G.java:1)\n\t... 3 more"
	script  = "Error: a\n    at b (/src/b.js:1:2) {\n  [cause]: TypeError: c\n      at d (/src/d.js:3:1)\n}"
	chain   = "Traceback (most recent call last):\n  File \"/src/a.py\", line 1, in f\nKeyError: 'x'\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"/src/b.py\", line 1, in g\nValueError: y"
	group   = "  + Exception Group Traceback (most recent call last):\n  |   File \"/src/a.py\", line 3, in f\n  | ExceptionGroup: m (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File \"/src/b.py\", line 8, in g\n    | ValueError: n\n    +------------------------------------\n"
	panics  = "panic: a [recovered]\n\tpanic: b\n\ngoroutine 1 [running]:\nshop.example/x.Y(0x1)\n\t/src/x.go:10 +0x1"
)

func FuzzRead(f *testing.F) {
	for _, s := range []string{wrapped, grpc, wcf, worker, java, script, chain, group, panics, strings.ReplaceAll(wrapped, "\n", `\n`), strings.ReplaceAll(worker, "\n", " ")} {
		f.Add(s)
		f.Add(strings.ReplaceAll(s, "\n", "\r\n"))
		f.Add(s[:len(s)*2/3])
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := runtimes.Read(text)
		if again, _ := runtimes.Read(text); again != got {
			t.Errorf("it reads %+v, then %+v", got, again)
		}
		if !ok {
			return
		}
		for _, part := range []string{got.Type, got.Message, got.Inner.Type, got.Inner.Message} {
			if len(part) > 2*len(text) {
				t.Errorf("%d bytes of %d", len(part), len(text))
			}
			if utf8.ValidString(text) && !utf8.ValidString(part) {
				t.Errorf("%q is cut within a letter", part)
			}
		}
		if got.Inner.Message != "" && got.Inner.Type == "" {
			t.Errorf("a cause without a type: %+v", got.Inner)
		}
		for line := range strings.Lines(got.Frames) {
			if name, ok := trace.FrameName(strings.TrimRight(line, "\r\n")); ok && (name == "" || strings.ContainsAny(name, "\n")) {
				t.Errorf("a frame %q", line)
			}
		}
	})
}
