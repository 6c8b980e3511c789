package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/emulator/control"
)

// life is what an incident goes through: it opens, grows and ends. Between
// two steps there is a pass, and two minutes.
func (d *driver) life() {
	d.t.Helper()
	step := func() {
		d.t.Helper()
		d.pass()
		d.clock.forward(2 * time.Minute)
	}
	d.fail(1)
	step()
	step()
	d.fail(1)
	step()
	step()
	d.queue.clear()
	for range 4 {
		step()
	}
}

// wantWhole checks that all of a life was told, and nothing twice.
func (d *driver) wantWhole() {
	d.t.Helper()
	m := d.only("bus-errors")
	wantShown(d.t, m, green, "Resolved: 2 failed *OrderPlaced*")
	said := headlines(d.slack.Snapshot().Channel("bus-errors").Replies(m.TS))
	for i, s := range said {
		said[i], _, _ = strings.Cut(s, " ")
	}
	slices.Sort(said)
	if diff := cmp.Diff([]string{"Growing:", "Resolved", "The"}, said); diff != "" {
		d.t.Errorf("thread: %s", diff)
	}
	if a := d.alert(); a.Open() || a.Priority != "P2" {
		d.t.Errorf("alert: %+v", a)
	}
	calls := d.slack.Snapshot().Calls
	d.pass()
	if diff := cmp.Diff(calls, d.slack.Snapshot().Calls); diff != "" {
		d.t.Errorf("something is still to be told: %s\n%s", diff, d.log)
	}
}

func TestNoFaultOfAChannelLosesOrRepeatsAnything(t *testing.T) {
	t.Parallel()
	kinds := []control.Fault{
		{Kind: control.RateLimit, RetryAfter: 90 * time.Second},
		{Kind: control.RateLimit},
		{Kind: control.ServerError},
		{Kind: control.ServerErrorAfterAccept},
		{Kind: control.HTML},
		{Kind: control.HTMLAfterAccept},
		{Kind: control.Drop},
		{Kind: control.DropAfterAccept},
		{Kind: control.DelayAfterAccept, Delay: time.Minute},
		{Kind: control.Refuse, Error: "internal_error", Status: 503},
		{Kind: control.Refuse, Error: "ratelimited", Status: 429},
		{Kind: control.Refuse, Error: "invalid_auth", Status: 401},
	}
	for _, call := range []control.Fault{
		{Method: "users.conversations"},
		{Method: "conversations.list"},        // of a bot that may not list its own
		{Method: "chat.postMessage"},          // the announcement
		{Method: "chat.postMessage", Skip: 1}, // the first remark
		{Method: "chat.update"},
		{Method: "conversations.history"}, // together with a post of unknown outcome
		{Method: "alerts.create"},
		{Method: "alerts.close"},
	} {
		for _, fault := range kinds {
			fault.Method, fault.Skip, fault.Times = call.Method, call.Skip, 1
			name := strings.Join([]string{call.Method, "then"}[:1+call.Skip], " ") + " " + string(fault.Kind) + " " + fault.Error
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				d := newDriver(t)
				if fault.Kind == control.DelayAfterAccept {
					d.timeout = 500 * time.Millisecond
					d.nextInstance()
				}
				if call.Method == "conversations.list" {
					d.slack.Fail(control.Fault{Method: "users.conversations", Kind: control.Refuse, Error: "unknown_method"})
				}
				if call.Method == "conversations.history" {
					d.slack.Fail(control.Fault{Method: "chat.postMessage", Kind: control.DropAfterAccept, Times: 1})
				}
				d.slack.Fail(fault)
				d.pager.Fail(fault)
				d.life()
				d.wantWhole()
				left := slices.DeleteFunc(append(d.slack.Faults(), d.pager.Faults()...), func(f control.Fault) bool { return f.Method != fault.Method })
				if len(left) != 1 { // that of the other channel
					t.Errorf("the fault was not met: %+v", left)
				}
			})
		}
	}
}

func TestOneBrokenChannelDoesNotHoldUpTheOther(t *testing.T) {
	t.Parallel()
	for _, fault := range []control.Fault{
		{Kind: control.RateLimit, RetryAfter: time.Hour},
		{Kind: control.ServerError},
		{Kind: control.HTML},
		{Kind: control.Drop},
		{Kind: control.Refuse, Error: "invalid_auth", Status: 403},
	} {
		t.Run(string(fault.Kind), func(t *testing.T) {
			t.Parallel()
			d := newDriver(t)
			d.slack.Fail(fault)
			d.fail(1)
			d.pass()
			wantAlerts(t, d.world, 1)
			if n := len(d.roots("bus-errors")); n != 0 {
				t.Fatalf("%d messages while Slack refuses all", n)
			}
			d.slack.Heal()
			d.clock.forward(2 * time.Hour)
			d.pass()
			d.only("bus-errors")
			wantAlerts(t, d.world, 1)

			d = newDriver(t)
			d.pager.Fail(fault)
			d.fail(1)
			d.pass()
			d.only("bus-errors")
			wantAlerts(t, d.world, 0)
			d.pager.Heal()
			d.clock.forward(2 * time.Hour)
			d.pass()
			wantAlerts(t, d.world, 1)
			d.only("bus-errors")
		})
	}
}

func TestASlowChannelHoldsUpOnlyItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop)
	chat, page := w.recorder.hold("chat.postMessage"), w.recorder.hold("/v2/alerts")
	w.fail("error", refund, 1)
	ended := make(chan reply, 1)
	go func() {
		defer close(ended)
		ended <- h.tick()
	}()
	chat.until(t)
	page.until(t) // while the other one waits
	close(chat.open)
	close(page.open)
	if got := <-ended; got.status != http.StatusOK {
		t.Errorf("answered %d %s", got.status, got.body)
	}
	w.only("bus-errors")
	wantAlerts(t, w, 1)
}

func TestBothChannelsDownAndBack(t *testing.T) {
	t.Parallel()
	d := newDriver(t)
	d.down()
	d.fail(1)
	d.pass()
	d.clock.forward(2 * time.Minute)
	d.fail(1)
	d.pass()
	d.chatUp()
	d.clock.forward(2 * time.Minute)
	d.pass()
	wantShown(t, d.only("bus-errors"), red, "2 failed *OrderPlaced*")
	wantAlerts(t, d.world, 1)

	d.down()
	d.queue.clear()
	d.pass()
	d.chatUp()
	d.clock.forward(2 * time.Minute)
	d.pass()
	d.wantWhole()
}
