package setting

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Slack says where in Slack to speak, and whom to mention there.
type Slack struct {
	Channel string // "#bus-errors", or a channel's id
	Mention string // "<!subteam^S0123>", "<@U0123>", "<!here>"; "" for nobody
}

var (
	channelName = regexp.MustCompile(`^#[^\sA-Z#@,.!"'<>&/\\]+$`)
	channelID   = regexp.MustCompile(`^[CG][A-Z0-9]{4,}$`)
	mention     = regexp.MustCompile(`^(<!(here|channel|everyone)>|<!subteam\^S[A-Z0-9]{2,}>|<@[UW][A-Z0-9]{2,}>)$`)
	bareMention = regexp.MustCompile(`^@?(here|channel|everyone|[USW][A-Z0-9]{3,})$`)
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
	for m := range strings.FieldsSeq(s.Mention) {
		if !mention.MatchString(m) {
			problems = append(problems, Problem{Path: "mention", Offset: strings.Index(s.Mention, m), What: quoted(m) + " is not a mention", Cure: mentionCure(m)})
		}
	}
	return problems
}

func mentionCure(m string) string {
	found := bareMention.FindStringSubmatch(m)
	switch {
	case found == nil:
		return `write a group as "<!subteam^S0123>", a person as "<@U0123>", or "<!here>"`
	case found[1][0] == 'S':
		return `write "<!subteam^` + found[1] + `>"`
	case found[1][0] == 'U', found[1][0] == 'W':
		return `write "<@` + found[1] + `>"`
	}
	return `write "<!` + found[1] + `>"`
}
