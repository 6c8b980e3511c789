package failure_test

import (
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

func TestOtherFrameworksAreUnderstood(t *testing.T) {
	type props = map[string]any
	at := time.Date(2026, 11, 24, 13, 41, 30, 412345000, time.UTC)
	for _, tt := range []struct {
		name string
		m    message.Message
		want expectation
	}{
		{"nservicebus, a foreign message", message.Message{Entity: "error", Properties: props{
			"NServiceBus.FailedQ": "shop.billing", "NServiceBus.TimeOfFailure": "2026-11-24 13:41:30:412345 Z", "NServiceBus.ExceptionInfo.HelpLink": nil,
			"NServiceBus.ExceptionInfo.ExceptionType": "System.Exception", "NServiceBus.ExceptionInfo.Message": "a\r\nb",
			"NServiceBus.ExceptionInfo.StackTrace": "System.Exception: a\r\nb\r\n   at NServiceBus.X.Y()",
		}}, expectation{Framework: message.NServiceBus, FailingQueue: "shop.billing", ExceptionType: "System.Exception", ExceptionMessage: "a\nb", FailedAt: &at}},
		{"nservicebus, poisoned as its source says", message.Message{Entity: "shop.billing/$DeadLetterQueue", Properties: props{
			"NServiceBus.EnclosedMessageTypes": "Shop.A, Shop", "DeadLetterReason": "System.FormatException - no body", "DeadLetterErrorDescription": "   at Shop.Codec.Read()\n   at NServiceBus.X.Y()",
		}}, expectation{Framework: message.NServiceBus, MessageType: "Shop.A", FailingQueue: "shop.billing", ExceptionType: "System.FormatException", ExceptionMessage: "no body", FirstOwnFrame: "Shop.Codec.Read", Handler: "Shop.Codec"}},
		{"nservicebus, a message that imitates frames", message.Message{Entity: "error", Properties: props{
			"NServiceBus.FailedQ": "q", "NServiceBus.ExceptionInfo.ExceptionType": "Shop.A", "NServiceBus.ExceptionInfo.Message": "x\n   at Shop.Fake.F()",
			"NServiceBus.ExceptionInfo.StackTrace": "Shop.A: x\n   at Shop.Fake.F()\n   at Shop.H.Handle()\n   at NServiceBus.X.Y()",
		}}, expectation{Framework: message.NServiceBus, FailingQueue: "q", ExceptionType: "Shop.A", ExceptionMessage: "x\n   at Shop.Fake.F()", FirstOwnFrame: "Shop.H.Handle", Handler: "Shop.H"}},
		{"nservicebus, a database's exception inside", message.Message{Entity: "error", Properties: props{
			"NServiceBus.FailedQ": "q", "NServiceBus.ExceptionInfo.ExceptionType": "Shop.A", "NServiceBus.ExceptionInfo.Message": "x",
			"NServiceBus.ExceptionInfo.StackTrace": "Shop.A: x\n ---> Microsoft.Data.SqlClient.SqlException (0x80131904): y\n   at Shop.Store.Insert()\nClientConnectionId:0f\n   --- End of inner exception stack trace ---\n   at Shop.H.Handle()\n   at NServiceBus.X.Y()",
		}}, expectation{Framework: message.NServiceBus, FailingQueue: "q", ExceptionType: "Shop.A", ExceptionMessage: "x", FirstOwnFrame: "Shop.Store.Insert", Handler: "Shop.H"}},
		{"nservicebus, a stack that was cut within a message that imitates frames", message.Message{Entity: "error", Properties: props{
			"NServiceBus.FailedQ": "q", "NServiceBus.ExceptionInfo.ExceptionType": "Shop.A", "NServiceBus.ExceptionInfo.Message": "x\n   at Shop.Fake.F()\ny",
			"NServiceBus.ExceptionInfo.StackTrace": "Shop.A: x\n   at Shop.Fake.F()",
		}}, expectation{Framework: message.NServiceBus, FailingQueue: "q", ExceptionType: "Shop.A", ExceptionMessage: "x\n   at Shop.Fake.F()\ny"}},
		{"nservicebus, a message alone", message.Message{Entity: "error", Properties: props{
			"NServiceBus.FailedQ": "q", "NServiceBus.ExceptionInfo.Message": "x", "DeadLetterErrorDescription": "y",
		}}, expectation{Framework: message.NServiceBus, FailingQueue: "q", ExceptionMessage: "x"}},
		{"masstransit, dead-lettered by the broker with its fault", message.Message{Entity: "billing/$DeadLetterQueue", Properties: props{
			"MT-Reason": "fault", "MT-Fault-ExceptionType": "Shop.A", "MT-Fault-Message": "a", "MT-Fault-StackTrace": "   at Shop.C.Consume()\n   at MassTransit.X.Y() ",
			"DeadLetterReason": "MaxDeliveryCountExceeded", "DeadLetterErrorDescription": "Message could not be consumed after 5 delivery attempts.",
		}}, expectation{Framework: message.MassTransit, FailingQueue: "billing", ExceptionType: "Shop.A", ExceptionMessage: "a", FirstOwnFrame: "Shop.C.Consume", Handler: "Shop.C"}},
		{"masstransit, an address with port and query", message.Message{Entity: "x_error", Properties: props{
			"MT-Reason": "fault", "MT-Fault-ExceptionType": "Shop.NotFound<Shop.Order>", "MT-Fault-InputAddress": "sb://127.0.0.1:16100/billing?autodelete=300",
		}}, expectation{Framework: message.MassTransit, FailingQueue: "billing", ExceptionType: "Shop.NotFound[[Shop.Order]]"}},
		{
			"masstransit, expired and forwarded",
			message.Message{Entity: "dead-letters", DeadLetterSource: "billing_error", Properties: props{"MT-Reason": "fault"}},
			expectation{Framework: message.MassTransit, FailingQueue: "billing"},
		},
		{"wolverine, cut stack", message.Message{Entity: "wolverine-dead-letter-queue", Subject: "unknown/X", Properties: props{
			"exception-type": "Shop.A", "exception-message": "a", "exception-stack": "   at Shop.G.Call()\n   at Shop.H.Handle(X x)\n   at Internal.Gen... (truncated)",
			"failed-at": "1795527690412", "original-destination": "asb://queue/orders",
		}}, expectation{Framework: message.Wolverine, FailingQueue: "orders", ExceptionType: "Shop.A", ExceptionMessage: "a", FirstOwnFrame: "Shop.G.Call", FailedAt: &at}},
		{"wolverine, given up by the broker", message.Message{Entity: "orders/$DeadLetterQueue", Subject: "Shop.A", Properties: props{
			"wolverine-protocol-version": "1.0", "DeadLetterReason": "MaxDeliveryCountExceeded", "DeadLetterErrorDescription": "Message could not be consumed after 5 delivery attempts.",
		}}, expectation{Framework: message.Wolverine, MessageType: "Shop.A", FailingQueue: "orders", ExceptionMessage: "Message could not be consumed after 5 delivery attempts."}},
		{
			"plain, a reason without a description",
			message.Message{Entity: "orders/$DeadLetterQueue", Properties: props{"DeadLetterReason": "Shop.NoTemplateException"}},
			expectation{Framework: message.Plain, FailingQueue: "orders", ExceptionType: "Shop.NoTemplateException"},
		},
		{
			"plain, an exception's text as the reason",
			message.Message{Entity: "orders/$DeadLetterQueue", Properties: props{"DeadLetterReason": "Shop.NoTemplateException: none for SM\n   at Shop.T.Find()"}},
			expectation{Framework: message.Plain, FailingQueue: "orders", ExceptionType: "Shop.NoTemplateException", ExceptionMessage: "none for SM", FirstOwnFrame: "Shop.T.Find"},
		},
		{
			"plain, a type and a sentence",
			message.Message{Entity: "orders/$DeadLetterQueue", Properties: props{"DeadLetterReason": "Shop.NoTemplateException", "DeadLetterErrorDescription": "none for SM"}},
			expectation{Framework: message.Plain, FailingQueue: "orders", ExceptionType: "Shop.NoTemplateException", ExceptionMessage: "none for SM"},
		},
		{
			"plain, a type and a stack",
			message.Message{Entity: "orders/$DeadLetterQueue", Properties: props{"DeadLetterReason": "Shop.NoTemplateException", "DeadLetterErrorDescription": "   at Shop.T.Find()\r\n   at Shop.F.Run()"}},
			expectation{Framework: message.Plain, FailingQueue: "orders", ExceptionType: "Shop.NoTemplateException", FirstOwnFrame: "Shop.T.Find"},
		},
		{
			"plain, a type with its message, and a stack",
			message.Message{Entity: "orders/$DeadLetterQueue", Properties: props{"DeadLetterReason": "Shop.NoTemplateException: none for SM", "DeadLetterErrorDescription": "   at Shop.T.Find()"}},
			expectation{Framework: message.Plain, FailingQueue: "orders", ExceptionType: "Shop.NoTemplateException", ExceptionMessage: "none for SM", FirstOwnFrame: "Shop.T.Find"},
		},
		{
			"plain, a sentence and a stack",
			message.Message{Entity: "orders/$DeadLetterQueue", Properties: props{"DeadLetterReason": "No template for SM", "DeadLetterErrorDescription": "   at Shop.T.Find()"}},
			expectation{Framework: message.Plain, FailingQueue: "orders", ExceptionMessage: "No template for SM", FirstOwnFrame: "Shop.T.Find"},
		},
		{
			"plain, a word that ends like a type",
			message.Message{Entity: "orders/$DeadLetterQueue", Properties: props{"DeadLetterReason": "ProcessingError", "DeadLetterErrorDescription": "No template for SM"}},
			expectation{Framework: message.Plain, FailingQueue: "orders", ExceptionMessage: "No template for SM"},
		},
		{
			"plain, a type of a script",
			message.Message{Entity: "orders/$DeadLetterQueue", Properties: props{"DeadLetterReason": "TypeError", "DeadLetterErrorDescription": "x is not a function"}},
			expectation{Framework: message.Plain, FailingQueue: "orders", ExceptionType: "TypeError", ExceptionMessage: "x is not a function"},
		},
		{
			"functions, isolated",
			message.Message{Entity: "orders/$DeadLetterQueue", Properties: props{"DeadLetterReason": "Failed", "DeadLetterErrorDescription": "Microsoft.Azure.WebJobs.Host.FunctionInvocationException: Exception while executing function: Charge\n ---> System.Exception: boom\n   at Shop.Functions.Charge.Run(String m)\n   --- End of inner exception stack trace ---\n   at Microsoft.Azure.WebJobs.Host.Executors.FunctionExecutor.Run()"}},
			expectation{Framework: message.Plain, FailingQueue: "orders", ExceptionType: "Microsoft.Azure.WebJobs.Host.FunctionInvocationException", ExceptionMessage: "Exception while executing function: Charge", FirstOwnFrame: "Shop.Functions.Charge.Run"},
		},
		{
			"plain, transfer dead letter",
			message.Message{Entity: "orders/$Transfer/$DeadLetterQueue", Properties: props{"DeadLetterReason": "MaxTransferHopCountExceeded"}},
			expectation{Framework: message.Plain, FailingQueue: "orders"},
		},
		{
			"plain, properties of odd types",
			message.Message{Entity: "q/$DeadLetterQueue", Properties: props{"DeadLetterReason": []byte{1}, "DeadLetterErrorDescription": []any{1}}},
			expectation{Framework: message.Plain, FailingQueue: "q", ExceptionMessage: "[1]"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) { check(t, failure.NewReader(failure.Config{}).Read(&tt.m, enqueued), tt.want) })
	}
}

func FuzzRead(f *testing.F) {
	keys := []string{
		"rbs2-error-details", "NServiceBus.ExceptionInfo.StackTrace", "MT-Fault-StackTrace", "exception-stack", "DeadLetterErrorDescription",
		"Exception", "StackTrace",
	}
	for _, x := range fixtures(f) {
		for i, k := range keys {
			if s := x.message.Text(k); s != "" {
				f.Add(i, s, x.message.Text("DeadLetterReason"), x.message.Entity)
			}
		}
	}
	for _, s := range hostile() {
		f.Add(0, s[:500], "", "error")
	}
	for _, s := range []string{jvm, node, python, golang} {
		f.Add(4, s, "Failed", "orders/$DeadLetterQueue")
	}
	f.Add(5, bookJSON, "", "orders/$DeadLetterQueue")
	f.Add(6, bookText, "{}", "orders/$DeadLetterQueue")
	f.Add(4, "Failed: "+bookJSON, "", "orders/$DeadLetterQueue")
	f.Add(4, "   at Shop.T.Find()", "Shop.NoTemplateException: none", "orders/$DeadLetterQueue")
	r := failure.NewReader(failure.Config{})
	f.Fuzz(func(t *testing.T, key int, text, reason, entity string) {
		m := message.Message{Entity: entity, EnqueuedAt: enqueued, Properties: map[string]any{
			keys[uint(key)%uint(len(keys))]: text, "DeadLetterReason": reason, "exception-type": "A", "failed-at": "1",
		}}
		got := r.Read(&m, enqueued)
		for _, s := range []string{got.ExceptionType, got.ExceptionMessage, got.FirstOwnFrame, got.Handler, got.Trace} {
			if len(s) > len(text)+len(reason)+100 {
				t.Errorf("%d bytes of %d", len(s), len(text))
			}
		}
		if len(got.Grounds(entity, "")) == 0 {
			t.Error("it stands on nothing")
		}
		if back := r.Return(&m); back.Refuse == "" && back.To == "" {
			t.Error("it goes back to nowhere")
		}
		if strings.Contains(got.FirstOwnFrame, "\n") {
			t.Errorf("frame %q", got.FirstOwnFrame)
		}
		if fp := got.Fingerprint(entity, ""); len(fp) != 18 {
			t.Errorf("fingerprint %q", fp)
		}
	})
}
