package slack

import (
	"errors"
	"net/netip"
	"net/url"
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

// baseURL completes what an operator wrote. Its errors hold nothing of it.
func baseURL(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return defaultURL, nil
	}
	given := strings.Contains(raw, "://")
	if !given {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return "", errors.New("not a URL")
	}
	local := loopback(u.Hostname())
	if !given && local {
		u.Scheme = "http"
	}
	switch {
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("must hold no user, query or fragment")
	case u.Scheme == "http" && !local:
		return "", errors.New("http is for this machine only: the token would travel in the clear")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("must be an https URL")
	}
	path := strings.TrimRight(u.Path, "/")
	if !strings.HasSuffix(path, "/api") {
		path += "/api"
	}
	return u.Scheme + "://" + u.Host + path + "/", nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
