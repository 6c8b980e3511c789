package opsgenie

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/setting"
)

// Config is the key to page with, and the address of the service.
type Config struct {
	Key setting.Secret // of an API integration

	// BaseURL of the API; "" is OpsGenie's. It may omit the scheme and end in /v2.
	// Jira Service Management's is api.atlassian.com/jsm/ops/integration.
	BaseURL string

	Timeout time.Duration // of one call; 0 means 10 s
}

// Validate reports problems by the names of the settings, without any value. A
// missing key is a problem, because without it nobody is paged.
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

// End is when OpsGenie ends.
const End = "OpsGenie ends on 5 April 2027, for migrated accounts earlier"

// Ends is what to do because the configured service is OpsGenie, which ends; ""
// for every other one, and where nobody is paged.
func (c Config) Ends() string {
	u, err := baseURL(c.BaseURL)
	if c.Key == "" || err != nil || u.Hostname() != "opsgenie.com" && !strings.HasSuffix(u.Hostname(), ".opsgenie.com") {
		return ""
	}
	return moveTo
}

const defaultURL = "https://api.opsgenie.com"

// baseURL is the configured URL without the parts that the SDK adds.
func baseURL(raw string) (*url.URL, error) {
	u, err := setting.BaseURL(cmp.Or(strings.TrimSpace(raw), defaultURL))
	if err != nil {
		return nil, err
	}
	u.Path = strings.TrimRight(strings.TrimSuffix(u.Path, "/v2"), "/")
	return u, nil
}
