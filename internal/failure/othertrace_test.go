package failure_test

import (
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

const (
	jvm    = "com.shop.TemplateMissing: No template\n\tat java.base/java.util.Map.get(Map.java:1)\n\tat app//com.shop.Templates.find(Templates.java:44)\nCaused by: java.io.IOException: disk\n\tat com.shop.Disk.read(Disk.java:1)\n\t... 3 more"
	node   = "TypeError: Cannot read properties of undefined (reading 'id')\n    at pay (/app/node_modules/pay/index.js:3:1)\n    at async Charge.handle (/src/charge.js:10:5)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"
	python = "Traceback (most recent call last):\n  File \"/src/app.py\", line 10, in handler\n    charge()\n    ~~~~~~^^\n  File \"/src/billing/charge.py\", line 5, in charge\n    raise ValueError('x')\nValueError: bad value"
	golang = "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\npanic({0x1, 0x2})\n\t/usr/local/go/src/runtime/panic.go:1 +0x1\nshop.example/billing.Charge(0x1)\n\t/src/billing/charge.go:10 +0x1"
)

func TestOtherRuntimesTellTypeMessageAndFrame(t *testing.T) {
	for _, tt := range []struct{ name, description, typ, message, own string }{
		{"JVM", jvm, "com.shop.TemplateMissing", "No template", "com.shop.Templates.find"},
		{"JVM, a lambda", "java.lang.Error: a\nb\n\tat com.shop.Main.lambda$run$0(Main.java:1)", "java.lang.Error", "a\nb", "com.shop.Main.run"},
		{"JVM, no message", "java.lang.NullPointerException\r\n\tat com.shop.Main.run(Main.java:1)\r\n", "java.lang.NullPointerException", "", "com.shop.Main.run"},
		{"JVM, a thread", "Exception in thread \"pool-1-thread-3\" java.lang.Error: a\n\tat com.shop.Main.run(Main.java:1)", "java.lang.Error", "a", "com.shop.Main.run"},
		{"Kotlin", "java.lang.Error: a\n\tat com.shop.Handler$handle$1.invokeSuspend(Handler.kt:1)", "java.lang.Error", "a", "com.shop.Handler.handle"},
		{"Kotlin, a lambda", "java.lang.Error: a\n\tat com.shop.Handler.handle$lambda$0(Handler.kt:1)", "java.lang.Error", "a", "com.shop.Handler.handle"},
		{"Node", node, "TypeError", "Cannot read properties of undefined (reading 'id')", "Charge.handle"},
		{"Node, a code", "Error [ERR_X]: boom\n    at new Charge (file:///src/charge.mjs:1:2) {\n  code: 'ERR_X'\n}", "Error", "boom", "Charge.constructor"},
		{"Node, a function", "Uncaught RangeError: boom\n    at handle (/src/charge.js:1:2)", "RangeError", "boom", "charge.handle"},
		{"Node, a place", "Error: boom\n    at async /src/charge.js:10:5", "Error", "boom", "charge.anonymous"},
		{"Node, on Windows", "Error: boom\n    at Object.handle [as run] (C:\\src\\charge.js:10:5)", "Error", "boom", "charge.handle"},
		{"Python", python, "ValueError", "bad value", "charge.charge"},
		{"Python, chained", "Traceback (most recent call last):\n  File \"/src/a.py\", line 1, in f\nKeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\n" + python, "ValueError", "bad value", "charge.charge"},
		{"Python, a library raised it", "Traceback (most recent call last):\n  File \"/src/app.py\", line 1, in run\n  File \"/usr/lib/python3.11/json/decoder.py\", line 355, in raw_decode\njson.decoder.JSONDecodeError: Expecting value", "json.decoder.JSONDecodeError", "Expecting value", "app.run"},
		{"Python, many lines", "Traceback (most recent call last):\r\n  File \"C:\\src\\app.py\", line 1, in <module>\r\nshop.errors.BadOrder: first\r\nsecond", "shop.errors.BadOrder", "first\nsecond", "app.module"},
		{"Python, no message", "Traceback (most recent call last):\n  File \"/src/app.py\", line 1, in run\nKeyboardInterrupt", "KeyboardInterrupt", "", "app.run"},
		{"Go", golang, "panic", "runtime error: index out of range [5] with length 3", "shop.example/billing.Charge"},
		{"Go, a method", "panic: boom\n\ngoroutine 7 [running]:\nshop.example/billing.(*Charger).Charge(0xc0001, {0x1, 0x2})\n\t/src/charge.go:3", "panic", "boom", "shop.example/billing.Charger.Charge"},
		{"Go, a closure", "panic: boom\n\ngoroutine 7 [running]:\nnet/http.HandlerFunc.ServeHTTP(0x1)\nmain.(*app).handle.func1.2(...)\n\t/src/main.go:3", "panic", "boom", "main.app.handle"},
		{"cut within a frame", "Shop.A: a\n ---> Shop.B: b\n   at Shop.Deep.Call()\n   at Shop.De", "Shop.A", "a", "Shop.Deep.Call"},
		{"cut at the limit", ("Shop.A: a\n ---> Shop.B: b\n" + strings.Repeat("   at Shop.Deep.Call()\n", 200))[:4_096], "Shop.A", "a", "Shop.Deep.Call"},
		{"a sentence", "Timeout: the printer did not answer", "", "Timeout: the printer did not answer", ""},
		{"a sentence about an error", "Error: the printer is out of paper", "", "Error: the printer is out of paper", ""},
		{"a sentence about a type", "Shop.Billing: not found", "", "Shop.Billing: not found", ""},
		{"a type and a sentence", "TimeoutException: took too long", "TimeoutException", "took too long", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &message.Message{Entity: "orders/$DeadLetterQueue", Properties: map[string]any{"DeadLetterReason": "Failed", "DeadLetterErrorDescription": tt.description}}
			check(t, failure.NewReader(failure.Config{}).Read(m, enqueued), expectation{
				Framework: message.Plain, FailingQueue: "orders", ExceptionType: tt.typ, ExceptionMessage: tt.message, FirstOwnFrame: tt.own,
			})
		})
	}
}
