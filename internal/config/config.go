// Package config is what a person sets up: the settings of the environment and
// busbell.yaml, read once, with everything that is wrong said at once, each
// problem with its place and what to do. [Load] reads both; what they decide is
// built here as well: connections, the ledger, and the flows as far as they
// reach nothing yet.
package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/busbell/busbell/internal/config/yamlfile"
	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/triage"
)

// Config is what busbell.yaml says.
type Config struct {
	Environment string           `yaml:"environment"` // in every message and every ledger key
	Message     Message          `yaml:"message"`
	Watch       triage.Config    `yaml:"watch"`
	Privacy     privacy.Config   `yaml:"privacy"`
	Recovery    Recovery         `yaml:"recovery"`
	Features    []feature.Config `yaml:"features"`
}

// Recovery says who may retry and archive, and where to.
type Recovery struct {
	Allow         []string `yaml:"allow"`         // Slack users and user groups
	Destinations  []string `yaml:"destinations"`  // queues, * allowed; none means all
	NotIdempotent []string `yaml:"notIdempotent"` // message types, * allowed
	Rate          int      `yaml:"rate"`          // messages a second; 0 means the default
}

// Parse reads the text of a busbell.yaml and reports everything that is wrong
// with it at once, in the order of the text, which the faults call by name. The
// Config is good when no fault is more than a warning.
func Parse(name string, data []byte) (Config, []yamlfile.Fault) {
	c := Config{Watch: triage.Config{RemindAfter: triage.DefaultRemindAfter}}
	d := yamlfile.Read(name, data, &c)
	if d.HasContent() {
		for _, p := range c.Validate() {
			d.Report(p)
		}
		warnNotYet(d)
	}
	return c, d.Faults()
}

// Validate reports everything that is wrong with the configuration.
func (c Config) Validate() []setting.Problem {
	var found []setting.Problem
	switch {
	case c.Environment == "":
		found = append(found, setting.Problem{Path: "environment", What: "no environment", Cure: "write environment: production; it stands in every message"})
	case len(c.Environment) > maxEnvironment || !environmentName.MatchString(c.Environment):
		found = append(found, setting.Problem{Path: "environment", What: fmt.Sprintf("%.50q is not the name of an environment", c.Environment), Cure: "at most 40 letters, digits, dots, hyphens, underscores"})
	}
	if len(c.Watch.Sources) == 0 && len(c.Features) == 0 {
		found = append(found, setting.Problem{Path: "watch.sources", What: "nothing to watch", Cure: "write sources: [{queue: error}]"})
	}
	found = append(found, setting.Under("watch", c.Watch.Validate())...)
	found = append(found, setting.Under("privacy", c.Privacy.Validate())...)
	found = append(found, setting.Under("recovery", c.Recovery.Validate())...)
	return append(found, setting.Under("features", feature.ValidateAll(c.Features))...)
}

var (
	environmentName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	whoMay          = regexp.MustCompile(`^[USW][A-Z0-9]{2,}$`)
)

const maxEnvironment = 40

// Validate reports what is wrong with the shape of it.
func (r Recovery) Validate() []setting.Problem {
	var found []setting.Problem
	for i, who := range r.Allow {
		if !whoMay.MatchString(who) {
			found = append(found, setting.Problem{Path: fmt.Sprintf("allow[%d]", i), What: fmt.Sprintf("%.40q is not the id of a Slack user or group", who), Cure: "write it like U0123 or S0456"})
		}
	}
	for key, list := range map[string][]string{"destinations": r.Destinations, "notIdempotent": r.NotIdempotent} {
		for i, s := range list {
			if s == "" || strings.ContainsAny(s, " \t\n") {
				found = append(found, setting.Problem{Path: fmt.Sprintf("%s[%d]", key, i), What: fmt.Sprintf("%.40q is not a name", s), Cure: `write it like "shop.*"`})
			}
		}
	}
	if r.Rate < 0 {
		found = append(found, setting.Problem{Path: "rate", What: "a rate below zero", Cure: "write how many messages a second, like rate: 50"})
	}
	return found
}

// NoticePart keeps the notices about a wrong configuration apart from all
// others in the ledger: no pass finds one that has not been posted when it is
// no longer true.
const NoticePart = "configuration/"
