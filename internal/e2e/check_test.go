package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/check"
	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/servicebus"
)

// check asks the route and reads its lines.
func (h *handler) check() (int, map[string]check.Fact) {
	h.t.Helper()
	got := h.call(http.MethodPost, "/api/check", nil)
	facts := map[string]check.Fact{}
	for line := range strings.Lines(got.body) {
		var keys map[string]any
		var f check.Fact
		if err := json.Unmarshal([]byte(line), &keys); err != nil {
			h.t.Fatalf("%v: %s", err, line)
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil || len(keys) != 4 {
			h.t.Fatalf("%v: %s", err, line)
		}
		facts[f.Name] = f
	}
	for _, leak := range []string{slackToken, opsgenieKey, "SAS_KEY_VALUE"} {
		if strings.Contains(got.body, leak) {
			h.t.Errorf("the answer holds %q", leak)
		}
	}
	return got.status, facts
}

func TestTheCheckRouteSaysThatAllIsWell(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop)
	w.fail("error", refund, 2)
	w.fail("shop.billing", order, 1)
	w.deadLetter("shop.billing", "CardExpired")
	status, facts := h.check()
	if status != http.StatusOK {
		t.Errorf("answered %d: %v", status, facts)
	}
	for name, detail := range map[string]string{
		"config": "2 sources", "connection": "answers", "source error": "2 failed messages of 1 kind", "source billing": "1 failed message of 1 kind",
		"ledger": "memory", "slack": "busbell", "slack scopes": "all", "slack channel #bus-errors": "in it", "slack channel #milestones": "in it",
		"opsgenie": "taken", "clock": "right", "unwatched": "nothing", "rules": "each matches",
	} {
		if f := facts[name]; !f.OK || !strings.Contains(f.Detail, detail) {
			t.Errorf("%s: %+v, want %q", name, f, detail)
		}
	}
	if calls := w.slack.Snapshot().Calls; calls["chat.postMessage"] > 0 || len(w.pager.Snapshot().Alerts) > 0 {
		t.Errorf("a check spoke: %v", calls)
	}
	if counts, err := w.bus.Counts("error"); err != nil || counts.Active != 2 {
		t.Errorf("a check changed the queue: %+v, %v", counts, err)
	}
}

func TestTheCheckRouteSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(strings.Replace(shop, "priority: P1", "priority: high", 1)+"    slck: {channel: x}\n", "PING_URL=http://ping.example")
	w.bus.Fail(control.Fault{Kind: control.Refuse, Entity: "error", Error: servicebus.Unauthorized})
	status, facts := h.check()
	if status != http.StatusServiceUnavailable {
		t.Errorf("answered %d", status)
	}
	for name, cure := range map[string]string{
		"config": "slack", "setting PING_URL": "https", "source error": "Listen right",
	} {
		if f := facts[name]; f.OK || !strings.Contains(f.Cure, cure) {
			t.Errorf("%s: %+v, want the cure %q", name, f, cure)
		}
	}
	for _, name := range []string{"connection", "source billing", "slack channel #bus-errors", "opsgenie"} {
		if !facts[name].OK {
			t.Errorf("%s: %+v", name, facts[name])
		}
	}
}
