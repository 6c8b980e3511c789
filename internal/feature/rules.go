package feature

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/setting"
)

// Rules are compiled features, found by message type.
type Rules struct {
	all   []*rule
	exact map[string][]*rule
	wild  []*rule // those with a * in their event
}

// A rule is one compiled feature.
type rule struct {
	name  string
	event string
	when  *condition.Condition // nil means always
	say   *condition.Text
	slack setting.Slack
}

// NewRules compiles features. Those without a channel post to fallback, without
// its mention. Call Validate first: it reports all problems with their paths.
func NewRules(features []Config, fallback setting.Slack) (*Rules, error) {
	rules := &Rules{exact: map[string][]*rule{}}
	for _, c := range features {
		r, err := compile(c, fallback)
		if err != nil {
			return nil, fmt.Errorf("feature %q: %w", c.Name, err)
		}
		rules.all = append(rules.all, r)
		if strings.Contains(c.Event, "*") {
			rules.wild = append(rules.wild, r)
		} else {
			rules.exact[c.Event] = append(rules.exact[c.Event], r)
		}
	}
	return rules, nil
}

func compile(c Config, fallback setting.Slack) (*rule, error) {
	r := &rule{name: c.Name, event: c.Event, slack: c.Slack}
	if r.slack.Channel == "" {
		r.slack = setting.Slack{Channel: fallback.Channel}
	}
	var wrong []setting.Problem
	if c.When != "" {
		if r.when, wrong = condition.Compile(c.When, condition.Events); len(wrong) > 0 {
			return nil, fmt.Errorf("when: %s", wrong[0].What)
		}
	}
	if r.say, wrong = condition.CompileText(cmp.Or(c.Say, DefaultSay), condition.Milestones); len(wrong) > 0 {
		return nil, fmt.Errorf("say: %s", wrong[0].What)
	}
	return r, nil
}

// Carries returns the names of the features with a message type, each once.
func (rs *Rules) Carries(messageType string) []string {
	var names []string
	for _, r := range rs.wanting([]string{messageType}) {
		names = append(names, r.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// wanting returns the rules that match one of an event's types, each once.
func (rs *Rules) wanting(types []string) []*rule {
	if len(types) == 0 {
		types = []string{""} // which * matches
	}
	var found []*rule
	for i, t := range types {
		for _, r := range rs.exact[t] {
			found = addOnce(found, r, i > 0)
		}
		for _, r := range rs.wild {
			if setting.Like(r.event, t) {
				found = addOnce(found, r, i > 0)
			}
		}
	}
	return found
}

func addOnce(rules []*rule, r *rule, check bool) []*rule {
	if check {
		if slices.Contains(rules, r) {
			return rules
		}
	}
	return append(rules, r)
}
