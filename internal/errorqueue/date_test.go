package errorqueue_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/triage"
)

// oddDates are what clocks, defaults and time zones make of a date.
var oddDates = []any{
	"9999-12-31T23:59:59.9999999-05:00", "9999-12-31T23:59:59.9999999Z", "0000-01-01T00:00:00+05:00", "0001-01-01T00:00:00Z",
	"1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z", time.UnixMilli(1e15), time.UnixMilli(-1e15),
	time.Time{},
}

// dated is a failure whose headers say when it failed.
func dated(n int64, event, text string, says any, enqueued time.Time) message.Message {
	return message.Message{
		Entity: "error", ID: fmt.Sprintf("%s-%d", event, n), SequenceNumber: n, EnqueuedAt: enqueued,
		Properties: map[string]any{
			"MT-Reason": "fault", "MT-MessageType": "urn:message:Shop.Stock:" + event, "MT-Fault-ExceptionType": "Shop.NoStock", "MT-Fault-Message": text, "MT-Fault-Timestamp": says,
			"MT-Fault-StackTrace": "   at Shop.Stock." + event + "Handler.Consume()", "MT-Fault-InputAddress": "sb://shop.example/stock",
		},
	}
}

// the incident that shows one of these texts; there must be one.
func (d *driver) showing(t *testing.T, texts ...string) incident.Incident {
	t.Helper()
	all, err := d.Incidents.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range all {
		if slices.Contains(texts, triage.FailureOf(k.Cause).ExceptionMessage) {
			return k.Incident
		}
	}
	t.Fatalf("no incident shows any of %q", texts)
	return incident.Incident{}
}

func TestAnOddDateBlindsNoSourceAndPagesNobody(t *testing.T) {
	for _, odd := range oddDates {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprintf("%v, enqueued %v", odd, known), func(t *testing.T) {
				d := newDriver(t, triage.PageRule{When: `incident.age > duration("12h")`, Priority: "P1"})
				d.queues["shop.orders/$DeadLetterQueue"].fail(2, "OrderPlaced", "CardExpired")
				d.queues["error"].fail(3, "CustomerMoved", "AddressUnknown")
				q := d.queues["error"]
				enqueued := time.Time{}
				if known {
					enqueued = d.now
				}
				q.messages = append(q.messages, dated(4, "ItemReserved", "first", odd, enqueued))
				wantHeard(t, d.pass(t),
					"post: 1 failed ItemReserved in stock: NoStock",
					"post: 2 failed OrderPlaced in shop.billing: CardExpired",
					"post: 3 failed CustomerMoved in shop.billing: AddressUnknown")
				for n := range int64(3) {
					text := fmt.Sprintf("later %d", n)
					q.messages = append(q.messages, dated(5+n, "ItemReserved", text, d.now.Add(time.Second), d.now.Add(time.Second)))
					d.pass(t)
					if i := d.showing(t, "first", text); triage.FailureOf(i.Cause).ExceptionMessage != text || i.Cause.Samples[0].SequenceNumber != 5+n {
						t.Errorf("the incident shows %q and %v, want %q of message %d", triage.FailureOf(i.Cause).ExceptionMessage, i.Cause.Samples, text, 5+n)
					}
				}
				if pages := d.pager.heard(); len(pages) > 0 {
					t.Errorf("paged: %q", pages)
				}
			})
		}
	}
}

// Of a message that nobody can read only its number is known. The incident
// shows the newest all the same.
func TestAnIncidentWithoutDatesShowsItsNewestMessage(t *testing.T) {
	d := newDriver(t)
	for n := range int64(3) {
		m := message.Message{Entity: "error", SequenceNumber: n + 1, Unreadable: "bad frame"}
		d.queues["error"].messages = append(d.queues["error"].messages, m)
		d.pass(t)
		i := d.showing(t, "The Service Bus library cannot read it: bad frame")
		if i.Cause.Samples[0].SequenceNumber != n+1 {
			t.Errorf("it shows %v, want message %d first", i.Cause.Samples, n+1)
		}
	}
	wantHeard(t, d.pass(t))
}

// A flood of failures that all claim another hour must not fill the ledger.
func TestHoursThatMessagesClaimAreBounded(t *testing.T) {
	d := newDriver(t)
	q := d.queues["error"]
	for n := range int64(45_000) {
		claimed := time.Date(2030, 1, 1, int(n), 0, 0, 0, time.UTC)
		m := dated(n+1, "ItemReserved", "gone", claimed, claimed) // the broker's own time is as wrong
		q.messages = append(q.messages, m)
	}
	for range 6 {
		d.pass(t)
	}
	for _, partition := range []string{"test/places", "test/incidents"} {
		for row, err := range d.ledger.List(t.Context(), partition) {
			if err != nil || len(row.Value) > 8<<10 {
				t.Errorf("%s of %s: %d bytes, %v", row.Key.Row, partition, len(row.Value), err)
			}
		}
	}
}

// What a real sender puts on the wire, through the real SDK.
func TestOddDatesOnTheWireCostNobody(t *testing.T) {
	d := newBusDriver(t, servicebus.Queue{Name: "error"}, errorQueue)
	for n, odd := range oddDates {
		d.sendWith("error", dated(0, fmt.Sprintf("Event%c", 'A'+n), "gone", odd, time.Time{}).Properties)
	}
	d.fail("error", 3, "OrderPlaced")
	heard := strings.Join(d.pass(t), "\n")
	if want := len(oddDates) + 3; d.incidentCount(t) != want || d.troubles(t) != 0 || !strings.Contains(heard, fmt.Sprintf("%d failures", want)) {
		t.Errorf("%d messages are known, want %d; heard:\n%s", d.incidentCount(t), want, heard)
	}
}
