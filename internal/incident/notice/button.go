package notice

import (
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/reason"
	"github.com/busbell/busbell/internal/notify"
)

// The ids of the buttons of a page.
const (
	Acknowledge = "acknowledge"
	Snooze      = "snooze"
)

// buttons are those of a page. Their value is the subject.
func buttons(subject string, s incident.State) []notify.Action {
	switch s {
	case incident.Open:
		return []notify.Action{
			{ID: Acknowledge, Label: "Acknowledge", Value: subject},
			{ID: Snooze + "/1h", Label: "Snooze 1 h", Value: subject},
			{ID: Snooze + "/4h", Label: "Snooze 4 h", Value: subject},
			{ID: Snooze + "/tomorrow", Label: "Snooze until tomorrow", Value: subject},
		}
	case incident.Acknowledged:
		return []notify.Action{{ID: Snooze + "/tomorrow", Label: "Snooze until tomorrow", Value: subject}}
	case incident.Snoozed:
		return []notify.Action{{ID: Acknowledge, Label: "Acknowledge", Value: subject}}
	}
	return nil
}

// ActionLine is the thread line about what a person did, and the action in a
// word. Without until it is an acknowledgement.
func ActionLine(until time.Time, by string) (what reason.Reason, line notify.Text) {
	if until.IsZero() {
		return "acknowledged", notify.Text{notify.Ours("Acknowledged by "), person(by), notify.Ours(".")}
	}
	return "snoozed", notify.Text{notify.Ours("Snoozed until "), notify.At(until.Unix()), notify.Ours(" by "), person(by), notify.Ours(".")}
}
