package triage_test

import (
	"testing"

	"github.com/busbell/busbell/internal/triage"
)

func TestShortTypeLeavesOutNamespaceAndArguments(t *testing.T) {
	for name, want := range map[string]string{
		"Shop.Orders.OrderPlaced": "OrderPlaced", "OrderPlaced": "OrderPlaced", "": "message",
		"Shop.Orders+Cancelled": "Cancelled", "Shop.Changed[[Shop.Customer]]": "Changed", "order-placed": "order-placed",
	} {
		if got := triage.ShortType(name, "message"); got != want {
			t.Errorf("%q is short %q, want %q", name, got, want)
		}
	}
}
