package failure_test

import (
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

// pipelineFrames are what Rebus leaves below the handler.
const pipelineFrames = "   at Rebus.Pipeline.Receive.HandlerInvoker`1.Invoke()\n" +
	"   at Rebus.Pipeline.Receive.DispatchIncomingMessageStep.Process(IncomingStepContext context, Func`1 next)\n" +
	"   at Rebus.Retry.Simple.DefaultRetryStep.ProcessWithRetries(IncomingStepContext context, Func`1 next)"

const handle = "   at Shop.Billing.Handlers.Charge.Handle(OrderPlaced message) in /src/Charge.cs:line 14\n"

var enqueued = time.Date(2026, 11, 24, 13, 41, 31, 0, time.UTC)

// attempts is what Rebus 8 writes after the same exception n times.
func attempts(n int, stamp, exception string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = stamp + ": " + exception
	}
	count := string(rune('0' + n))
	return count + " unhandled exceptions: " + strings.Join(all, "\n\n")
}

func rebus(details string) *message.Message {
	return &message.Message{
		Entity: "error", EnqueuedAt: enqueued,
		Properties: map[string]any{
			"rbs2-msg-type": "Shop.OrderPlaced, Shop", "rbs2-source-queue": "shop.billing", "rbs2-error-details": details,
		},
	}
}

const stamp = "11/24/2026 2:41:30\u202fPM +01:00"

func TestDotNetTracesAreUnderstood(t *testing.T) {
	for _, tt := range []struct {
		name, exception          string
		typ, message, own, owner string
	}{
		{
			"plain", "System.Exception: boom\n" + handle + pipelineFrames,
			"System.Exception", "boom", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"a message that imitates frames", "System.Exception: they said:\n   at Shop.Fake.Frame() in x.cs:line 1\nand no more\n" + handle + pipelineFrames,
			"System.Exception", "they said:\n   at Shop.Fake.Frame() in x.cs:line 1\nand no more", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"a message that imitates an arrow", "System.Exception: a\n ---> Fake.Exception: b\n" + handle + pipelineFrames,
			"System.Exception", "a\n ---> Fake.Exception: b", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"a message that imitates an inner exception", "System.Exception: a\n ---> Fake.Exception: b\n   at Shop.Fake.Frame()\n   --- End of inner exception stack trace ---\nno more\n" + handle + pipelineFrames,
			"System.Exception", "a\n ---> Fake.Exception: b\n   at Shop.Fake.Frame()\n   --- End of inner exception stack trace ---\nno more", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"a message that imitates a border", "System.Exception: a\n\n" + stamp + ": Fake.Exception: b\nend\n" + handle + pipelineFrames,
			"System.Exception", "a\n\n" + stamp + ": Fake.Exception: b\nend", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"a message that imitates attempts", "System.Exception: a\n" + handle + "\n" + stamp + ": System.Exception: a\nend\n" + handle + pipelineFrames,
			"System.Exception", "a\n" + handle + "\n" + stamp + ": System.Exception: a\nend", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"an inner exception of many lines", "System.Exception: outer\n ---> System.IO.IOException: one\ntwo\nthree\n   at Shop.Disk.Read()\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames,
			"System.Exception", "outer", "Shop.Disk.Read", "Shop.Billing.Handlers.Charge",
		},
		{
			"an inner exception with a tail", "Microsoft.EntityFrameworkCore.DbUpdateException: outer\n ---> Microsoft.Data.SqlClient.SqlException (0x80131904): inner\n   at Microsoft.Data.SqlClient.SqlCommand.Run()\n   at Shop.Data.Store.Save()\nClientConnectionId:0f6c7f0e\nError Number:2627,State:1,Class:14\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames,
			"Microsoft.EntityFrameworkCore.DbUpdateException", "outer", "Shop.Data.Store.Save", "Shop.Billing.Handlers.Charge",
		},
		{
			"an aggregate inside", "Shop.BatchException: outer\n ---> System.AggregateException: two (a) (b)\n ---> Shop.A: a\n   at Shop.Batch.One()\n   --- End of inner exception stack trace ---\n   at System.Threading.Tasks.Task.WaitAll(Task[] tasks)\n ---> (Inner Exception #1) Shop.B: b\n   at Shop.Batch.Two()<---\n\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames,
			"Shop.BatchException", "outer", "Shop.Batch.One", "Shop.Billing.Handlers.Charge",
		},
		{
			".NET Framework's arrows", "System.Exception: outer ---> System.Exception: inner ---> System.Exception: innermost\n   at Shop.Disk.Read()\n   --- End of inner exception stack trace ---\n   at Shop.Disk.Open()\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames,
			"System.Exception", "outer", "Shop.Disk.Read", "Shop.Billing.Handlers.Charge",
		},
		{
			"an aggregate of .NET Framework", "System.AggregateException: many ---> Shop.A: a\n   at Shop.Batch.One()\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames + "\n---> (Inner Exception #0) Shop.A: a\n   at Shop.Batch.One()<---\n\n---> (Inner Exception #1) Shop.B: b ---> Shop.C: c\n   at Shop.Batch.Three()\n   --- End of inner exception stack trace ---\n   at Shop.Batch.Two()<---\n",
			"System.AggregateException", "many", "Shop.Batch.One", "Shop.Billing.Handlers.Charge",
		},
		{
			"Cosmos DB's", "Microsoft.Azure.Cosmos.CosmosException : Response status code does not indicate success: NotFound (404)\n   at Microsoft.Azure.Cosmos.Handlers.X.Send()\n" + handle + pipelineFrames + "\n--- Cosmos Diagnostics ---{}",
			"Microsoft.Azure.Cosmos.CosmosException", "Response status code does not indicate success: NotFound (404)", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"an aggregate in an aggregate", "System.AggregateException: many (outer (a) (b)) (c)\n ---> System.AggregateException: outer (a) (b)\n ---> Shop.A: a\n   at Shop.Batch.One()\n   --- End of inner exception stack trace ---\n   at Shop.Batch.All()\n ---> (Inner Exception #1) Shop.B: b\n   at Shop.Batch.Two()<---\n\n   --- End of inner exception stack trace ---\n   at System.Threading.Tasks.Task.WaitAll(Task[] tasks)\n" + handle + pipelineFrames + "\n ---> (Inner Exception #1) Shop.C: c\n   at Shop.Batch.Three()<---\n",
			"System.AggregateException", "many (outer (a) (b)) (c)", "Shop.Batch.One", "Shop.Billing.Handlers.Charge",
		},
		{
			"a database's, which ends no inner exception", "Microsoft.Data.SqlClient.SqlException (0x80131904): Timeout\n ---> System.ComponentModel.Win32Exception (258): Unknown error 258\n   at Microsoft.Data.SqlClient.SqlCommand.Run()\n" + handle + pipelineFrames + "\nClientConnectionId:0f6c7f0e\nError Number:-2,State:0,Class:11",
			"Microsoft.Data.SqlClient.SqlException", "Timeout", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"a database's in the middle", "Microsoft.EntityFrameworkCore.DbUpdateException: outer\n ---> Npgsql.NpgsqlException (0x80004005): reading\n ---> System.TimeoutException: too long\n   at Npgsql.Internal.NpgsqlReadBuffer.Read()\n   at Npgsql.NpgsqlCommand.Run()\n   at Shop.Data.Store.Save()\n   --- End of inner exception stack trace ---\n   at Shop.Data.Store.Commit()\n" + handle + pipelineFrames,
			"Microsoft.EntityFrameworkCore.DbUpdateException", "outer", "Shop.Data.Store.Save", "Shop.Billing.Handlers.Charge",
		},
		{
			"a database's message that imitates an arrow", "System.Data.SqlClient.SqlException (0x80131904): a\n ---> b\n" + handle + pipelineFrames,
			"System.Data.SqlClient.SqlException", "a\n ---> b", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"a database's of .NET Framework", "System.Data.SqlClient.SqlException (0x80131904): Timeout expired. ---> System.ComponentModel.Win32Exception (0x80004005): The wait operation timed out\n   at System.Data.SqlClient.SqlCommand.Run()\n" + handle + pipelineFrames,
			"System.Data.SqlClient.SqlException", "Timeout expired.", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"a database's in an outer one of .NET Framework", "Shop.StoreException: outer ---> System.Data.SqlClient.SqlException (0x80131904): Timeout expired. ---> System.ComponentModel.Win32Exception (0x80004005): The wait operation timed out\n   at Shop.Data.Store.Save()\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames,
			"Shop.StoreException", "outer", "Shop.Data.Store.Save", "Shop.Billing.Handlers.Charge",
		},
		{
			"data behind the frames", "Npgsql.PostgresException (0x80004005): 23505: duplicate key\n\nDETAIL: Key (id)=(3) already exists.\n   at Npgsql.NpgsqlCommand.Run()\n" + handle + pipelineFrames + "\n  Exception data:\n    Severity: ERROR\n    SqlState: 23505",
			"Npgsql.PostgresException", "23505: duplicate key\n\nDETAIL: Key (id)=(3) already exists.", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"an inner exception that was never thrown", "System.Exception: outer\n ---> Shop.Inner: never thrown\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames,
			"System.Exception", "outer", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"F#'s stages of a pipeline", "System.Exception: boom\n   at Shop.Pricing.Tariffs.Pipe #1 stage #2 at line 12@12.Invoke(Int32 x)\n" + handle + pipelineFrames,
			"System.Exception", "boom", "Shop.Pricing.Tariffs.Invoke", "Shop.Billing.Handlers.Charge",
		},
		{
			"a file's, which ends no inner exception", "System.IO.FileNotFoundException: Could not load file or assembly 'A'.\n ---> System.IO.IOException: broken\n   at Shop.Disk.Read()\n" + handle + pipelineFrames,
			"System.IO.FileNotFoundException", "Could not load file or assembly 'A'.", "Shop.Disk.Read", "Shop.Billing.Handlers.Charge",
		},
		{
			"what C# makes for an assembly, and on the way to a base class", "System.Exception: boom\n   at <PrivateImplementationDetails>.ThrowSwitchExpressionException(Object o)\n   at Shop.Billing.Handlers.Charge.<>n__0(OrderPlaced message)\n" + handle + pipelineFrames,
			"System.Exception", "boom", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"an arrow in a message", "System.Exception: a ---> b\n" + handle + pipelineFrames,
			"System.Exception", "a ---> b", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"an empty message", "Shop.BlankException\n" + handle + pipelineFrames,
			"Shop.BlankException", "", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"a message that ends with a line end", "System.Exception: a\n\n" + handle + pipelineFrames,
			"System.Exception", "a\n", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"a generic exception", "Shop.NotFoundException`1[Shop.Order]: gone\n" + handle + pipelineFrames,
			"Shop.NotFoundException[[Shop.Order]]", "gone", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{
			"a nested exception", "Shop.Gateway+DeclinedException: no\n" + handle + pipelineFrames,
			"Shop.Gateway+DeclinedException", "no", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{"a text without a type", "Invoice 17 was rejected:\n\nno address", "", "Invoice 17 was rejected:\n\nno address", "", ""},
		{"a text without a type, with a colon", "rejected: no address", "", "rejected: no address", "", ""},
		{
			"an error code", "System.ComponentModel.Win32Exception (0x80004005, 10060): timed out\n" + handle + pipelineFrames,
			"System.ComponentModel.Win32Exception", "timed out", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge",
		},
		{"brackets that are no code", "System.Exception (sort of): boom", "", "System.Exception (sort of): boom", "", ""},
		{
			"a directly thrown framework's exception", "Rebus.Exceptions.MessageCouldNotBeDispatchedToAnyHandlersException: nobody\n" + pipelineFrames,
			"Rebus.Exceptions.MessageCouldNotBeDispatchedToAnyHandlersException", "nobody", "", "",
		},
	} {
		for _, n := range []int{1, 5} {
			for _, lineEnd := range []string{"\n", "\r\n"} {
				t.Run(tt.name, func(t *testing.T) {
					details := strings.ReplaceAll(attempts(n, stamp, tt.exception), "\n", lineEnd)
					got := failure.NewReader(failure.Config{}).Read(rebus(details), enqueued)
					check(t, got, expectation{
						Framework: message.Rebus, MessageType: "Shop.OrderPlaced", FailingQueue: "shop.billing",
						ExceptionType: tt.typ, ExceptionMessage: tt.message, FirstOwnFrame: tt.own, Handler: tt.owner, FailedAt: &enqueued,
					})
					if got.Attempts != n {
						t.Errorf("attempts = %d, want %d", got.Attempts, n)
					}
				})
			}
		}
	}
}

func TestOwnWordsForAFrameInManyLanguages(t *testing.T) {
	numbers := []string{"Interne Ausnahme #0", "Excepción interna n.º 0", "Exceção Interna Nº0", "0. belső kivétel"}
	for i, words := range [][2]string{
		{"at", "in C:\\src\\A.cs:line 1"},
		{"bei", "in C:\\src\\A.cs:Zeile 1."},
		{"à", "dans C:\\src\\A.cs:ligne 1"},
		{"en", "en C:\\src\\A.cs:línea 1"},
		{"in", "in C:\\src\\A.cs:riga 1"},
		{"в", "в C:\\src\\A.cs:строка 1"},
		{"w", "w C:\\src\\A.cs:wiersz 1"},
		{"em", "em C:\\src\\A.cs:linha 1"},
		{"konum:", "C:\\src\\A.cs içinde: satır 1"},
		{"場所", "場所 C:\\src\\A.cs:行 1"},
		{"在", "位置 C:\\src\\A.cs:行号 1"},
		{"위치:", "파일 C:\\src\\A.cs:줄 1"},
		{"v", "v C:\\src\\A.cs:řádek 1"},
		{"عند", "في C:\\src\\A.cs:السطر 1"},
		{"ב-", "ב-C:\\src\\A.cs:שורה 1"},
		{"a következő helyen:", "a(z) C:\\src\\A.cs fájlban: 1. sor"},
	} {
		exception := "System.AggregateException: 5 unhandled exceptions ---> System.Exception: boom\n   " + words[0] + " Shop.Gateway.<Pay>d__3.MoveNext() " + words[1] +
			"\n--- Ende der Stapelüberwachung vom vorhergehenden Ort, an dem die Ausnahme ausgelöst wurde ---\n   " + words[0] + " Shop.Handler.<Handle>d__5.MoveNext()\n   " + words[0] +
			" Rebus.Pipeline.Receive.HandlerInvoker`1.<Invoke>d__15.MoveNext()\n   --- Ende der internen Ausnahmestapelüberwachung ---\n---> (" + numbers[i%len(numbers)] + ") System.Exception: boom\n   " + words[0] + " Shop.Gateway.<Pay>d__3.MoveNext()<---\n"
		got := failure.NewReader(failure.Config{}).Read(rebus(exception), enqueued)
		if got.ExceptionType != "System.Exception" || got.ExceptionMessage != "boom" || got.FirstOwnFrame != "Shop.Gateway.Pay" || got.Handler != "Shop.Handler" {
			t.Errorf("%s: %q: %q, %q, %q", words[0], got.ExceptionType, got.ExceptionMessage, got.FirstOwnFrame, got.Handler)
		}
	}
}
