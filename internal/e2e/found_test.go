package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/servicebus"
)

// found finds its sources by name, but for one.
const found = `environment: e2e
watch:
  sources:
    - queue: error
    - queue: "*_error"
    - {queue: "*", deadLetter: true}
    - {topic: orders, subscription: "*", deadLetter: true}
  slack: {channel: "#bus-errors"}
`

// administrator creates and deletes entities as a deployment does.
func (w *world) administrator() *admin.Client {
	w.t.Helper()
	c, err := admin.NewClientFromConnectionString(w.bus.ConnectionString(), &admin.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: overHTTP{}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

type overHTTP struct{}

var _ policy.Transporter = overHTTP{}

func (overHTTP) Do(r *http.Request) (*http.Response, error) {
	r.URL.Scheme = "http"
	return http.DefaultClient.Do(r)
}

func TestANewQueueIsWatchedFromTheNextPassOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(found, "FEATURE_EVENTS_QUEUE=busbell-events", "RECOVERY_QUEUE=")
	h.pass()
	if n := len(w.roots("bus-errors")); n != 0 {
		t.Fatalf("%d messages of a bus without failures\n%s", n, w.log)
	}

	if _, err := w.administrator().CreateQueue(bounded(t), "loyalty_error", nil); err != nil {
		t.Fatal(err)
	}
	w.fail("loyalty_error", refund, 2)
	w.fail("shop.billing", order, 1)
	w.deadLetter("shop.billing", "CardExpired")
	h.pass()
	wantShown(t, w.about("bus-errors", "2 failed", "RefundRequested"), red, "`loyalty_error` (2)")
	wantShown(t, w.about("bus-errors", "1 failed", "OrderPlaced"), red, "shop.billing/$DeadLetterQueue")

	if _, err := w.administrator().DeleteQueue(bounded(t), "loyalty_error", nil); err != nil {
		t.Fatal(err)
	}
	h.pass()
	gone := w.about("bus-errors", "2 failed", "RefundRequested")
	wantShown(t, gone, green, "Resolved")
	if said := w.thread("bus-errors", gone); len(said) != 1 || !strings.Contains(said[0], "loyalty_error is no longer there") {
		t.Errorf("thread: %q", said)
	}
}

func TestAKeyThatMayNotListIsSaidAndTheRestIsWatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(found)
	w.bus.Fail(control.Fault{Kind: control.Refuse, Entity: "$Resources", Error: servicebus.Unauthorized})
	w.fail("error", refund, 1)
	h.pass()
	wantShown(t, w.about("bus-errors", "Cannot look for queues by name", "3 sources"), black, "Manage right", "*_error")
	wantShown(t, w.about("bus-errors", "1 failed", "RefundRequested"), red)
	w.bus.Heal()
	h.pass()
	wantShown(t, w.about("bus-errors", "can look for queues by name again", "3 sources"), green)
}
