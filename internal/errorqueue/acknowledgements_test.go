package errorqueue_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/triage"
)

func TestAnAcknowledgementInThePagerLeavesTheDigestWhole(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: "true", Priority: "P2"})
	for i := range 7 {
		d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
	}
	wantHeard(t, d.pass(t), "post: 7 failures of 7 kinds")
	alias := d.pager.said[0].Alias
	d.Acknowledged = func(_ context.Context, asked string) (string, bool, error) { return "ann", asked == alias, nil }
	wantHeard(t, d.pass(t), "reply: Acknowledged by ann in the pager.", "update: 7 failures of 7 kinds")
}

// Whoever has acknowledged an alert is heard once: it does not count for the
// incident when a snooze is over, or in another alert.
func TestAnAcknowledgementInThePagerIsTakenOverOnce(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: "true", Priority: "P2"})
	d.Acknowledged = func(context.Context, string) (string, bool, error) { return "ann", true, nil }
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.pass(t)
	d.pass(t)
	do(t, d, lifecycle.Action{By: "U0123", Until: d.now.Add(time.Hour)})
	d.chat.heard()
	d.wait(time.Hour)
	d.pass(t)
	wantHeard(t, d.pass(t))
	for _, k := range d.failures(t) {
		if k.State != incident.Open {
			t.Errorf("it is %s", k.State)
		}
	}
}
