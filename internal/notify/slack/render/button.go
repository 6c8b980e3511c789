package render

import (
	"regexp"

	"github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/notify"
)

func buttons(origin notify.Origin, actions []notify.Action) []slack.Block {
	var elements []slack.BlockElement
	for _, a := range actions[:min(len(actions), MaxButtons)] {
		label := slack.NewTextBlockObject(slack.PlainTextType, cutTo(a.Label, 75), true, false)
		elements = append(elements, slack.NewButtonBlockElement(cutTo(a.ID, 255), cutTo(ButtonValue(origin, a.Value), MaxValue), label))
	}
	if elements == nil {
		return nil
	}
	return []slack.Block{slack.NewActionBlock("", elements...)}
}

// ButtonValue is the value of a button: the origin of its notice, and the value of the
// action.
func ButtonValue(of notify.Origin, value string) string {
	return of.Ledger + "|" + of.Environment + "|" + value
}

var valuePattern = regexp.MustCompile(`(?s)^([^|]{1,60})\|([A-Za-z0-9._-]{0,40})\|(.+)$`)

// ReadValue is the opposite of ButtonValue. A value that it cannot read has no
// origin, so that no Busbell acts on it.
func ReadValue(s string) (of notify.Origin, value string) {
	found := valuePattern.FindStringSubmatch(s)
	if found == nil {
		return notify.Origin{}, s
	}
	return notify.Origin{Ledger: found[1], Environment: found[2]}, found[3]
}
