package demo

import (
	"context"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/servicebus"
	"github.com/busbell/busbell/internal/setting"
)

func open(t *testing.T) (*Cloud, *shop) {
	t.Helper()
	cloud, err := OpenCloud(CloudConfig{Bus: entities()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	s, err := openShop(cloud.Bus.ConnectionString())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return cloud, s
}

// look reads what lies in a place with what Busbell itself looks with.
func look(t *testing.T, cloud *Cloud, entity string) []message.Message {
	t.Helper()
	c, err := servicebus.New(servicebus.Config{ConnectionString: setting.Secret(cloud.Bus.ConnectionString())})
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
	cloud, s := open(t)
	reader := failure.NewReader(failure.Config{Own: []string{"Shop."}})
	for _, p := range problems() {
		if err := s.fail(t.Context(), 1, p); err != nil {
			t.Fatal(err)
		}
	}
	found := look(t, cloud, errorQueue)
	if len(found) != len(problems()) {
		t.Fatalf("%d messages lie in the error queue, want %d", len(found), len(problems()))
	}
	fingerprints := map[string]bool{}
	for i, p := range problems() {
		f := reader.Read(&found[i], time.Now())
		if f.Framework != message.Rebus || f.MessageType != p.message || f.FailingQueue != p.queue || f.ExceptionType != p.exception {
			t.Errorf("%s was read as %+v", p.name(), f)
		}
		if f.FirstOwnFrame == "" || f.Handler == "" || f.Attempts != attempts {
			t.Errorf("%s: frame %q, handler %q, %d attempts", p.name(), f.FirstOwnFrame, f.Handler, f.Attempts)
		}
		if age := time.Since(f.FailedAt); age < 0 || age > time.Minute {
			t.Errorf("%s failed at %v, which is %v ago", p.name(), f.FailedAt, age)
		}
		fingerprints[f.Fingerprint(errorQueue, "")] = true
	}
	if len(fingerprints) != len(problems()) {
		t.Errorf("%d fingerprints for %d problems", len(fingerprints), len(problems()))
	}
}

func TestReturningOneKindLeavesTheOthers(t *testing.T) {
	cloud, s := open(t)
	if err := s.fail(t.Context(), 40, stockDown, gatewayDown); err != nil {
		t.Fatal(err)
	}
	if err := s.giveBack(t.Context(), 80, stockDown); err != nil {
		t.Fatal(err)
	}
	left := look(t, cloud, errorQueue)
	if len(left) != 40 {
		t.Fatalf("%d messages are left, want 40", len(left))
	}
	for _, m := range left {
		if q := m.Text("rbs2-source-queue"); q != billing {
			t.Fatalf("a message of %s is left", q)
		}
	}
}

func TestEventsReachBusbellAsOftenAsTheyAreDelivered(t *testing.T) {
	cloud, s := open(t)
	for event, copies := range map[string]int{orderPlaced: 1, customerCharged: 1, levelReached: 2} {
		if err := s.publish(t.Context(), event, orders, map[string]any{"OrderId": 1}, copies); err != nil {
			t.Fatal(err)
		}
	}
	count, ids := map[string]int{}, map[string]bool{}
	for _, m := range look(t, cloud, EventsQueue) {
		count[m.Type()]++
		ids[m.Identity()] = true
	}
	if count[orderPlaced] != 1 || count[customerCharged] != 1 || count[levelReached] != 2 || len(ids) != 3 {
		t.Errorf("events %v under %d identities", count, len(ids))
	}
}

func TestRefundIsDeadLetteredAndPutRight(t *testing.T) {
	cloud, s := open(t)
	st := &stage{cloud: cloud, shop: s, say: func(string, string, ...any) {}}
	for _, want := range []int{1, 0} {
		if err := refund(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		if got := look(t, cloud, billing+"/$DeadLetterQueue"); len(got) != want {
			t.Fatalf("%d dead letters, want %d", len(got), want)
		}
	}
}
