package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shop is a busbell.yaml that watches a shop.
const shop = `environment: e2e
watch:
  sources:
    - queue: error
    - {queue: shop.billing, deadLetter: true, name: billing}
  slack: {channel: "#bus-errors", mention: "<!here>"}
  page:
    - {when: 'failure.messageType.startsWith("Shop.Billing.")', priority: P1}
  frames: {own: ["Shop."]}
features:
  - name: level reached
    event: Shop.Loyalty.CustomerLevelReached
    when: 'event.Level in ["Gold", "Platinum"]'
    say: ":tada: {event.CustomerName} reached {event.Level}"
    slack: {channel: "#milestones"}
`

func TestAFailureIsToldOnceAndFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop)
	h.pass()
	if calls := w.slack.Snapshot().Calls; len(calls) != 0 {
		t.Errorf("nothing has failed, and Slack was called: %v", calls)
	}

	w.fail("error", refund, 2)
	h.pass()
	first := w.only("bus-errors")
	wantShown(t, first, red,
		"2 failed *RefundRequested* in *shop.billing*", "RefundRefusedException", "<!here>",
		"Shop.Billing.Contracts.RefundRequested", "Shop.Billing.Handlers.RefundCustomerHandler.Handle",
		"error (2)", "P1", "e2e · first seen")
	if strings.Contains(markup(t, first), "<!channel>") {
		t.Error("a message of the shop calls the whole channel")
	}
	page := w.alert()
	if !page.Open() || page.Priority != "P1" || !strings.Contains(page.Message, "RefundRequested") {
		t.Errorf("alert: %+v", page)
	}

	w.fail("error", refund, 1)
	h.pass()
	edited := w.only("bus-errors")
	wantShown(t, edited, red, "3 failed *RefundRequested*", "error (3)")
	if edited.TS != first.TS || edited.EditCount != 1 || strings.Contains(edited.Text, "<!here>") {
		t.Errorf("ts %s edited %d times, was %s: %s", edited.TS, edited.EditCount, first.TS, edited.Text)
	}
	if said := w.thread("bus-errors", edited); len(said) != 0 {
		t.Errorf("said in the thread: %q", said)
	}

	w.fail("error", refund, 1)
	h.pass()
	if diff := cmp.Diff([]string{"Growing: 4 messages now, 2 when first told."}, w.thread("bus-errors", edited)); diff != "" {
		t.Error(diff)
	}

	w.take("error")
	h.pass()
	over := w.only("bus-errors")
	wantShown(t, over, green, "Resolved: 4 failed *RefundRequested*")
	if over.TS != first.TS {
		t.Errorf("resolved in another message: %s, was %s", over.TS, first.TS)
	}
	if said := w.thread("bus-errors", over); len(said) != 2 || !strings.HasPrefix(said[1], "Resolved after ") {
		t.Errorf("thread: %q", said)
	}
	if page := w.alert(); page.Open() || page.Count != 1 {
		t.Errorf("the alert is still open, or was raised %d times", page.Count)
	}

	before := w.slack.Snapshot().Calls
	h.pass()
	if diff := cmp.Diff(before, w.slack.Snapshot().Calls); diff != "" {
		t.Errorf("a pass with no news called Slack: %s", diff)
	}

	w.fail("error", refund, 1)
	h.pass()
	if n := len(w.roots("bus-errors")); n != 2 {
		t.Errorf("%d messages after the return of a failure, want a second one", n)
	}
	if n := len(w.pager.Snapshot().Open()); n != 1 {
		t.Errorf("%d open alerts after the return of a failure, want 1", n)
	}
}

func TestWatchingTouchesNoMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop)
	w.fail("error", order, 3)
	before, err := w.bus.Counts("error")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		h.pass()
	}
	after, err := w.bus.Counts("error")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
	receiver, err := w.team.bus().NewReceiverForQueue("error", nil)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := receiver.ReceiveMessages(bounded(t), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := messages[0].RawAMQPMessage.Header.DeliveryCount; n != 0 {
		t.Errorf("the first delivery to the team is number %d", n+1)
	}
}

func TestTwoSourcesAreTwoStories(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop)
	w.fail("error", order, 1)
	w.fail("shop.billing", refund, 2)
	w.deadLetter("shop.billing", "MaxDeliveryCountExceeded")
	h.pass()
	wantShown(t, w.about("bus-errors", "OrderPlaced"), red, "error (1)", "Shop.Billing.Gateway.CardGateway.ChargeAsync")
	wantShown(t, w.about("bus-errors", "RefundRequested"), red, "2 failed", "billing (2)")
	w.take("error")
	h.pass()
	wantShown(t, w.about("bus-errors", "OrderPlaced"), green)
	wantShown(t, w.about("bus-errors", "RefundRequested"), red)
}

func TestManyNewKindsAreOneMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop)
	kinds := w.messages(order, 7, func(i int, properties map[string]any) {
		properties["rbs2-msg-type"] = fmt.Sprintf("Shop.Orders.Order%c, Shop.Orders", 'A'+i)
	})
	w.send("error", kinds...)
	h.pass()
	wantShown(t, w.only("bus-errors"), red, "7 failures of 7 kinds", "OrderA", "OrderG")
	h.pass()
	w.take("error")
	h.pass()
	wantShown(t, w.only("bus-errors"), green, "Resolved")
}

func TestAMilestoneIsSaidOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop)
	gold := event{"e-1", "Shop.Loyalty.CustomerLevelReached", `{"CustomerId":"c-771","CustomerName":"Ann <!channel>","Level":"Gold"}`}
	for _, delivery := range []string{"1", "2", "3"} {
		if got := h.deliver(gold, delivery); got != (reply{http.StatusOK, "{}"}) {
			t.Fatalf("answered %d %s", got.status, got.body)
		}
	}
	for _, silent := range []event{
		{"e-2", "Shop.Loyalty.CustomerLevelReached", `{"CustomerName":"Ben","Level":"Silver"}`},
		{"e-3", "Shop.Loyalty.CustomerLeft", `{"CustomerName":"Ben","Level":"Gold"}`},
		{"e-4", "Shop.Loyalty.CustomerLevelReached", `{"CustomerName":"Ben","Lev`},
		{"e-5", "Shop.Loyalty.CustomerLevelReached", `[]`},
	} {
		if got := h.deliver(silent, "1"); got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", silent.id, got.status, got.body)
		}
	}
	said := w.only("milestones")
	wantShown(t, said, blue, "Ann", "reached Gold", "level reached", "e2e")
	if strings.Contains(said.Text, "<!channel>") {
		t.Errorf("an event calls the whole channel: %s", said.Text)
	}
	if n := len(w.roots("bus-errors")); n != 0 {
		t.Errorf("%d messages in the other channel", n)
	}
	again := gold
	again.id = "e-6"
	h.deliver(again, "1")
	if n := len(w.roots("milestones")); n != 2 {
		t.Errorf("%d messages for two events", n)
	}
}
