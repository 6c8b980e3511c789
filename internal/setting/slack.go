package setting

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Slack is a channel in Slack, and whom to mention there.
type Slack struct {
	Channel string `yaml:"channel"` // "#bus-errors", or the id of a channel
	Mention string `yaml:"mention"` // as [ParseMentions] reads it: "<!subteam^S0123> <@U0123>"; "" for nobody
}

var (
	channelName = regexp.MustCompile(`^#[^\sA-Z#@,.!"'<>&/\\]+$`)
	channelID   = regexp.MustCompile(`^[CG][A-Z0-9]{4,}$`)
)

const longestChannel = 80

// isName reports whether a text is the name of a channel, with its #.
func isName(s string) bool {
	return channelName.MatchString(s) && utf8.RuneCountInString(s) <= 1+longestChannel
}

// Validate reports the problems of s. An empty channel is not one: the caller
// knows whether there is a default.
func (s Slack) Validate() []Problem {
	var problems []Problem
	if c := s.Channel; c != "" && !isName(c) && !channelID.MatchString(c) {
		p := Problem{Path: "channel", What: quoted(c) + " is not a Slack channel", Cure: `write its name like "#bus-errors", or its id`}
		if name := "#" + strings.ToLower(strings.TrimLeft(c, "#@")); isName(name) {
			p.Cure = "write " + quoted(name) + ", in quotes"
		}
		problems = append(problems, p)
	}
	_, wrong := ParseMentions(s.Mention)
	return append(problems, wrong...)
}
