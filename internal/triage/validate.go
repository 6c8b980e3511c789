package triage

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/source"
)

// Validate reports everything that is wrong with the configuration, its paths
// relative to it.
func (c Config) Validate() []setting.Problem {
	found := setting.Under("sources", source.Validate(c.Sources))
	if c.Slack.Channel == "" {
		found = append(found, setting.Problem{Path: "slack.channel", What: "no Slack channel to tell", Cure: `write slack: {channel: "#bus-errors"}, with the quotes: # begins a comment`})
	}
	found = append(found, setting.Under("slack", c.Slack.Validate())...)
	for i, r := range c.Page {
		found = append(found, setting.Under(at("page", i), r.validate())...)
	}
	for i, r := range c.Routes {
		found = append(found, setting.Under(at("routes", i), r.validate())...)
	}
	for i, r := range c.Ignore {
		found = append(found, setting.Under(at("ignore", i), when(r.When, condition.Incidents))...)
	}
	found = append(found, setting.Under("frames.own", prefixes(c.Frames.Own))...)
	found = append(found, setting.Under("frames.framework", prefixes(c.Frames.Framework))...)
	for i, r := range c.Fingerprints {
		found = append(found, setting.Under(at("fingerprints", i), r.validate())...)
	}
	for i, l := range c.Links {
		found = append(found, setting.Under(at("links", i), l.validate())...)
	}
	return found
}

func at(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// Priorities are those of a page, the most urgent first.
var priorities = []string{"P1", "P2", "P3", "P4", "P5"}

func (r PageRule) validate() []setting.Problem {
	found := when(r.When, condition.Incidents)
	if !slices.Contains(priorities, r.Priority) {
		p := setting.Problem{Path: "priority", What: fmt.Sprintf("%.40q is not a priority", r.Priority), Cure: "write P1, P2, P3, P4 or P5"}
		if r.Priority == "" {
			p.What = "a page without a priority"
		}
		found = append(found, p)
	}
	return found
}

func (r Route) validate() []setting.Problem {
	found := when(r.When, condition.Incidents)
	if r.Slack.Channel == "" {
		found = append(found, setting.Problem{Path: "slack.channel", What: "a route without a channel", Cure: `write slack: {channel: "#loyalty"}`})
	}
	return append(found, setting.Under("slack", r.Slack.Validate())...)
}

func (r FingerprintRule) validate() []setting.Problem {
	found := when(r.When, condition.Failures)
	switch {
	case r.By == "" && r.MessageType == nil:
		return append(found, setting.Problem{Path: "by", What: "a fingerprint rule without what it changes", Cure: "write by: failure.exceptionMessage, or messageType: false"})
	case r.By == "":
		return found
	}
	_, problems := condition.CompileValue(r.By, condition.Failures)
	return append(found, setting.Under("by", problems)...)
}

// address is a URL whose host no message can choose.
var address = regexp.MustCompile(`^https?://[^/{}?#\s]+([/?#]|$)`)

func (l Link) validate() []setting.Problem {
	var found []setting.Problem
	if l.Text == "" {
		found = append(found, setting.Problem{Path: "text", What: "a link without a text", Cure: "write text: Trace"})
	}
	if !address.MatchString(l.URL) {
		found = append(found, setting.Problem{Path: "url", What: "not an address", Cure: `write url: "https://portal.example/trace/{failure.traceId}"; its host takes no placeholder`})
	}
	_, problems := condition.CompileText(l.URL, condition.Links)
	found = append(found, setting.Under("url", problems)...)
	if l.When != "" {
		found = append(found, when(l.When, condition.Links)...)
	}
	return found
}

// when checks a rule's condition.
func when(text string, scope condition.Scope) []setting.Problem {
	if text == "" {
		return []setting.Problem{{Path: "when", What: "a rule without a condition", Cure: `write when: "true" for all`}}
	}
	_, problems := condition.Compile(text, scope)
	return setting.Under("when", problems)
}

// prefixes checks the beginnings of names of types.
func prefixes(list []string) []setting.Problem {
	var found []setting.Problem
	for i, s := range list {
		switch {
		case s == "" || strings.ContainsAny(s, " \t\n"):
			found = append(found, setting.Problem{Path: fmt.Sprintf("[%d]", i), What: "not the beginning of a type's name", Cure: `write it like "Shop."`})
		case strings.Contains(s, "*"):
			found = append(found, setting.Problem{Path: fmt.Sprintf("[%d]", i), What: "a prefix takes no *", Cure: fmt.Sprintf("write %q", strings.ReplaceAll(s, "*", ""))})
		}
	}
	return found
}
