package shop

import (
	"context"
	"testing"
	"time"

	bus "github.com/busbell/busbell/internal/emulator/servicebus"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/servicebus"
	"github.com/busbell/busbell/internal/setting"
)

func open(t *testing.T) (*bus.Server, *Shop) {
	t.Helper()
	b, err := bus.Start(Entities(events, "busbell-recovery"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	s, err := Open(b.ConnectionString())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return b, s
}

const events = "busbell-events"

// look reads what lies in a place with what Busbell itself looks with.
func look(t *testing.T, b *bus.Server, entity string) []message.Message {
	t.Helper()
	c, err := servicebus.New(servicebus.Config{ConnectionString: setting.Secret(b.ConnectionString())})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	var list []message.Message
	for m, err := range c.Source(entity).Peek(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

func TestFailuresAreUnderstood(t *testing.T) {
	b, s := open(t)
	reader := failure.NewReader(failure.Config{Own: []string{"Shop."}})
	for _, p := range Problems() {
		if err := s.Fail(t.Context(), 1, p); err != nil {
			t.Fatal(err)
		}
	}
	found := look(t, b, ErrorQueue)
	if len(found) != len(Problems()) {
		t.Fatalf("%d messages lie in the error queue, want %d", len(found), len(Problems()))
	}
	fingerprints := map[string]bool{}
	for i, p := range Problems() {
		f := reader.Read(&found[i], time.Now())
		if f.Framework != message.Rebus || f.MessageType != p.Message || f.FailingQueue != p.Queue || f.ExceptionType != p.Exception {
			t.Errorf("%s was read as %+v", p.MessageName(), f)
		}
		if f.FirstOwnFrame == "" || f.Handler == "" || f.Attempts != attempts {
			t.Errorf("%s: frame %q, handler %q, %d attempts", p.MessageName(), f.FirstOwnFrame, f.Handler, f.Attempts)
		}
		if age := time.Since(f.FailedAt); age < 0 || age > time.Minute {
			t.Errorf("%s failed at %v, which is %v ago", p.MessageName(), f.FailedAt, age)
		}
		fingerprints[f.Fingerprint(ErrorQueue, "")] = true
	}
	if len(fingerprints) != len(Problems()) {
		t.Errorf("%d fingerprints for %d problems", len(fingerprints), len(Problems()))
	}
}

func TestReturningOneKindLeavesTheOthers(t *testing.T) {
	b, s := open(t)
	if err := s.Fail(t.Context(), 40, StockDown, GatewayDown); err != nil {
		t.Fatal(err)
	}
	if err := s.Return(t.Context(), 80, StockDown); err != nil {
		t.Fatal(err)
	}
	left := look(t, b, ErrorQueue)
	if len(left) != 40 {
		t.Fatalf("%d messages are left, want 40", len(left))
	}
	for _, m := range left {
		if q := m.Text("rbs2-source-queue"); q != Billing {
			t.Fatalf("a message of %s is left", q)
		}
	}
}

func TestEventsReachBusbellAsOftenAsTheyAreDelivered(t *testing.T) {
	b, s := open(t)
	for event, copies := range map[string]int{orderPlaced: 1, customerCharged: 1, levelReached: 2} {
		if err := s.publish(t.Context(), event, Orders, map[string]any{"OrderId": 1}, copies); err != nil {
			t.Fatal(err)
		}
	}
	count, ids := map[string]int{}, map[string]bool{}
	for _, m := range look(t, b, events) {
		count[m.Type()]++
		ids[m.Identity()] = true
	}
	if count[orderPlaced] != 1 || count[customerCharged] != 1 || count[levelReached] != 2 || len(ids) != 3 {
		t.Errorf("events %v under %d identities", count, len(ids))
	}
}
