package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/emulator/slack"
)

// neighbours are two handlers, each with a ledger of its own, that watch one
// queue and share a Slack app, a channel and a pager. Clicks go to the first.
func neighbours(t *testing.T, environment string) (w *world, ours, theirs *handler) {
	w = newWorld(t)
	w.leaks = append(w.leaks, clickSecret)
	ours = w.start(strings.Replace(shop, "environment: e2e", "environment: production", 1), "SLACK_SIGNING_SECRET="+clickSecret)
	theirs = w.start(strings.Replace(shop, "environment: e2e", "environment: "+environment, 1), "SLACK_SIGNING_SECRET="+clickSecret)
	w.slack.SendClicks(ours.url+"/api/slack/actions", clickSecret)
	return w, ours, theirs
}

// bothNames are what the second of them calls its environment.
var bothNames = map[string]string{"two environments": "staging", "two ledgers of one name": "production"}

func TestAClickOnAnothersMessageIsAnsweredAndNeverDone(t *testing.T) {
	t.Parallel()
	for name, environment := range bothNames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ours, theirs := neighbours(t, environment)
			w.fail("error", refund, 2)
			ours.pass()
			theirs.pass()
			pages := w.roots("bus-errors")
			if len(pages) != 2 {
				t.Fatalf("%d messages, want one of each: %q", len(pages), headlines(pages))
			}
			for _, action := range []string{"acknowledge", "snooze/4h"} {
				if result, err := w.press(pages[1], action); err != nil || result.Status != http.StatusOK {
					t.Fatalf("%s: %+v, %v", action, result, err)
				}
				answer := w.answer("U0ANN")
				for _, part := range []string{"Nothing was done", environment, "production"} {
					if !strings.Contains(answer, part) {
						t.Errorf("%s: the answer does not say %q: %s", action, part, answer)
					}
				}
			}
			ours.pass()
			theirs.pass()
			for i, page := range w.roots("bus-errors") {
				wantShown(t, page, red, "2 failed")
				if said := w.thread("bus-errors", page); page.EditCount != 0 || len(said) != 0 {
					t.Errorf("message %d: edited %d times, said %q", i, page.EditCount, said)
				}
			}
			if _, err := w.press(pages[0], "acknowledge"); err != nil {
				t.Fatal(err)
			}
			w.until(pages[0], "Acknowledged by <@U0ANN>.")
			ours.pass()
			theirs.pass()
			pages = w.roots("bus-errors")
			wantShown(t, pages[0], amber, "Acknowledged")
			wantShown(t, pages[1], red, "2 failed")
			if !strings.Contains(w.log.String(), "click was refused") {
				t.Errorf("not logged:\n%s", w.log)
			}
		})
	}
}

// answer waits for what only the one who clicked sees, and takes it away.
func (w *world) answer(user string) string {
	w.t.Helper()
	for s := range w.slack.Watch(bounded(w.t)) {
		messages := s.Channel("bus-errors").Messages
		if i := slices.IndexFunc(messages, func(m slack.Message) bool { return m.Ephemeral == user && m.Rev > w.answered }); i >= 0 {
			w.answered = messages[i].Rev
			return messages[i].Text
		}
	}
	w.t.Fatalf("nobody answered %s\n%s", user, w.log)
	return ""
}

func TestAlertsOfTwoLedgersAreTwo(t *testing.T) {
	t.Parallel()
	for name, environment := range bothNames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ours, theirs := neighbours(t, environment)
			w.fail("error", refund, 2)
			ours.pass()
			theirs.pass()
			alerts := wantAlerts(t, w, 2)
			if t.Failed() {
				return
			}
			if err := w.pager.Do(alerts[0].ID, "acknowledge", "ann"); err != nil {
				t.Fatal(err)
			}
			theirs.pass()
			ours.pass()
			pages := w.roots("bus-errors")
			wantShown(t, pages[0], amber, "ann in the pager")
			wantShown(t, pages[1], red, "2 failed")
			w.take("error")
			ours.pass()
			if open := w.pager.Snapshot().Open(); len(open) != 1 || open[0].ID != alerts[1].ID {
				t.Errorf("open: %+v, want only %s", open, alerts[1].ID)
			}
			theirs.pass()
			if open := w.pager.Snapshot().Open(); len(open) != 0 {
				t.Errorf("open: %+v", open)
			}
		})
	}
}
