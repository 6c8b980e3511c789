package outbox_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	emulator "github.com/busbell/busbell/internal/emulator/slack"
	"github.com/busbell/busbell/internal/notify"
)

// A tally is what became of the notices of one kind.
type tally struct{ sent, lost, twice, astray int }

// judge compares what Slack holds with what was to be said, and prints the
// table of outcomes.
func (w *crashWorld) judge(t *testing.T) {
	t.Helper()
	said := w.said()
	table := map[string]*tally{"pages": {}, "remarks": {}, "files": {}, "edits": {}}
	for _, n := range w.notices {
		switch {
		case n.Act == notify.Post:
			table["pages"].count(said[n.Key], "")
			table["edits"].face(t, said[n.Key])
		case n.File != nil:
			table["files"].count(said[n.Key], root(said, n.Page))
		case n.Act == notify.Reply:
			table["remarks"].count(said[n.Key], root(said, n.Page))
		}
	}
	t.Logf("%d notices in %d channels, %d senders, %s", len(w.notices), crashPlaces, crashSenders, w.took.Round(1e8))
	for _, kind := range slices.Sorted(maps.Keys(table)) {
		c := table[kind]
		t.Logf("  %-8s %5d as wanted  %d lost  %d twice  %d astray", kind, c.sent, c.lost, c.twice, c.astray)
		if c.lost+c.twice+c.astray > 0 {
			t.Errorf("%s: %d lost, %d said twice, %d astray", kind, c.lost, c.twice, c.astray)
		}
	}
	t.Logf("  killed: %s", list(w.kills))
	t.Logf("  faults: %s", list(w.chaos.met))
}

// said are the messages by the keys of their notices, deleted ones too: what
// was posted twice and taken back was posted twice.
func (w *crashWorld) said() map[string][]emulator.Message {
	found := map[string][]emulator.Message{}
	for _, c := range w.slack.Snapshot().Channels {
		for _, m := range c.Messages {
			key := ""
			var meta struct {
				Payload struct{ Key string } `json:"event_payload"`
			}
			if json.Unmarshal(m.Metadata, &meta) == nil {
				key = meta.Payload.Key
			}
			for _, f := range m.Files {
				content, _ := w.slack.File(f.ID)
				key, _, _ = strings.Cut(string(content), "\n")
			}
			found[key] = append(found[key], m)
		}
	}
	return found
}

func root(said map[string][]emulator.Message, page string) string {
	if len(said[page]) == 0 {
		return "none"
	}
	return said[page][0].TS
}

func (c *tally) count(messages []emulator.Message, thread string) {
	switch {
	case len(messages) == 0:
		c.lost++
	case len(messages) > 1:
		c.twice++
	case messages[0].ThreadTS != thread:
		c.astray++
	default:
		c.sent++
	}
}

// face checks that a page shows its newest version and never went back to an
// older one.
func (c *tally) face(t *testing.T, messages []emulator.Message) {
	if len(messages) == 0 {
		return
	}
	m := messages[0]
	var versions []string
	for _, e := range m.Edits {
		versions = append(versions, version(e.Text))
	}
	versions = append(versions, version(m.Text))
	switch {
	case versions[len(versions)-1] != "v3":
		c.lost++
	case !slices.IsSorted(versions):
		c.astray++
		t.Logf("a page showed %v", versions)
	default:
		c.sent++
	}
}

func version(text string) string { return text[strings.LastIndexByte(text, ' ')+1:] }

func list(counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return strings.Join(parts, ", ")
}
