package failure_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/failure"
)

const worker = "Microsoft.Azure.WebJobs.Host.FunctionInvocationException: Exception while executing function: Functions.Bill\n ---> Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException: Result: Failure\n"

const hostFrames = "\n   at Microsoft.Azure.WebJobs.Script.Description.WorkerFunctionInvoker.InvokeCore(Object[] parameters) in /_/src/Invoker.cs:line 101\n   --- End of inner exception stack trace ---\n   at Microsoft.Azure.WebJobs.Host.Executors.FunctionExecutor.TryExecuteAsync()"

func TestStacksInOtherDressAreUnderstood(t *testing.T) {
	const dll = "System.InvalidOperationException: closed\n   at "
	for _, tt := range []reading{
		{"Ben.Demystifier, async", dll + "async Task Shop.Ledger.BookAsync(Invoice invoice, CancellationToken ct) in /src/Ledger.cs:line 44", "System.InvalidOperationException", "closed", "", "", "Shop.Ledger.BookAsync"},
		{"Ben.Demystifier, a generic result", dll + "async Task<Dictionary<string, List<Invoice>>> Shop.Ledger.BookAsync<T>(Invoice invoice)", "System.InvalidOperationException", "closed", "", "", "Shop.Ledger.BookAsync"},
		{"Ben.Demystifier, a tuple", dll + "(int number, Task<(string a, int b)> later) Shop.Ledger.Book(Invoice invoice)", "System.InvalidOperationException", "closed", "", "", "Shop.Ledger.Book"},
		{"Ben.Demystifier, a constructor", dll + "new Shop.Parcel(Address address)", "System.InvalidOperationException", "closed", "", "", "Shop.Parcel..ctor"},
		{"Ben.Demystifier, a lambda", dll + "void Shop.Ledger.Book(Invoice invoice)+(int x) => { }\n   at void Shop.Other.Run()", "System.InvalidOperationException", "closed", "", "", "Shop.Ledger.Book"},
		{"Ben.Demystifier, a local function", dll + "async ValueTask<bool> Shop.Ledger.Book(Invoice invoice)+Check(?)", "System.InvalidOperationException", "closed", "", "", "Shop.Ledger.Book"},
		{"Ben.Demystifier, a static constructor", dll + "static Shop.Ledger()", "System.InvalidOperationException", "closed", "", "", "Shop.Ledger..cctor"},
		{"a sentence that looks like one", "Shop.A: look\n   at some point it. failed (again)", "", "Shop.A: look\n   at some point it. failed (again)", "", "", ""},
		{"Application Insights", "System.InvalidOperationException:\n   at Shop.Ledger+<BookAsync>d__3.MoveNext (Shop.Billing, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null: /src/Ledger.cs:44)\n   at Shop.Worker.Run (Shop.Billing, Version=1.0.0.0)", "System.InvalidOperationException", "", "", "", "Shop.Ledger.BookAsync"},
		{"Application Insights, an inner exception", "System.Net.Http.HttpRequestException:\n   at System.Net.Http.X.Y (System.Net.Http, Version=8.0.0.0)\n   at Shop.Gateway.Pay (Shop, Version=1.0.0.0)\nInner exception System.Net.Sockets.SocketException handled at System.Net.Http.X+<Y>d__1.MoveNext:\n   at System.Net.Sockets.Z.Q (System.Net.Sockets, Version=8.0.0.0)", "System.Net.Http.HttpRequestException", "", "System.Net.Sockets.SocketException", "", "Shop.Gateway.Pay"},
		{"Functions, isolated", worker + "Exception: System.Exception: closed\nStack:    at Shop.Ledger.BookAsync(Invoice i)\n   at Shop.BillOrder.Run(String m)" + hostFrames, "Microsoft.Azure.WebJobs.Host.FunctionInvocationException", "Exception while executing function: Functions.Bill", "System.Exception", "closed", "Shop.Ledger.BookAsync"},
		{"Functions, isolated, all of the text", worker + "Exception: System.AggregateException: One or more errors occurred. (closed)\n ---> System.Exception: closed\n   at Shop.Ledger.BookAsync(Invoice i)\n   --- End of inner exception stack trace ---\n   at Shop.BillOrder.Run(String m)\nStack:    at Shop.BillOrder.Run(String m)" + hostFrames, "Microsoft.Azure.WebJobs.Host.FunctionInvocationException", "Exception while executing function: Functions.Bill", "System.Exception", "closed", "Shop.Ledger.BookAsync"},
		{"Functions, isolated, without its host", "Result: Failure\nException: System.Exception: closed\nStack:    at Shop.Ledger.BookAsync(Invoice i)\n   at Shop.BillOrder.Run(String m)", "System.Exception", "closed", "", "", "Shop.Ledger.BookAsync"},
		{"Functions, isolated, in one line", "Result: Failure Exception: System.Exception: closed Stack:    at Shop.Ledger.BookAsync(Invoice i)   at Shop.BillOrder.Run(String m)", "System.Exception", "closed", "", "", "Shop.Ledger.BookAsync"},
		{"Functions, Python", worker + "Exception: ValueError: closed\nStack:   File \"/azure-functions-host/workers/python/3.11/LINUX/X64/azure_functions_worker/dispatcher.py\", line 505, in _handle__invocation_request\n    call_result = await self._run()\n  File \"/home/site/wwwroot/function_app.py\", line 12, in bill\n    book()\n  File \"/home/site/wwwroot/.python_packages/lib/site-packages/lib/x.py\", line 3, in x\n    raise ValueError\n" + hostFrames, "Microsoft.Azure.WebJobs.Host.FunctionInvocationException", "Exception while executing function: Functions.Bill", "ValueError", "closed", "function_app.bill"},
		{"Functions, Node", worker + "Exception: closed\nStack: TypeError: closed\n    at book (/home/site/wwwroot/src/ledger.js:3:1)\n    at WorkerChannel.invoke (/azure-functions-host/workers/node/worker.js:1:1)" + hostFrames, "Microsoft.Azure.WebJobs.Host.FunctionInvocationException", "Exception while executing function: Functions.Bill", "TypeError", "closed", "ledger.book"},
		{"Functions, Java", "Result: Failure\nException: IllegalStateException: closed\nStack: java.lang.IllegalStateException: closed\n\tat com.shop.Ledger.book(Ledger.java:3)\n\tat com.microsoft.azure.functions.worker.X.run(X.java:1)", "java.lang.IllegalStateException", "closed", "", "", "com.shop.Ledger.book"},
		{"WCF", "System.ServiceModel.EndpointNotFoundException: no endpoint ---> System.Net.WebException: Unable to connect ---> System.Net.Sockets.SocketException: refused\n   at System.Net.Sockets.Socket.Connect()\n   --- End of inner exception stack trace ---\n   at System.Net.HttpWebRequest.GetRequestStream()\n   --- End of inner exception stack trace ---\n\nServer stack trace: \n   at System.ServiceModel.Channels.HttpOutput.Send()\n\nException rethrown at [0]: \n   at System.Runtime.Remoting.Proxies.RealProxy.HandleReturnMessage(IMessage reqMsg, IMessage retMsg)\n   at Shop.Tax.ITaxService.Check()\n   at Shop.Handler.Handle()", "System.ServiceModel.EndpointNotFoundException", "no endpoint", "System.Net.Sockets.SocketException", "refused", "Shop.Tax.ITaxService.Check"},
		{"WCF, a fault", "System.ServiceModel.FaultException: closed\n\nServer stack trace: \n   at System.ServiceModel.Channels.ServiceChannel.Throw()\n\nException rethrown at [0]: \n   at System.Runtime.Remoting.Proxies.RealProxy.HandleReturnMessage()\n   at Shop.Handler.Handle()", "System.ServiceModel.FaultException", "closed", "", "", "Shop.Handler.Handle"},
		{"WCF, in German", "System.ServiceModel.FaultException: closed\n\nServerstapelüberwachung: \n   bei System.ServiceModel.Channels.ServiceChannel.Throw()\n\nAusnahme wurde erneut ausgelöst bei [0]: \n   bei System.Runtime.Remoting.Proxies.RealProxy.HandleReturnMessage()\n   bei Shop.Handler.Handle()", "System.ServiceModel.FaultException", "closed", "", "", "Shop.Handler.Handle"},
		{"gRPC, with frames in its message", "Grpc.Core.RpcException: Status(StatusCode=\"Unavailable\", Detail=\"Error starting gRPC call.\", DebugException=\"System.Net.Http.HttpRequestException: Connection refused (pay:443)\n ---> System.Net.Sockets.SocketException (111): refused\n   at System.Net.Sockets.Socket.Connect()\n   --- End of inner exception stack trace ---\n   at Grpc.Net.Client.Internal.GrpcCall.RunCall(HttpRequestMessage request)\")\n   at Shop.Gateway.Pay()", "Grpc.Core.RpcException", "Status(StatusCode=\"Unavailable\", Detail=\"Error starting gRPC call.\")", "System.Net.Sockets.SocketException", "refused", "Shop.Gateway.Pay"},
		{"gRPC, frames without an arrow", "Grpc.Core.RpcException: Status(StatusCode=\"Internal\", Detail=\"bad\", DebugException=\"System.IO.IOException: reset\n   at System.Net.Http.X.Read()\")\n   at Shop.Gateway.Pay()", "Grpc.Core.RpcException", "Status(StatusCode=\"Internal\", Detail=\"bad\")", "System.IO.IOException", "reset", "Shop.Gateway.Pay"},
		{"gRPC, in one line", "Grpc.Core.RpcException: Status(StatusCode=\"Internal\", Detail=\"bad\", DebugException=\"System.IO.IOException: reset\")\n   at Shop.Gateway.Pay()", "Grpc.Core.RpcException", "Status(StatusCode=\"Internal\", Detail=\"bad\", DebugException=\"System.IO.IOException: reset\")", "System.IO.IOException", "reset", "Shop.Gateway.Pay"},
	} {
		for _, form := range forms {
			text := form(tt.description)
			if strings.Contains(tt.name, "sentence") && text[0] == '"' {
				continue // it is shown as it stands
			}
			tt.check(t, text)
		}
	}
}

// whole are texts whose first own frame ends in front of the second.
var whole = map[string]string{
	".NET":           "Shop.InvoiceException: Could not invoice order 40318\n ---> System.Net.Http.HttpRequestException: Connection refused (pay:443)\n ---> System.Net.Sockets.SocketException (111): Connection refused\n   at System.Net.Sockets.Socket.Connect(EndPoint e)\n   --- End of inner exception stack trace ---\n   at System.Net.Http.HttpClient.SendAsync(HttpRequestMessage request)\n   at Shop.Gateway.Pay(Order order) in /src/Gateway.cs:line 3\n   --- End of inner exception stack trace ---\n   at Shop.Biller.Bill(Order order)\n   at Shop.Worker.HandleAsync(ProcessMessageEventArgs args)",
	".NET Framework": "Shop.InvoiceException: Rechnung 40318 ---> System.Net.WebException: Verbindung abgelehnt\n   bei System.Net.HttpWebRequest.GetResponse()\n   bei Shop.Gateway.Pay(Order order) in C:\\src\\Gateway.cs:Zeile 3.\n   --- Ende der internen Ausnahmestapelüberwachung ---\n   bei Shop.Biller.Bill(Order order)\n   bei Shop.Worker.Handle(Object o)",
	"one exception":  "Shop.InvoiceException: Could not invoice order 40318\n   at System.String.Format(String s)\n   at Shop.Gateway.Pay(Order order) in /src/Gateway.cs:line 3\n   at Shop.Biller.Bill(Order order)\n   at Shop.Worker.HandleAsync(ProcessMessageEventArgs args)",
	"a tail":         efWrapper + "\n   at Shop.Worker.HandleAsync(ProcessMessageEventArgs args)",
	"Functions":      worker + "Exception: System.Exception: closed 40318\nStack:    at Shop.Ledger.BookAsync(Invoice i) in /src/L.cs:line 7\n   at Shop.BillOrder.Run(String m)" + hostFrames,
	"JVM":            "org.lib.Wrapper: order 40318\n\tat org.springframework.x.Y.z(Y.java:1)\nCaused by: java.lang.IllegalStateException: Stock is negative\n\tat com.shop.Stock.reserve(Stock.java:88)\n\tat com.shop.Config.run(Config.java:31)\n\t... 22 more\n",
	"Node":           "TypeError: no order 40318\n    at pay (/app/node_modules/pay/index.js:3:1)\n    at async Charge.handle (/src/charge.js:10:5)\n    at run (/src/run.js:1:1)",
}

func TestACutBehindTheFirstOwnFrameChangesNothing(t *testing.T) {
	r := failure.NewReader(failure.Config{})
	for name, text := range whole {
		full := r.Read(deadLettered(text), enqueued)
		want := full.Fingerprint("orders", "")
		short := full.FirstOwnFrame[strings.LastIndexByte(full.FirstOwnFrame, '.')+1:]
		from := strings.Index(text, "."+short+"(")
		if name == "Node" || name == "JVM" {
			from = strings.Index(text[strings.Index(text, "."+short):], "\n") + strings.Index(text, "."+short)
		}
		if from < 0 || full.FirstOwnFrame == "" {
			t.Fatalf("%s: own frame %q", name, full.FirstOwnFrame)
		}
		for at := from + len(short) + 2; at < len(text); at++ {
			if !utf8.RuneStart(text[at]) {
				continue
			}
			for _, mark := range []string{"", "...", "…", "(...)", " (...)", "... (truncated)", "[truncated]"} {
				for _, lineEnd := range []string{"\n", "\r\n"} {
					cut := strings.ReplaceAll(text[:at], "\n", lineEnd) + mark
					got := r.Read(deadLettered(cut), enqueued)
					if got.Fingerprint("orders", "") != want || got.ExceptionMessage != full.ExceptionMessage {
						t.Fatalf("%s, cut at %d, %q: %q, %q, %q, %q, %q; whole: %q, %q, %q, %q, %q", name, at, cut[max(0, len(cut)-60):],
							got.ExceptionType, got.ExceptionMessage, got.InnerType, got.InnerMessage, got.FirstOwnFrame,
							full.ExceptionType, full.ExceptionMessage, full.InnerType, full.InnerMessage, full.FirstOwnFrame)
					}
				}
			}
		}
	}
}

func TestACutOfWhatRebusWritesChangesNothing(t *testing.T) {
	r := failure.NewReader(failure.Config{})
	for _, name := range []string{".NET", "one exception", "a tail"} {
		text := whole[name] + "\n" + pipelineFrames
		one := r.Read(deadLettered(text), enqueued)
		for _, details := range []string{
			attempts(3, stamp, text),
			"System.AggregateException: 2 unhandled exceptions (" + one.ExceptionMessage + ") (" + one.ExceptionMessage + ")\n ---> " + text +
				"\n   --- End of inner exception stack trace ---\n ---> (Inner Exception #1) " + text + "<---\n",
		} {
			full := r.Read(rebus(details), enqueued)
			want := full.Fingerprint("error", "")
			short := full.FirstOwnFrame[strings.LastIndexByte(full.FirstOwnFrame, '.')+1:] + "("
			for at := strings.Index(details, "."+short) + len(short) + 1; at < len(details); at++ {
				for _, mark := range []string{"", "(...)", " (...)"} {
					got := r.Read(rebus(details[:at]+mark), enqueued)
					if got.Fingerprint("error", "") != want || got.ExceptionMessage != one.ExceptionMessage && strings.HasSuffix(mark, "(...)") {
						t.Fatalf("%s, cut at %d, %q: %q, %q, %q, %q, %q", name, at, details[at-60:at]+mark,
							got.ExceptionType, got.ExceptionMessage, got.InnerType, got.InnerMessage, got.FirstOwnFrame)
					}
				}
			}
		}
	}
}

// Between the innermost exception's head and the first own frame the same is
// known wherever the cut falls.
func TestACutBeforeTheFirstOwnFrameIsOneProblem(t *testing.T) {
	r := failure.NewReader(failure.Config{})
	for name, text := range whole {
		full := r.Read(deadLettered(text), enqueued)
		short := full.FirstOwnFrame[strings.LastIndexByte(full.FirstOwnFrame, '.')+1:]
		to := strings.Index(text, "."+short)
		from := strings.LastIndex(text[:to], "Connection refused\n") + len("Connection refused\n")
		if name != ".NET" {
			from = strings.Index(text, "40318\n") + len("40318\n")
		}
		if name == "a tail" || name == "JVM" || name == "Functions" || name == ".NET Framework" {
			continue // the cause stands in between
		}
		seen := map[string]string{}
		for at := from; at < to; at++ {
			for _, mark := range []string{"", "...", "(...)"} {
				got := r.Read(deadLettered(text[:at]+mark), enqueued)
				if got.FirstOwnFrame != "" || got.ExceptionMessage != full.ExceptionMessage {
					t.Fatalf("%s, cut at %d, %q: %q, %q", name, at, text[max(0, at-30):at]+mark, got.FirstOwnFrame, got.ExceptionMessage)
				}
				seen[got.Fingerprint("orders", "")] = text[max(0, at-30):at] + mark
			}
		}
		if len(seen) != 1 {
			t.Errorf("%s: %d problems: %q", name, len(seen), seen)
		}
	}
}

// A limit of 256 falls within a long message; one digit more in it moves the cut.
func TestACutWithinTheMessageIsOneProblem(t *testing.T) {
	r, seen := failure.NewReader(failure.Config{}), map[string]string{}
	const words = " could not be charged because the bank has declined it for the reason that the account has been closed by its owner, and nobody knows when it will be opened again, nor by whom that would have to be done or even be asked for in the first place"
	for _, order := range []string{"7", "40318", "403181234", "4031812345678"} {
		for _, mark := range []string{"", "...", "(...)"} {
			text := ("Shop.BankException: Order " + order + words)[:256] + mark
			got := r.Read(deadLettered(text), enqueued)
			seen[got.Fingerprint("orders", "")] = text
		}
	}
	if len(seen) != 1 {
		t.Errorf("%d problems: %q", len(seen), seen)
	}
}
