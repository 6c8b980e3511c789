package opsgenie

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/setting"
)

// Config says with which key to page, and where.
type Config struct {
	Key setting.Secret // of an API integration

	// BaseURL of the API; "" is OpsGenie's. The scheme may be left out, and a
	// trailing /v2 may stand there. Jira Service Management's is
	// api.atlassian.com/jsm/ops/integration.
	BaseURL string

	Timeout time.Duration // of one call; 0 means 10 s
}

// Validate names what is wrong, by the names of the settings, and never
// prints a value. A missing key is a problem: without one there is no paging.
func (c Config) Validate() []setting.Problem {
	var problems []setting.Problem
	const cure = "set OPSGENIE_API_KEY to the key of an API integration"
	switch {
	case c.Key == "":
		problems = append(problems, setting.Problem{Path: "OPSGENIE_API_KEY", What: "missing", Cure: cure})
	case strings.ContainsFunc(string(c.Key), func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		problems = append(problems, setting.Problem{
			Path: "OPSGENIE_API_KEY", What: "holds a space, a line break or another character that no key has", Cure: cure,
		})
	}
	if _, err := baseURL(c.BaseURL); err != nil {
		problems = append(problems, setting.Problem{
			Path: "OPSGENIE_API_URL", What: err.Error(),
			Cure: "set it to api.opsgenie.com, api.eu.opsgenie.com or api.atlassian.com/jsm/ops/integration",
		})
	}
	return problems
}

const defaultURL = "https://api.opsgenie.com"

// baseURL is what an operator wrote, without what the SDK adds itself.
func baseURL(raw string) (*url.URL, error) {
	u, err := setting.BaseURL(cmp.Or(strings.TrimSpace(raw), defaultURL))
	if err != nil {
		return nil, err
	}
	u.Path = strings.TrimRight(strings.TrimSuffix(u.Path, "/v2"), "/")
	return u, nil
}
