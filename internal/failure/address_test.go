package failure_test

import (
	"testing"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

func TestTheFailingQueueIsTheWholeName(t *testing.T) {
	for _, tt := range []struct{ property, address, want string }{
		{"MT-Fault-InputAddress", "sb://shop.servicebus.windows.net/billing", "billing"},
		{"MT-Fault-InputAddress", "sb://shop.servicebus.windows.net/team/billing", "team/billing"},
		{"MT-Fault-InputAddress", "sb://127.0.0.1:5672/a/b/billing?autodelete=300&x=y/z", "a/b/billing"},
		{"MT-Fault-InputAddress", "sb://shop.servicebus.windows.net/team%2Fbilling%20eu/", "team/billing eu"},
		{"MT-Fault-InputAddress", "sb://shop.servicebus.windows.net/orders/Subscriptions/billing", "orders/Subscriptions/billing"},
		{"MT-Fault-InputAddress", "sb://shop.servicebus.windows.net/100%/billing", "100%/billing"},
		{"MT-Fault-InputAddress", "queue:team/billing", "team/billing"},
		{"MT-Fault-InputAddress", "sb://shop.servicebus.windows.net/", "moved"}, // a host alone: the queue's name without _error
		{"MT-Fault-InputAddress", "", "moved"},
		{"original-destination", "asb://queue/orders", "orders"},
		{"original-destination", "asb://queue/team%2Forders", "team/orders"},
		{"original-destination", "asb://queue/team/orders", "team/orders"},
		{"original-destination", "second-broker://queue/orders", "orders"},
		{"original-destination", "asb://topic/orders/billing", "orders/Subscriptions/billing"},
		{"original-destination", "asb://topic/shop%2Forders/team%2Fbilling", "shop/orders/Subscriptions/team/billing"},
	} {
		m := message.Message{Entity: "moved_error", Properties: map[string]any{tt.property: tt.address}}
		if tt.property == "original-destination" {
			m.Properties["wolverine-protocol-version"] = "1.0"
		}
		if got := failure.NewReader(failure.Config{}).Read(&m, enqueued).FailingQueue; got != tt.want {
			t.Errorf("%s %q: failing queue = %q, want %q", tt.property, tt.address, got, tt.want)
		}
	}
}
