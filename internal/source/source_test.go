package source

import "testing"

func TestAPathIsASource(t *testing.T) {
	for path, want := range map[string]Source{
		"error":                    {Queue: "error"},
		"billing/$DeadLetterQueue": {Queue: "billing", DeadLetter: true},
		"orders/subscriptions/invoicing/$deadletterqueue":         {Topic: "orders", Subscription: "invoicing", DeadLetter: true},
		"Shop.Orders/Shop.OrderPlaced/Subscriptions/shop_billing": {Topic: "Shop.Orders/Shop.OrderPlaced", Subscription: "shop_billing"},
		"billing/$Transfer/$DeadLetterQueue":                      {Queue: "billing", TransferDeadLetter: true},
		"":                                                        {},
	} {
		if got := Parse(path); got != want {
			t.Errorf("Parse(%q) = %+v, want %+v", path, got, want)
		}
	}
}
