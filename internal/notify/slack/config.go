package slack

import (
	"cmp"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/setting"
)

// Config says as whom to speak and where Slack is.
type Config struct {
	Token setting.Secret // of the bot: xoxb-…

	// BaseURL of Slack's Web API; "" is Slack's own. The scheme, /api/ and
	// the trailing slash may be left out.
	BaseURL string

	Timeout time.Duration // of one call; 0 means 10 s
}

// Validate names what is wrong, by the names of the settings, and never
// prints a value.
func (c Config) Validate() []setting.Problem {
	var problems []setting.Problem
	const cure = "set SLACK_BOT_TOKEN to the bot token (xoxb-…) of your Slack app"
	switch {
	case c.Token == "":
		problems = append(problems, setting.Problem{Path: "SLACK_BOT_TOKEN", What: "missing", Cure: cure})
	case strings.Contains(string(c.Token), "://"):
		problems = append(problems, setting.Problem{Path: "SLACK_BOT_TOKEN", What: "the address of a webhook, which can neither edit nor thread", Cure: cure})
	case strings.ContainsFunc(string(c.Token), func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		problems = append(problems, setting.Problem{
			Path: "SLACK_BOT_TOKEN", What: "holds a space, a line break or another character that no token has", Cure: cure,
		})
	}
	if _, err := baseURL(c.BaseURL); err != nil {
		problems = append(problems, setting.Problem{
			Path: "SLACK_API_URL", What: err.Error(),
			Cure: "leave it unset for Slack itself, or set it to a URL such as https://slack.com/api/",
		})
	}
	return problems
}

const defaultURL = "https://slack.com/api/"

// baseURL is what an operator wrote, as the SDK wants it.
func baseURL(raw string) (string, error) {
	u, err := setting.BaseURL(cmp.Or(strings.TrimSpace(raw), defaultURL))
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(u.Path, "/api") {
		u.Path += "/api"
	}
	return u.String() + "/", nil
}
