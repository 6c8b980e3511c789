package e2e

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/emulator/opsgenie"
	"github.com/busbell/busbell/internal/emulator/slack"
)

// The colours of the bar, by what they mean.
const (
	red   = "#D00000"
	green = "#2EB67D"
	blue  = "#1264A3"
	black = "#454545"
)

// roots are the messages of a channel, without threads.
func (w *world) roots(channel string) []slack.Message {
	return w.slack.Snapshot().Channel(channel).Roots()
}

// only is the one message of a channel.
func (w *world) only(channel string) slack.Message {
	w.t.Helper()
	roots := w.roots(channel)
	if len(roots) != 1 {
		w.t.Fatalf("%d messages in %s, want 1:\n%s", len(roots), channel, strings.Join(headlines(roots), "\n"))
	}
	return roots[0]
}

// about is the one message of a channel whose text holds all words.
func (w *world) about(channel string, words ...string) slack.Message {
	w.t.Helper()
	var found []slack.Message
	for _, m := range w.roots(channel) {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(m.Text, word) }) {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d messages about %q, want 1:\n%s", len(found), words, strings.Join(headlines(w.roots(channel)), "\n"))
	}
	return found[0]
}

// thread is what was said below a message, but for the details that stand
// there from the beginning.
func (w *world) thread(channel string, m slack.Message) []string {
	said := headlines(w.slack.Snapshot().Channel(channel).Replies(m.TS))
	return slices.DeleteFunc(said, func(s string) bool { return strings.HasPrefix(s, wholeTrace) })
}

// wholeTrace begins the line that has the whole trace below it.
const wholeTrace = "The whole trace"

func headlines(messages []slack.Message) []string {
	var texts []string
	for _, m := range messages {
		texts = append(texts, m.Text)
	}
	return texts
}

// alert is the only alert that there ever was.
func (w *world) alert() opsgenie.Alert {
	w.t.Helper()
	alerts := w.pager.Snapshot().Alerts
	if len(alerts) != 1 {
		w.t.Fatalf("%d alerts, want 1: %+v", len(alerts), alerts)
	}
	return alerts[0]
}

// colour is that of a message's bar.
func colour(t *testing.T, m slack.Message) string {
	t.Helper()
	var bars []struct{ Color string }
	if err := json.Unmarshal(m.Attachments, &bars); err != nil || len(bars) != 1 {
		t.Fatalf("attachments of %q: %v %s", m.Text, err, m.Attachments)
	}
	return "#" + strings.TrimPrefix(bars[0].Color, "#")
}

// shown is all that a message says: its text and that of its blocks.
func shown(t *testing.T, m slack.Message) string {
	return said(t, m, func(string) bool { return true })
}

// markup is what Slack parses of a message.
func markup(t *testing.T, m slack.Message) string {
	return said(t, m, func(kind string) bool { return kind == "mrkdwn" })
}

func said(t *testing.T, m slack.Message, wanted func(kind string) bool) string {
	t.Helper()
	parts := []string{m.Text}
	for _, raw := range []json.RawMessage{m.Blocks, m.Attachments} {
		if len(raw) == 0 {
			continue
		}
		var tree any
		if err := json.Unmarshal(raw, &tree); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, texts(tree, wanted)...)
	}
	return strings.Join(parts, "\n")
}

// texts are the texts in a tree of blocks, of the kinds that are wanted.
func texts(tree any, wanted func(kind string) bool) []string {
	var found []string
	switch v := tree.(type) {
	case []any:
		for _, item := range v {
			found = append(found, texts(item, wanted)...)
		}
	case map[string]any:
		kind, _ := v["type"].(string)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			s, ok := v[key].(string)
			switch {
			case !ok:
				found = append(found, texts(v[key], wanted)...)
			case key == "text" && wanted(kind):
				found = append(found, s)
			}
		}
	}
	return found
}

// wantShown checks that a message has a colour and says all of the parts.
func wantShown(t *testing.T, m slack.Message, want string, parts ...string) {
	t.Helper()
	if got := colour(t, m); got != want {
		t.Errorf("%q is %s, want %s", m.Text, got, want)
	}
	text := shown(t, m)
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("does not say %q:\n%s", part, text)
		}
	}
}
