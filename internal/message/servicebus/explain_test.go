package servicebus

import (
	"strings"
	"testing"

	"github.com/Azure/go-amqp"
)

func TestAnIdentityWithoutTheRightIsToldItsRoleAndScope(t *testing.T) {
	c := &Client{namespace: "shop.servicebus.windows.net"}
	err := c.explain("billing/$DeadLetterQueue", &amqp.Error{
		Condition: amqp.ErrCondUnauthorizedAccess, Description: "Unauthorized access. 'Listen' claim(s) are required to perform this operation. " +
			"Resource: 'sb://shop.servicebus.windows.net/billing'. TrackingId:11111111-2222-3333-4444-555555555555_G1, SystemTracker:NoSystemTracker, Timestamp:2026-04-17T08:34:01",
	})
	for _, want := range []string{`"Azure Service Bus Data Receiver"`, "on the namespace shop.servicebus.windows.net", "or on billing/$DeadLetterQueue alone", "'Listen' claim(s)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "Tracking") || strings.Contains(err.Error(), "Timestamp") {
		t.Errorf("%v: says what differs each time", err)
	}
}
