package demo

import (
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/demo/shop"
	"github.com/busbell/busbell/internal/emulator/opsgenie"
	"github.com/busbell/busbell/internal/emulator/slack"
)

// The status icons at the beginning of an incident's message.
const (
	openSign     = ":red_circle:"
	resolvedSign = ":white_check_mark:"
)

// seen says which steps of an incident, and whether a milestone, reached the emulators.
type seen struct{ incident, page, resolution, milestone bool }

// judge looks for an incident that was posted, paged and resolved, with its alert
// closed, and for a milestone. Of several incidents the one with most steps counts.
func judge(chat slack.Snapshot, pager opsgenie.Snapshot) seen {
	lives := make([]seen, 0, len(shop.Problems()))
	for _, p := range shop.Problems() {
		lives = append(lives, seen{
			incident:   told(chat, p),
			page:       paged(pager, p),
			resolution: resolved(chat, p) && closed(pager, p),
		})
	}
	best := slices.MaxFunc(lives, func(a, b seen) int { return len(b.missing()) - len(a.missing()) })
	best.milestone = milestone(chat)
	return best
}

// missing names what was not seen.
func (s seen) missing() []string {
	var list []string
	for _, step := range s.steps() {
		if !step.seen {
			list = append(list, step.name)
		}
	}
	return list
}

type step struct {
	name string
	seen bool
}

func (s seen) steps() []step {
	return []step{
		{"an incident", s.incident}, {"its page", s.page}, {"its resolution", s.resolution}, {"a milestone", s.milestone},
	}
}

// told reports whether Slack has, or had, a message about a problem.
func told(chat slack.Snapshot, p shop.Problem) bool {
	return slices.ContainsFunc(roots(chat), func(m slack.Message) bool {
		return about(first(m), p) && strings.HasPrefix(first(m), openSign)
	})
}

// resolved reports whether such a message now says that the problem is over.
func resolved(chat slack.Snapshot, p shop.Problem) bool {
	return slices.ContainsFunc(roots(chat), func(m slack.Message) bool {
		return about(m.Text, p) && strings.HasPrefix(first(m), openSign) && strings.HasPrefix(m.Text, resolvedSign)
	})
}

func paged(pager opsgenie.Snapshot, p shop.Problem) bool {
	return slices.ContainsFunc(pager.Alerts, func(a opsgenie.Alert) bool { return about(a.Message, p) })
}

func closed(pager opsgenie.Snapshot, p shop.Problem) bool {
	return slices.ContainsFunc(pager.Alerts, func(a opsgenie.Alert) bool { return about(a.Message, p) && !a.Open() })
}

// milestone reports whether a customer's new level was posted.
func milestone(chat slack.Snapshot) bool {
	return slices.ContainsFunc(roots(chat), func(m slack.Message) bool {
		return strings.Contains(m.Text, "Ada L.") || strings.Contains(m.Text, "Alan T.")
	})
}

func about(text string, p shop.Problem) bool {
	return strings.Contains(text, p.MessageName()) && strings.Contains(text, p.Queue)
}

// first is what a message said before it was edited.
func first(m slack.Message) string {
	if len(m.Edits) > 0 {
		return m.Edits[0].Text
	}
	return m.Text
}

func roots(chat slack.Snapshot) []slack.Message {
	var list []slack.Message
	for _, c := range chat.Channels {
		list = append(list, c.Roots()...)
	}
	return list
}
