package setting

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Slack says where in Slack to speak, and whom to mention there.
type Slack struct {
	Channel string `yaml:"channel"` // "#bus-errors", or a channel's id
	Mention string `yaml:"mention"` // as [ParseMentions] reads it: "<!subteam^S0123> <@U0123>"; "" for nobody
}

var (
	channelName = regexp.MustCompile(`^#[^\sA-Z#@,.!"'<>&/\\]+$`)
	channelID   = regexp.MustCompile(`^[CG][A-Z0-9]{4,}$`)
)

const longestChannel = 80

// isName reports whether a text is the name of a channel, with its sign.
func isName(s string) bool {
	return channelName.MatchString(s) && utf8.RuneCountInString(s) <= 1+longestChannel
}

// Validate reports what is wrong with it. An empty channel is no problem
// here: whether there is a default is for the caller to know.
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
