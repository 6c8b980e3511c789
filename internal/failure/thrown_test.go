package failure_test

import (
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

const (
	bookFrames = "   at Shop.Billing.Ledger.BookAsync(Invoice invoice) in /src/Ledger.cs:line 44\n   at Shop.Billing.Worker.HandleAsync(Args args) in /src/Worker.cs:line 12"
	bookText   = "Shop.LedgerException: Ledger is closed\n" + bookFrames
	bookJSON   = `{"ClassName":"Shop.LedgerException","Message":"Ledger is closed","StackTraceString":"   at Shop.Billing.Ledger.BookAsync(Invoice invoice)"}`
)

// Wherever an application leaves the exception, and in whichever form, it is one
// problem.
func TestAnExceptionIsFoundWhereverItIs(t *testing.T) {
	r, prints := failure.NewReader(failure.Config{}), map[string]string{}
	const gaveUp, word = "MaxDeliveryCountExceeded", "ApplicationError"
	for name, p := range map[string]map[string]any{
		"description":                       props("DeadLetterReason", word, "DeadLetterErrorDescription", bookText),
		"description, JSON":                 props("DeadLetterReason", word, "DeadLetterErrorDescription", bookJSON),
		"description, JSON behind words":    props("DeadLetterReason", word, "DeadLetterErrorDescription", "Could not book: "+bookJSON),
		"reason, JSON":                      props("DeadLetterReason", bookJSON),
		"property":                          props("Exception", bookText, "DeadLetterReason", gaveUp, "DeadLetterErrorDescription", "Message could not be consumed after 10 delivery attempts."),
		"property, JSON":                    props("exception", bookJSON),
		"abandoned with it":                 props("AbandonReason", bookText, "DeadLetterReason", gaveUp, "DeadLetterErrorDescription", "Message could not be consumed after 10 delivery attempts."),
		"beside a description in words":     props("Error", bookJSON, "DeadLetterReason", word, "DeadLetterErrorDescription", "It failed."),
		"parts":                             props("ExceptionType", "Shop.LedgerException, Shop", "ExceptionMessage", "Ledger is closed", "StackTrace", bookFrames),
		"parts, of OpenTelemetry":           props("exception.type", "Shop.LedgerException", "exception.message", "Ledger is closed", "exception.stacktrace", bookText),
		"parts, without a type":             props("ErrorMessage", "Ledger is closed", "StackTrace", bookText),
		"parts, the message is all of it":   props("ExceptionMessage", bookText),
		"a type beside its message":         props("Exception", "Shop.LedgerException", "ErrorMessage", "Ledger is closed", "StackTrace", bookFrames),
		"dead-lettered by NServiceBus, cut": props("DeadLetterReason", "Shop.LedgerException - Ledger is closed", "DeadLetterErrorDescription", bookFrames[:100]),
	} {
		m := message.Message{Entity: "billing/$DeadLetterQueue", Subject: "Shop.A", Properties: p}
		got := r.Read(&m, enqueued)
		if got.ExceptionType != "Shop.LedgerException" || got.ExceptionMessage != "Ledger is closed" || got.FirstOwnFrame != "Shop.Billing.Ledger.BookAsync" || got.Attempts != 1 {
			t.Errorf("%s: %q %q at %q, %d attempts", name, got.ExceptionType, got.ExceptionMessage, got.FirstOwnFrame, got.Attempts)
		}
		prints[got.Fingerprint(m.Entity, "")] = name
	}
	if len(prints) != 1 {
		t.Errorf("one problem has %d fingerprints: %v", len(prints), prints)
	}
}

func TestWordsInPropertiesSayWhy(t *testing.T) {
	for name, tt := range map[string]struct {
		properties map[string]any
		typ, why   string
	}{
		"a sentence":                            {props("SMB.Exception", "card_declined", "DeadLetterReason", "MaxDeliveryCountExceeded", "DeadLetterErrorDescription", "Message could not be consumed after 10 delivery attempts."), "", "card_declined"},
		"a type alone":                          {props("Exception", "Shop.LedgerException"), "Shop.LedgerException", ""},
		"a code is no word":                     {props("Error", "504", "DeadLetterErrorDescription", "Upstream said no"), "", "Upstream said no"},
		"an exception in the description first": {props("Error", "a sentence", "DeadLetterErrorDescription", "Shop.LedgerException: Ledger is closed"), "Shop.LedgerException", "Ledger is closed"},
	} {
		got := failure.NewReader(failure.Config{}).Read(&message.Message{Entity: "q/$DeadLetterQueue", Properties: tt.properties}, enqueued)
		if got.ExceptionType != tt.typ || got.ExceptionMessage != tt.why {
			t.Errorf("%s: %q %q", name, got.ExceptionType, got.ExceptionMessage)
		}
	}
}

// JSON that is a payload, alone or beside what went wrong, is in nothing that was
// understood.
func TestAPayloadInADescriptionIsNotUnderstood(t *testing.T) {
	const payload = `{"customer":"Anna Example","street":"Some Street 17"}`
	escaped := strings.ReplaceAll(payload, `"`, `\"`)
	for _, text := range []string{
		payload, `{"originalMessage":"` + escaped + `","errorMessage":"Stock is negative"}`, `{"originalMessage":"` + escaped, `{"error":{"message":"Stock is negative"},"payload":` + payload + `}`,
		`{"message":"` + escaped + `","exception":"Shop.StockException: Stock is negative"}`, "[" + payload + "]",
	} {
		for _, key := range []string{"DeadLetterErrorDescription", "DeadLetterReason", "Exception", "Error"} {
			m := message.Message{Entity: "q/$DeadLetterQueue", Properties: props(key, text)}
			got := failure.NewReader(failure.Config{}).Read(&m, enqueued)
			for _, s := range []string{got.ExceptionType, got.ExceptionMessage, got.Trace, got.Reason, got.FirstOwnFrame} {
				if strings.Contains(s, "Anna") || strings.Contains(s, "Street") {
					t.Errorf("%s %s: the payload stands in %q", key, text, s)
				}
			}
			if strings.Contains(text, "negative") && got.ExceptionMessage != "Stock is negative" {
				t.Errorf("%s %s: why = %q", key, text, got.ExceptionMessage)
			}
		}
	}
}

// NServiceBus dead-letters natively with type and message as the reason and the
// stack as the description, both cut, and the broker forwards that into the error
// queue: as long as the first own frame is there, it is the same problem.
func TestAForwardedDeadLetterOfNServiceBusIsTheSameProblem(t *testing.T) {
	frames := bookFrames + strings.Repeat("\n   at NServiceBus.InvokeHandlerTerminator.Terminate(IInvokeHandlerContext context)", 20)
	wrapping := " ---> Shop.Store.GoneException: gone\n   at Shop.Store.Table.Read(Int32 id)\n   --- End of inner exception stack trace ---\n" + frames
	const types, head = "Shop.Orders.OrderPlaced, Shop.Orders, Version=1.0.0.0", "Shop.LedgerException: Ledger is closed\n"
	r := failure.NewReader(failure.Config{})
	for name, tt := range map[string]struct{ stack, description string }{
		"frames alone": {frames, frames}, "all of the text": {frames, head + frames}, "all of a wrapper": {wrapping, head + wrapping},
	} {
		whole, description := message.Message{Entity: "error", Properties: props(
			"NServiceBus.EnclosedMessageTypes", types, "NServiceBus.FailedQ", "shop.billing", "NServiceBus.ExceptionInfo.ExceptionType", "Shop.LedgerException",
			"NServiceBus.ExceptionInfo.Message", "Ledger is closed", "NServiceBus.ExceptionInfo.StackTrace", head+tt.stack)}, tt.description
		want := r.Read(&whole, enqueued)
		for cut := 180; cut <= 1024; cut += 17 {
			m := message.Message{Entity: "error", DeadLetterSource: "shop.billing", Properties: props(
				"NServiceBus.EnclosedMessageTypes", types, "DeadLetterReason", "Shop.LedgerException - Ledger is closed", "DeadLetterErrorDescription", description[:cut])}
			got := r.Read(&m, enqueued)
			if got.FailingQueue != "shop.billing" || got.ExceptionType != "Shop.LedgerException" || got.ExceptionMessage != "Ledger is closed" || got.FirstOwnFrame != want.FirstOwnFrame || got.MessageType != want.MessageType {
				t.Errorf("%s, cut at %d: %q %q %q at %q", name, cut, got.FailingQueue, got.ExceptionType, got.ExceptionMessage, got.FirstOwnFrame)
			}
			if a, b := got.Fingerprint(m.Entity, ""), want.Fingerprint(whole.Entity, ""); a != b {
				t.Errorf("%s, cut at %d: %s, whole %s", name, cut, a, b)
			}
		}
	}
}
