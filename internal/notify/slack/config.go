package slack

import (
	"cmp"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/setting"
)

// Config is the token of the bot and the address of Slack.
type Config struct {
	Token setting.Secret // of the bot: xoxb-…

	// BaseURL of the Web API; "" is Slack's own. It may omit the scheme, /api/ and the
	// trailing slash.
	BaseURL string

	Timeout time.Duration // of one call; 0 means 10 s
}

// Validate reports problems by the names of the settings, without any value.
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

// baseURL is the configured URL in the form that the SDK needs.
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
