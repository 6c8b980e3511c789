package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/emulator/slack"
)

// The colours of a page that somebody looks after.
const (
	amber = "#E8A33D"
	grey  = "#8D8D8D"
)

const clickSecret = "e2e-signing-secret"

// listening is a handler to which clicks are sent.
func (w *world) listening() *handler {
	w.t.Helper()
	h := w.start(shop, "SLACK_SIGNING_SECRET="+clickSecret)
	w.leaks = append(w.leaks, clickSecret)
	w.slack.SendClicks(h.url+"/api/slack/actions", clickSecret)
	return h
}

// press presses a button of a message of #bus-errors.
func (w *world) press(m slack.Message, action string) (slack.ClickResult, error) {
	return w.slack.Click(bounded(w.t), slack.Click{
		Channel: slack.ChannelID("bus-errors"), TS: m.TS, ActionID: action, User: "U0ANN",
	})
}

// click presses a button of a message and waits until that shows.
func (w *world) click(m slack.Message, action string) slack.Message {
	w.t.Helper()
	edits := m.EditCount
	result, err := w.press(m, action)
	if err != nil {
		w.t.Fatalf("%s: %v %+v\n%s", action, err, result, w.log)
	}
	for range w.slack.Watch(bounded(w.t)) {
		if now := w.only("bus-errors"); now.EditCount > edits {
			return now
		}
	}
	w.t.Fatalf("%s: the page shows nothing of it\n%s", action, w.log)
	return m
}

// until waits for a line in the thread of a message.
func (w *world) until(m slack.Message, line string) {
	w.t.Helper()
	for range w.slack.Watch(bounded(w.t)) {
		if slices.ContainsFunc(w.thread("bus-errors", m), func(s string) bool { return strings.Contains(s, line) }) {
			return
		}
	}
	w.t.Fatalf("nobody said %q:\n%s", line, strings.Join(w.thread("bus-errors", m), "\n"))
}

func TestAClickIsShownAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.listening()
	w.fail("error", order, 2)
	h.pass()
	page := w.click(w.only("bus-errors"), "acknowledge")
	wantShown(t, page, amber, "Acknowledged", "<@U0ANN>")
	w.until(page, "Acknowledged by <@U0ANN>.")
	page = w.click(page, "snooze/tomorrow")
	wantShown(t, page, grey, "Snoozed until", "08:00 UTC")
	w.until(page, "Snoozed until")
	said := w.thread("bus-errors", page)
	h.pass()
	if diff := cmp.Diff(said, w.thread("bus-errors", page)); diff != "" {
		t.Errorf("the next pass says it again: %s", diff)
	}
	w.take("error")
	h.pass()
	wantShown(t, w.only("bus-errors"), green, "Resolved: 2 failed")
}

func TestADoubleClickSaysItOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.listening()
	w.fail("error", order, 1)
	h.pass()
	page := w.only("bus-errors")
	edit := w.recorder.hold("chat.update") // it takes the button away, and both are to press it
	clicks := make(chan error, 2)
	for range cap(clicks) {
		go func() {
			_, err := w.press(page, "acknowledge")
			clicks <- err
		}()
	}
	for range cap(clicks) {
		if err := <-clicks; err != nil {
			t.Error(err)
		}
	}
	close(edit.open)
	w.until(page, "Acknowledged by")
	h.pass()
	if said := w.thread("bus-errors", page); len(said) != 1 {
		t.Errorf("thread: %q", said)
	}
}

func TestClicksAreNotTrusted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.listening()
	w.fail("error", order, 1)
	h.pass()
	page := w.only("bus-errors")
	w.slack.SendClicks(h.url+"/api/slack/actions", "another secret")
	result, err := w.press(page, "acknowledge")
	if err == nil || result.Status != http.StatusUnauthorized {
		t.Errorf("a forged click: %+v, %v", result, err)
	}
	if got := h.call(http.MethodPost, "/api/slack/actions", strings.NewReader("payload={}")); got.status != http.StatusUnauthorized {
		t.Errorf("unsigned: %+v", got)
	}
	if got := h.call(http.MethodGet, "/api/slack/actions", nil); got.status != http.StatusNotFound {
		t.Errorf("GET: %+v", got)
	}
	h.pass()
	wantShown(t, w.only("bus-errors"), red, "1 failed")
}

func TestWithoutASigningSecretThereAreNoButtons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop)
	w.fail("error", order, 1)
	h.pass()
	if page := w.only("bus-errors"); strings.Contains(string(page.Attachments), `"actions"`) {
		t.Errorf("buttons: %s", page.Attachments)
	}
	if got := h.call(http.MethodPost, "/api/slack/actions", strings.NewReader("payload={}")); got.status != http.StatusNotFound {
		t.Errorf("answered %+v, want 404", got)
	}
}

// A person waits, and Slack for three seconds: here it must be much less.
func TestClicksAreAnsweredBeforeTheyAreShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.listening()
	w.fail("error", order, 1)
	h.pass()
	page := w.only("bus-errors")
	edit := w.recorder.hold("chat.update")
	result, err := w.press(page, "acknowledge")
	if err != nil || result.Status != http.StatusOK {
		t.Fatalf("%+v, %v", result, err)
	}
	t.Logf("answered after %s", result.Latency.Round(time.Millisecond))
	edit.until(t)
	close(edit.open)
	w.until(page, "Acknowledged by")
}

func TestClicksFailWithAWrongConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start("environment: 7 [", "SLACK_SIGNING_SECRET="+clickSecret)
	wantError(t, h.call(http.MethodPost, "/api/slack/actions", strings.NewReader("payload={}")), "wrong configuration")
}

func TestWhatIsAcknowledgedInThePagerShowsInSlack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop)
	w.fail("error", refund, 1)
	h.pass()
	if err := w.pager.Do(w.alert().ID, "acknowledge", "ann@shop.example"); err != nil {
		t.Fatal(err)
	}
	w.leaks = append(w.leaks, "ann@shop.example")
	h.pass()
	m := w.only("bus-errors")
	wantShown(t, m, amber, "Acknowledged", "ann in the pager")
	w.until(m, "Acknowledged by ann in the pager.")
}
