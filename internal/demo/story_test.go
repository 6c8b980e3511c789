package demo

import (
	"testing"

	"github.com/busbell/busbell/internal/demo/shop"
)

func TestRefundIsDeadLetteredAndPutRight(t *testing.T) {
	cloud, err := OpenCloud(CloudConfig{Bus: shop.Entities(EventsQueue, RecoveryQueue)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	services, err := shop.Open(cloud.Bus.ConnectionString())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(services.Close)
	s := &stage{cloud: cloud, shop: services, say: func(string, string, ...any) {}}
	for _, want := range []int{1, 0} {
		if err := refund(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if c, err := cloud.Bus.Counts(shop.Billing); err != nil || c.DeadLetter != want {
			t.Fatalf("%d dead letters, want %d; error %v", c.DeadLetter, want, err)
		}
	}
}
