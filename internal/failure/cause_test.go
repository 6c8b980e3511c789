package failure_test

import (
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

func deadLettered(description string) *message.Message {
	return &message.Message{Entity: "orders/$DeadLetterQueue", Properties: map[string]any{"DeadLetterReason": "Failed", "DeadLetterErrorDescription": description}}
}

const efWrapper = "Microsoft.EntityFrameworkCore.DbUpdateException: An error occurred while saving the entity changes. See the inner exception for details.\n" +
	" ---> Microsoft.Data.SqlClient.SqlException (0x80131904): Transaction was deadlocked.\nRerun the transaction.\n   at Microsoft.Data.SqlClient.SqlCommand.Run()\nClientConnectionId:0f\n   --- End of inner exception stack trace ---\n" +
	"   at Microsoft.EntityFrameworkCore.Update.Batch.ExecuteAsync()\n   at Shop.UnitOfWork.CommitAsync() in /src/U.cs:line 3"

const pythonFrom = "Traceback (most recent call last):\n  File \"/src/gateway.py\", line 5, in pay\n    raise TimeoutError('slow')\nTimeoutError: slow\n\nThe above exception was the direct cause of the following exception:\n\n" +
	"Traceback (most recent call last):\n  File \"/src/app.py\", line 10, in handler\n    charge()\n  File \"/src/charge.py\", line 9, in charge\n    raise ChargeError(1) from e\nshop.ChargeError: order 1\n"

const pythonGroup = "  + Exception Group Traceback (most recent call last):\n  |   File \"/src/app.py\", line 3, in main\n  |     raise ExceptionGroup('many', x)\n  | ExceptionGroup: many (2 sub-exceptions)\n" +
	"  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File \"/src/pay.py\", line 8, in pay\n    |     raise ValueError(1)\n    | ValueError: no address\n" +
	"    +---------------- 2 ----------------\n    | TypeError: 2\n    +------------------------------------\n"

// A reading is the description of a dead letter and what is understood of it.
type reading struct{ name, description, typ, message, innerType, innerMessage, own string }

// forms are the forms in which one description may arrive: as written, with the
// line ends of Windows, and as a JSON string.
var forms = []func(string) string{
	func(s string) string { return s },
	func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
	func(s string) string {
		return `"` + strings.NewReplacer("\\", `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
	},
}

// check reads a form of the description.
func (r reading) check(t *testing.T, form string) {
	t.Helper()
	got := failure.NewReader(failure.Config{}).Read(deadLettered(form), enqueued)
	for _, x := range []struct{ name, got, want string }{
		{"type", got.ExceptionType, r.typ},
		{"message", got.ExceptionMessage, r.message},
		{"inner type", got.InnerType, r.innerType},
		{"inner message", got.InnerMessage, r.innerMessage},
		{"own frame", got.FirstOwnFrame, r.own},
	} {
		if x.got != x.want {
			t.Errorf("%s: %s = %q, want %q (of %.60q)", r.name, x.name, x.got, x.want, form)
		}
	}
}

func TestTheCauseIsTheInnermostThatSaysSomething(t *testing.T) {
	for _, tt := range []reading{
		{"EF", efWrapper, "Microsoft.EntityFrameworkCore.DbUpdateException", "An error occurred while saving the entity changes. See the inner exception for details.", "Microsoft.Data.SqlClient.SqlException", "Transaction was deadlocked.\nRerun the transaction.", "Shop.UnitOfWork.CommitAsync"},
		{"one alone", "Shop.A: a\n   at Shop.X.Y()", "Shop.A", "a", "", "", "Shop.X.Y"},
		{"a socket in HTTP", "System.Net.Http.HttpRequestException: Connection refused (pay:443)\n ---> System.Net.Sockets.SocketException (111): Connection refused\n   at System.Net.Sockets.Socket.Connect()\n   --- End of inner exception stack trace ---\n   at Shop.Gateway.Pay()", "System.Net.Http.HttpRequestException", "Connection refused (pay:443)", "System.Net.Sockets.SocketException", "Connection refused", "Shop.Gateway.Pay"},
		{"reflection", "System.Reflection.TargetInvocationException: Exception has been thrown by the target of an invocation.\n ---> Shop.Bad: no address\n   at Shop.Deep.Run()\n   --- End of inner exception stack trace ---\n   at Shop.X.Y()", "System.Reflection.TargetInvocationException", "Exception has been thrown by the target of an invocation.", "Shop.Bad", "no address", "Shop.Deep.Run"},
		{"an aggregate of one", "System.AggregateException: One or more errors occurred. (no address)\n ---> Shop.Bad: no address\n   at Shop.Deep.Run()\n   --- End of inner exception stack trace ---\n   at Shop.X.Y()", "System.AggregateException", "One or more errors occurred. (no address)", "Shop.Bad", "no address", "Shop.Deep.Run"},
		{".NET Framework", "System.AggregateException: Mindestens ein Fehler ist aufgetreten. ---> System.Exception: a ---> Shop.Bad: no address\n   bei Shop.Deep.Run()\n   --- Ende der internen Ausnahmestapelüberwachung ---\n   bei Shop.X.Y()\n   --- Ende der internen Ausnahmestapelüberwachung ---\n   bei Shop.Z.Y()", "System.AggregateException", "Mindestens ein Fehler ist aufgetreten.", "Shop.Bad", "no address", "Shop.Deep.Run"},
		{"the innermost says nothing", "Shop.Store: outer\n ---> Microsoft.Data.SqlClient.SqlException (0x80131904): Timeout expired.\n ---> System.ComponentModel.Win32Exception (258): Unknown error 258\n   at Microsoft.Data.SqlClient.SqlCommand.Run()\n   --- End of inner exception stack trace ---\n   at Shop.X.Y()", "Shop.Store", "outer", "Microsoft.Data.SqlClient.SqlException", "Timeout expired.", "Shop.X.Y"},
		{"no inner one says anything", "Shop.Store: no address\n ---> System.AggregateException: One or more errors occurred.\n   at Shop.D.Run()\n   --- End of inner exception stack trace ---\n   at Shop.X.Y()", "Shop.Store", "no address", "", "", "Shop.D.Run"},
		{"a type that says all", "Shop.Store: see the inner exception\n ---> System.OperationCanceledException\n   at Shop.D.Run()\n   --- End of inner exception stack trace ---\n   at Shop.X.Y()", "Shop.Store", "see the inner exception", "System.OperationCanceledException", "", "Shop.D.Run"},
		{"words in front", "Charging order 7 failed: " + efWrapper, "Microsoft.EntityFrameworkCore.DbUpdateException", "An error occurred while saving the entity changes. See the inner exception for details.", "Microsoft.Data.SqlClient.SqlException", "Transaction was deadlocked.\nRerun the transaction.", "Shop.UnitOfWork.CommitAsync"},
		{"words in front, Python", "charging failed\n" + pythonFrom, "shop.ChargeError", "order 1", "TimeoutError", "slow", "gateway.pay"},
		{"impatience", "System.Threading.Tasks.TaskCanceledException: The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.\n ---> System.TimeoutException: The operation was canceled.\n ---> System.Net.Sockets.SocketException (125): Operation canceled\n   --- End of inner exception stack trace ---\n   at System.Net.Http.X.Y()\n   --- End of inner exception stack trace ---\n   at Shop.Gateway.Pay()", "System.Threading.Tasks.TaskCanceledException", "The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.", "", "", "Shop.Gateway.Pay"},
		{"Node, a name of one's own", "PaymentDeclined: no money\n    at Charge.handle (/src/charge.js:10:5)", "PaymentDeclined", "no money", "", "", "Charge.handle"},
		{"JVM", jvm, "com.shop.TemplateMissing", "No template", "java.io.IOException", "disk", "com.shop.Templates.find"},
		{"JVM, a library's outer", "java.util.concurrent.CompletionException: java.lang.IllegalStateException: gone\n\tat java.base/java.util.concurrent.CompletableFuture.x(C.java:1)\n\tSuppressed: java.io.IOException: closing\n\t\tat com.other.Closer.close(C.java:1)\nCaused by: com.lib.Wrapper\n\tat com.lib.W.w(W.java:1)\n\t... 2 more\nCaused by: java.lang.IllegalStateException: gone\nfor good\n\tat com.shop.Store.get(Store.java:1)\n\t... 22 more", "java.util.concurrent.CompletionException", "java.lang.IllegalStateException: gone", "java.lang.IllegalStateException", "gone\nfor good", "com.shop.Store.get"},
		{"JVM, no message", "java.lang.reflect.InvocationTargetException\n\tat java.base/java.lang.reflect.Method.invoke(M.java:1)\nCaused by: java.lang.NullPointerException\n\tat com.shop.Store.get(Store.java:1)", "java.lang.reflect.InvocationTargetException", "", "java.lang.NullPointerException", "", "com.shop.Store.get"},
		{"JVM, a library's cause", "org.springframework.messaging.MessagingException: failed\n\tat com.shop.Stock.reserve(Stock.java:1)\n\tat org.springframework.x.Y.z(Y.java:1)\nCaused by: com.lib.PoolException: no connection\n\tat com.lib.Pool.get(Pool.java:1)\n\t... 30 more", "org.springframework.messaging.MessagingException", "failed", "com.lib.PoolException", "no connection", "com.shop.Stock.reserve"},
		{"JVM, a library's outer one", "org.springframework.messaging.MessagingException: failed\n\tat com.lib.Facade.call(Facade.java:1)\n\tat com.shop.Main.run(Main.java:1)\nCaused by: com.lib.PoolException: no connection\n\tat com.lib.Pool.get(Pool.java:1)\n\t... 30 more", "org.springframework.messaging.MessagingException", "failed", "com.lib.PoolException", "no connection", "com.shop.Main.run"},
		{"Node", "Error: charge failed\n    at run (/app/node_modules/x/a.js:1:2)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5) {\n  [cause]: TypeError: no address\n      at pay (/src/pay.js:3:1)\n      at x (node:internal/y:1:1) {\n    [cause]: Error [ECONN]: refused\n        at socket (/src/net.js:1:1)\n  }\n}", "Error", "charge failed", "Error", "refused", "pay.pay"},
		{"Node, many", "AggregateError: All promises were rejected\n    at run (/src/run.js:1:2) {\n  [errors]: [\n    RangeError: too far\n        at a (/src/a.js:1:1),\n    Error: b\n  ]\n}", "AggregateError", "All promises were rejected", "RangeError", "too far", "run.run"},
		{"Python, raise from", pythonFrom, "shop.ChargeError", "order 1", "TimeoutError", "slow", "gateway.pay"},
		{"Python, while handling", strings.Replace(pythonFrom, "The above exception was the direct cause of the following exception:", "During handling of the above exception, another exception occurred:", 1), "shop.ChargeError", "order 1", "TimeoutError", "slow", "charge.charge"},
		{"Python, its last line is cut", pythonFrom[:strings.Index(pythonFrom, "shop.ChargeError: ")], "", "", "TimeoutError", "slow", "gateway.pay"},
		{"Python, cut in a frame", "Traceback (most recent call last):\n  File \"/src/app.py\", line 10, in handler\n    charge()\n  File \"/src/charge.py\", line 9, in cha", "", "", "", "", "app.handler"},
		{"Python, a group", pythonGroup, "ExceptionGroup", "many (2 sub-exceptions)", "ValueError", "no address", "pay.pay"},
		{"Python, a group in a group", "  + Exception Group Traceback (most recent call last):\n  |   File \"/src/app.py\", line 3, in main\n  | ExceptionGroup: outer (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | Exception Group Traceback (most recent call last):\n    |   File \"/src/in.py\", line 3, in within\n    | ExceptionGroup: inner (1 sub-exception)\n    +-+---------------- 1 ----------------\n      | KeyError: 'x'\n      +------------------------------------\n", "ExceptionGroup", "outer (1 sub-exception)", "KeyError", "'x'", "in.within"},
		{"Go, panicked again", "panic: disk is full [recovered]\n\tpanic: cannot roll back\n\ngoroutine 1 [running]:\nshop.example/billing.Charge(0x1)\n\t/src/billing/charge.go:10 +0x1", "panic", "cannot roll back", "panic", "disk is full", "shop.example/billing.Charge"},
		{"Go, of a module", "panic: boom [recovered, repanicked]\n\ngoroutine 1 [running]:\ngithub.com/lib/pq.(*conn).Exec(0x1)\n\t/go/pkg/mod/github.com/lib/pq@v1.2.3/conn.go:10 +0x1\nshop.example/billing.Charge(0x1)\n\t/src/billing/charge.go:10 +0x1", "panic", "boom", "", "", "shop.example/billing.Charge"},
	} {
		for _, form := range forms {
			tt.check(t, form(tt.description))
		}
	}
}

func TestTwoCausesAtOnePlaceAreTwoProblems(t *testing.T) {
	r := failure.NewReader(failure.Config{})
	print := func(text string) string {
		f := r.Read(deadLettered(text), enqueued)
		return f.Fingerprint("orders", "")
	}
	for name, tt := range map[string]struct{ text, one, other, same string }{
		".NET":   {efWrapper, "was deadlocked.\nRerun the transaction.", "conflicted with the FOREIGN KEY constraint.", ""},
		"JVM":    {jvm, "java.io.IOException: disk", "java.io.IOException: the network is down", ""},
		"Python": {pythonFrom, "TimeoutError: slow", "TimeoutError: refused", "TimeoutError: slow"},
		"group":  {pythonGroup, "ValueError: no address", "ValueError: no name", ""},
		"number": {jvm, "java.io.IOException: disk", "java.io.IOException: disk 8", "java.io.IOException: disk 9"},
	} {
		other := strings.Replace(tt.text, tt.one, tt.other, 1)
		if print(other) == print(tt.text) {
			t.Errorf("%s: another cause is the same problem", name)
		}
		if tt.same != "" && name == "number" && print(other) != print(strings.Replace(tt.text, tt.one, tt.same, 1)) {
			t.Errorf("%s: another number is another problem", name)
		}
	}
}
