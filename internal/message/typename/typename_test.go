package typename_test

import (
	"testing"

	"github.com/busbell/busbell/internal/message/typename"
)

func TestOneTypeHasOneName(t *testing.T) {
	for _, tt := range []struct{ written, want string }{
		{"Shop.Orders.OrderPlaced, Shop.Orders", "Shop.Orders.OrderPlaced"},
		{"Shop.Orders.OrderPlaced, Shop.Orders, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null", "Shop.Orders.OrderPlaced"},
		{"Shop.Orders+Cancelled, Shop", "Shop.Orders+Cancelled"},
		{"order-placed", "order-placed"},
		{"", ""},
		{"Ns.Changed`1[[Ns.Customer, Asm]], Asm", "Ns.Changed[[Ns.Customer]]"},
		{"Ns.Changed`1[[Ns.Customer, Asm, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null]], Asm, Version=1.0.0.0", "Ns.Changed[[Ns.Customer]]"},
		{"Ns.Pair`2[[A.B, X],[C.D, Y]], Z", "Ns.Pair[[A.B],[C.D]]"},
		{"Ns.Pair`2[[A.B, X], [C.D, Y]], Z", "Ns.Pair[[A.B],[C.D]]"},
		{"Ns.A`1[[Ns.B`1[[Ns.C, X]], X]], X", "Ns.A[[Ns.B[[Ns.C]]]]"},
		{"Ns.Outer`1+Inner[[Ns.C, X]], X", "Ns.Outer+Inner[[Ns.C]]"},
		{"Ns.Outer`1+Inner`1[[Ns.C, X],[Ns.D, X]], X", "Ns.Outer+Inner[[Ns.C],[Ns.D]]"},
		{"Ns.A`1[Ns.C]", "Ns.A[[Ns.C]]"},
		{"Ns.Pair`2[Ns.C,Ns.D]", "Ns.Pair[[Ns.C],[Ns.D]]"},
		{"Ns.A`1[[Ns.C[], X]], X", "Ns.A[[Ns.C[]]]"},
		{"Ns.C[], X", "Ns.C[]"},
		{"urn:message:Shop.Orders:OrderPlaced", "Shop.Orders.OrderPlaced"},
		{"urn:message:Shop.Orders:Shipment+Lost", "Shop.Orders.Shipment+Lost"},
		{"urn:message:Ns:Changed[[Ns:Customer]]", "Ns.Changed[[Ns.Customer]]"},
		{"urn:message:Ns:Pair[[A:B],[C:D]]", "Ns.Pair[[A.B],[C.D]]"},
		{"urn:message:OrderPlaced", "OrderPlaced"},
		{"Ns.Changed<Customer>", "Ns.Changed[[Customer]]"},
		{"Ns.Pair<A,Ns.B<C>>", "Ns.Pair[[A],[Ns.B[[C]]]]"},
		{"Ns.Broken`1[[Ns.C", "Ns.Broken[[Ns.C]]"},
		{"Ns.Broken`1[[[Ns.C", "Ns.Broken[[[[Ns.C]]]]"},
	} {
		if got := typename.Of(tt.written); got != tt.want {
			t.Errorf("Of(%q) = %q, want %q", tt.written, got, tt.want)
		}
	}
}
