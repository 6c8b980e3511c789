package setting

import (
	"fmt"
	"regexp"
	"strings"
)

// maxMentions limits a mention, so that it fits into one message beside the
// headline, also when the message is edited.
const maxMentions = 20

var (
	mention     = regexp.MustCompile(`^(<!(here|channel|everyone)>|<!subteam\^S[A-Z0-9]{2,30}>|<@[UW][A-Z0-9]{2,30}>)$`)
	bareMention = regexp.MustCompile(`^@?(here|channel|everyone|[USW][A-Z0-9]{3,30})$`)
	notParted   = regexp.MustCompile(`^<[^<>]+>[,;<]`)
)

// ParseMentions returns the people and groups that a text mentions, each in
// Slack's own form: <!subteam^S…>, <@U…>, <!here>, <!channel>, <!everyone>.
// They are separated by white space. If any of them is wrong, it returns none.
func ParseMentions(s string) ([]string, []Problem) {
	all := strings.Fields(s)
	var problems []Problem
	at := 0
	for _, m := range all {
		at += strings.Index(s[at:], m)
		if !mention.MatchString(m) {
			problems = append(problems, Problem{Path: "mention", Offset: at, What: quoted(m) + " is not a mention", Cure: mentionCure(m)})
		}
		at += len(m)
	}
	if len(all) > maxMentions {
		problems = append(problems, Problem{
			Path: "mention", What: fmt.Sprintf("%d mentions, more than %d", len(all), maxMentions), Cure: `mention a group: "<!subteam^S0123>"`,
		})
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return all, nil
}

func mentionCure(m string) string {
	found := bareMention.FindStringSubmatch(m)
	switch {
	case notParted.MatchString(m):
		return `put a space between mentions, and nothing else: "<!here> <@U0123>"`
	case found == nil:
		return `write a group as "<!subteam^S0123>", a person as "<@U0123>", or "<!here>"`
	case found[1][0] == 'S':
		return `write "<!subteam^` + found[1] + `>"`
	case found[1][0] == 'U', found[1][0] == 'W':
		return `write "<@` + found[1] + `>"`
	}
	return `write "<!` + found[1] + `>"`
}
