package failure_test

import (
	"testing"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

// What the configuration says of a place counts before all that a framework says.
func TestAPlaceOfOnesOwnCountsBeforeAllElse(t *testing.T) {
	place := func(text string) message.Places {
		p, err := message.ParsePlace(text)
		if err != nil {
			t.Fatal(err)
		}
		return message.Places{p}
	}
	r := failure.NewReader(failure.Config{Types: place("body:kind"), Exceptions: place("property:LastFault")})
	m := rebus(attempts(2, stamp, "System.Exception: boom\n"+handle+pipelineFrames))
	before := r.Read(m, enqueued)
	if before.MessageType != "Shop.OrderPlaced" || before.ExceptionType != "System.Exception" || before.FirstOwnFrame != "Shop.Billing.Handlers.Charge.Handle" {
		t.Errorf("nothing stands there: %+v", before)
	}
	m.Body, m.Properties["LastFault"] = []byte(`{"kind":"Shop.Kind, Shop"}`), bookText
	got := r.Read(m, enqueued)
	if got.MessageType != "Shop.Kind" || got.ExceptionType != "Shop.LedgerException" || got.ExceptionMessage != "Ledger is closed" || got.FirstOwnFrame != "Shop.Billing.Ledger.BookAsync" {
		t.Errorf("%q, %q %q at %q", got.MessageType, got.ExceptionType, got.ExceptionMessage, got.FirstOwnFrame)
	}
	if got.FailingQueue != before.FailingQueue || !got.FailedAt.Equal(before.FailedAt) {
		t.Errorf("queue and time changed: %+v", got)
	}
	for text, want := range map[string][2]string{
		bookJSON: {"Shop.LedgerException", "Ledger is closed"}, "no stock": {"", "no stock"}, "Shop.LedgerException": {"Shop.LedgerException", ""}, `{"customer":"Anna"}`: {"", ""},
	} {
		m.Properties["LastFault"] = text
		if got := r.Read(m, enqueued); got.ExceptionType != want[0] || got.ExceptionMessage != want[1] {
			t.Errorf("%s: %q %q, want %q", text, got.ExceptionType, got.ExceptionMessage, want)
		}
	}
}
