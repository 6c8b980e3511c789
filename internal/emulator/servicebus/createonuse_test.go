package servicebus

import (
	"path/filepath"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

func TestEntitiesAreMadeOnUseWhereToldSo(t *testing.T) {
	s := start(t, Config{CreateOnUse: true, Topics: []Topic{{Name: "there"}}})
	c := dial(t, s)
	send(t, c, "shop/billing", text("x"))
	if got := receive(t, receiver(t, c, "Shop/Billing", nil), 1); string(got[0].Body) != "x" {
		t.Errorf("received %q", got[0].Body)
	}
	dead := &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter}
	for _, r := range []*azservicebus.Receiver{
		receiver(t, c, "error", dead), subscription(t, c, "orders", "invoicing", nil), subscription(t, c, "there", "audit", dead),
	} {
		if got := peek(t, r); len(got) != 0 {
			t.Errorf("peeked %d", len(got))
		}
	}
	send(t, c, "orders", text("y"))
	send(t, c, "there", text("z"))
	for entity, want := range map[string]int{"error": 0, "orders/Subscriptions/invoicing": 1, "there/Subscriptions/audit": 1} {
		if n, err := s.Counts(entity); err != nil || n.Active != want {
			t.Errorf("%s: %+v, %v", entity, n, err)
		}
	}
	if _, err := receiver(t, c, "no$name", nil).PeekMessages(soon(t), 1, nil); err == nil {
		t.Error("a name that nothing can have was made")
	}
	if _, err := receiver(t, dial(t, start(t, Config{})), "shop", nil).PeekMessages(soon(t), 1, nil); err == nil {
		t.Error("a queue was made that nobody asked for")
	}
}

func TestEntitiesMadeOnUseOutliveARestart(t *testing.T) {
	cfg := Config{CreateOnUse: true, Data: filepath.Join(t.TempDir(), "data")}
	for _, want := range []int{1, 2} {
		s, err := Start(cfg)
		if err != nil {
			t.Fatal(err)
		}
		c := dial(t, s)
		peek(t, subscription(t, c, "orders", "invoicing", nil))
		send(t, c, "orders", text("x"))
		send(t, c, "plain", text("x"))
		for _, entity := range []string{"plain", "orders/Subscriptions/invoicing"} {
			if n, err := s.Counts(entity); err != nil || n.Active != want {
				t.Errorf("%s: %+v, %v, want %d", entity, n, err, want)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
