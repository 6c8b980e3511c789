package failure_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

// limited cuts a text as Rebus' transport does.
func limited(s string, limit int, mark string) string {
	u := utf16.Encode([]rune(s))
	return string(utf16.Decode(u[:limit-len(mark)])) + mark
}

// Aggregates of the application, as .NET and .NET Framework print them.
const (
	aggregate = "System.AggregateException: many (a) (b)\n ---> Shop.A: a\n   at Shop.Batch.One()\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames +
		"\n ---> (Inner Exception #1) Shop.B: b\n   at Shop.Batch.Two()<---\n\n"
	netFramework = "System.AggregateException: many ---> Shop.A: a\n   at Shop.Batch.<One>d__0.MoveNext()\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames +
		"\n---> (Inner Exception #0) Shop.A: a\n   at Shop.Batch.<One>d__0.MoveNext()<---\n\n---> (Inner Exception #1) Shop.B: b\n   at Shop.Batch.Two()<---\n"
)

func TestWhatRebusWritesIsUnderstood(t *testing.T) {
	const app = "Rebus.Exceptions.RebusApplicationException"
	whole := attempts(5, stamp, "System.Exception: boom\n"+handle+pipelineFrames)
	remark := app + ": Received message with native delivery count header value = 6 thus exceeding MAX number of delivery attempts (which is 5)"
	padded := whole + strings.Repeat("\nmore", 4_000)
	long := "5 unhandled exceptions: " + stamp + ": System.Exception: " + strings.Repeat("日本 ", 16_000)
	for _, tt := range []struct {
		name, details            string
		typ, message, own, owner string
	}{
		{"by hand", "no address: " + app + ": no address", app, "no address", "", ""},
		{"by hand, with colons", "a: b: c: " + app + ": a: b: c", app, "a: b: c", "", ""},
		{"by hand, many lines", "a\n\n" + handle + "b: " + app + ": a\n\n" + handle + "b", app, "a\n\n" + handle + "b", "", ""},
		{"by hand, another exception's text", "Gave up: " + whole + ": " + app + ": Gave up: " + whole, "System.Exception", "boom", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"by hand, with an exception", "boom: System.Exception: boom\n" + handle + pipelineFrames, "System.Exception", "boom", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"by hand, cut", limited("why "+strings.Repeat("x", 20_000)+": "+app+": why "+strings.Repeat("x", 20_000), 32_000, " (...)"), app, "why " + strings.Repeat("x", 20_000), "", ""},
		{"a remark first", "6 unhandled exceptions: " + stamp + ": " + remark + "\n\n" + strings.TrimPrefix(whole, "5 unhandled exceptions: "), "System.Exception", "boom", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"a remark first, and messages that imitate borders", "3 unhandled exceptions: " + stamp + ": " + remark + "\n\n" + strings.TrimPrefix(attempts(2, stamp, "Shop.A: a\n\n"+stamp+": Shop.Fake: f\nend\n"+handle+pipelineFrames), "2 unhandled exceptions: "), "Shop.A", "a\n\n" + stamp + ": Shop.Fake: f\nend", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"remarks before the last", "5 unhandled exceptions: " + strings.Repeat(stamp+": "+remark+"\n\n", 4) + stamp + ": System.Exception: boom\n" + handle + pipelineFrames, "System.Exception", "boom", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"a remark, and line ends alone behind it", "3 unhandled exceptions: " + stamp + ": " + remark + "\n\n" + stamp + ": " + remark + "\n" + stamp + ": System.Exception: boom\n" + handle + pipelineFrames, "System.Exception", "boom", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"a remark alone", "1 unhandled exceptions: " + stamp + ": " + remark, app, strings.TrimPrefix(remark, app+": "), "", ""},
		{"fails fast, then the second level fails", "2 unhandled exceptions: " + stamp + ": Shop.A: a\n" + handle + pipelineFrames + "\n\n" + stamp + ": Shop.B: b\n" + handle + pipelineFrames, "Shop.A", "a", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"cut in a message", limited(long, 32_000, " (...)"), "System.Exception", strings.TrimSuffix(strings.TrimPrefix(limited(long, 32_000, " (...)"), "5 unhandled exceptions: "+stamp+": System.Exception: "), " (...)"), "", ""},
		{"cut by a limit of one's own behind a blank", "5 unhandled exceptions: " + stamp + ": System.Exception: no more (...)", "System.Exception", "no more ", "", ""},
		{"cut in a frame", "5 unhandled exceptions: " + stamp + ": System.Exception: boom\n   at Shop.Gateway.Pay(Order o) in /src/a.cs:line 1\n   at Shop.Billing.Han(...)", "System.Exception", "boom", "Shop.Gateway.Pay", ""},
		{"cut in an inner message", "5 unhandled exceptions: " + stamp + ": System.Exception: boom\n ---> System.Exception: inner text that goes (...)", "System.Exception", "boom", "", ""},
		{"of Rebus 7, one", "System.AggregateException: 1 unhandled exceptions (boom)\n ---> System.Exception: boom\n" + handle + pipelineFrames + "\n   --- End of inner exception stack trace ---", "System.Exception", "boom", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"of Rebus 7, arrows in the message", "System.AggregateException: 2 unhandled exceptions (a\n ---> Fake.A: b\nend) (a\n ---> Fake.A: b\nend)\n ---> System.Exception: a\n ---> Fake.A: b\nend\n" + handle + pipelineFrames +
			"\n   --- End of inner exception stack trace ---\n ---> (Inner Exception #1) System.Exception: a\n ---> Fake.A: b\nend\n" + handle + pipelineFrames + "<---\n", "System.Exception", "a\n ---> Fake.A: b\nend", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"of Rebus 7, with an inner one", "System.AggregateException: 2 unhandled exceptions (a) (a)\n ---> System.Exception: a\n ---> Shop.Inner: i\n   at Shop.Disk.Read()\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames +
			"\n   --- End of inner exception stack trace ---\n ---> (Inner Exception #1) System.Exception: a\n ---> Shop.Inner: i\n   at Shop.Disk.Read()\n   --- End of inner exception stack trace ---\n" + handle + pipelineFrames + "<---\n", "System.Exception", "a", "Shop.Disk.Read", "Shop.Billing.Handlers.Charge"},
		{"of Rebus 7, an aggregate", "System.AggregateException: 2 unhandled exceptions (many (a) (b)) (many (a) (b))\n ---> " + aggregate + "   --- End of inner exception stack trace ---\n ---> (Inner Exception #1) " + aggregate + "<---\n", "System.AggregateException", "many (a) (b)", "Shop.Batch.One", "Shop.Billing.Handlers.Charge"},
		{"of Rebus 6 on .NET Framework, an aggregate", strings.ReplaceAll("System.AggregateException: 1 unhandled exceptions ---> "+netFramework+"   --- End of inner exception stack trace ---\n---> (Inner Exception #0) "+netFramework+"<---\n", "\n", "\r\n"), "System.AggregateException", "many", "Shop.Batch.One", "Shop.Billing.Handlers.Charge"},
		{"of Rebus 7, cut before the first", "System.AggregateException: 2 unhandled exceptions (a) (a (...)", "", "a) (a ", "", ""},
		{"of Rebus 6 on .NET Core 2.1", "System.AggregateException: 2 unhandled exceptions (a) (a) ---> System.Exception: a\n" + handle + pipelineFrames +
			"\n   --- End of inner exception stack trace ---\n---> (Inner Exception #0) System.Exception: a\n" + handle + "<---\n", "System.Exception", "a", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"of Rebus 7, a remark first", "System.AggregateException: 2 unhandled exceptions (" + strings.TrimPrefix(remark, app+": ") + ") (a)\n ---> " + remark + "\n   --- End of inner exception stack trace ---\n ---> (Inner Exception #1) System.Exception: a\n" +
			handle + pipelineFrames + "<---\n", "System.Exception", "a", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"by hand, all that Rebus wrote", whole + ": " + app + ": " + whole, "System.Exception", "boom", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"by hand, all that Rebus wrote, cut", limited(padded+": "+app+": "+padded, 32_000, " (...)"), "System.Exception", "boom", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"cut behind a type", "5 unhandled exceptions: " + stamp + ": Shop.BlankException\n(...)", "Shop.BlankException", "", "", ""},
		{"cut behind a line end", "5 unhandled exceptions: " + stamp + ": System.Exception: one\n(...)", "System.Exception", "one\n", "", ""},
		{"cut in the first frame", "5 unhandled exceptions: " + stamp + ": System.Exception: one\n   at Shop.Billing.Han(...)", "System.Exception", "one", "", ""},
		{"cut, and without a type", limited(strings.Repeat("blocked ", 4_000), 32_000, " (...)"), "", strings.TrimSuffix(limited(strings.Repeat("blocked ", 4_000), 32_000, " (...)"), " (...)"), "", ""},
		{"sent from a handler", "1 unhandled exceptions: " + stamp + ": System.Exception: no route\n   at Rebus.Routing.TypeBased.TypeBasedRouter.GetDestinationAddress(Message message)\n   at Rebus.Bus.RebusBus.Send(Object commandMessage)\n" + handle + pipelineFrames, "System.Exception", "no route", "Shop.Billing.Handlers.Charge.Handle", "Shop.Billing.Handlers.Charge"},
		{"no handler ran, below a step of one's own", "1 unhandled exceptions: " + stamp + ": System.Exception: bad\n   at Rebus.Pipeline.Receive.DeserializeIncomingMessageStep.Process(IncomingStepContext context)\n   at Shop.TenantStep.Process(IncomingStepContext context)\n   at Rebus.Retry.Simple.DefaultRetryStep.ProcessWithRetries(IncomingStepContext context)", "System.Exception", "bad", "", ""},
		{"no exception at all", "something went wrong", "", "something went wrong", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			check(t, failure.NewReader(failure.Config{}).Read(rebus(tt.details), enqueued), expectation{
				Framework: message.Rebus, MessageType: "Shop.OrderPlaced", FailingQueue: "shop.billing",
				ExceptionType: tt.typ, ExceptionMessage: tt.message, FirstOwnFrame: tt.own, Handler: tt.owner, FailedAt: &enqueued,
			})
		})
	}
}

func TestNativeDeadLettersOfRebusAreUnderstood(t *testing.T) {
	const app = "Rebus.Exceptions.RebusApplicationException"
	blocked := strings.Repeat("blocked ", 1_000)
	for _, tt := range []struct {
		name, reason, description string
		typ, message, own         string
	}{
		{"a reason with commas", "a, Details = b, Time = c", "ExceptionInfo { Type = " + app + ", Rebus, Message = a, Details = b, Time = c, Details = " + app + ": a, Details = b, Time = c, Time = " + stamp + " }", app, "a, Details = b, Time = c", ""},
		{"attempts", "2 unhandled exceptions", "ExceptionInfo { Type = System.AggregateException, mscorlib, Message = 2 unhandled exceptions, Details = " + strings.TrimPrefix(attempts(2, stamp, "Shop.A: a\n"+handle+pipelineFrames), "2 unhandled exceptions: ") + ", Time = " + stamp + " }", "Shop.A", "a", "Shop.Billing.Handlers.Charge.Handle"},
		{"a reason with frames", "they said:\n" + handle + "end", "ExceptionInfo { Type = " + app + ", Rebus, Message = they said:\n" + handle + "end, Details = " + app + ": they said:\n" + handle + "end, Time = " + stamp + " }", app, "they said:\n" + handle + "end", ""},
		{"a reason that is cut", limited(blocked, 4_096, " (...)"), limited("ExceptionInfo { Type = "+app+", Rebus, Message = "+blocked, 4_096, " (...)"), app, blocked[:4_090], ""},
		{"a reason that is cut where it stands again", blocked[:3_000], limited("ExceptionInfo { Type = "+app+", Rebus, Message = "+blocked[:3_000]+", Details = "+app+": "+blocked[:3_000], 4_096, " (...)"), app, blocked[:3_000], ""},
		{"the broker's own", "MaxDeliveryCountExceeded", "Message could not be consumed after 100 delivery attempts.", "", "Message could not be consumed after 100 delivery attempts.", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &message.Message{Entity: "shop.billing/$deadletterqueue", EnqueuedAt: enqueued, Properties: map[string]any{
				"rbs2-msg-id": "1", "DeadLetterReason": tt.reason, "DeadLetterErrorDescription": tt.description,
			}}
			got := failure.NewReader(failure.Config{}).Read(m, enqueued)
			if got.FailingQueue != "shop.billing" || got.ExceptionType != tt.typ || got.ExceptionMessage != tt.message || got.FirstOwnFrame != tt.own {
				t.Errorf("queue %q, type %q, message %q, frame %q", got.FailingQueue, got.ExceptionType, got.ExceptionMessage, got.FirstOwnFrame)
			}
			if got.FailedAt.Sub(enqueued).Abs() > time.Minute {
				t.Errorf("failedAt = %v", got.FailedAt)
			}
		})
	}
}
