package feature

import (
	"fmt"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/setting"
)

// ValidateAll validates each feature, and that their names are unique. Paths begin
// with the index of the feature, "[1].when".
func ValidateAll(list []Config) []setting.Problem {
	var found []setting.Problem
	first := map[string]int{}
	for i, c := range list {
		here := fmt.Sprintf("[%d]", i)
		found = append(found, setting.Under(here, c.Validate())...)
		if j, twice := first[c.Name]; twice && c.Name != "" {
			found = append(found, setting.Problem{Path: here + ".name", What: fmt.Sprintf("%.60q is already the name of features[%d]", c.Name, j), Cure: "give each feature its own name: it is its identity"})
			continue
		}
		first[c.Name] = i
	}
	return found
}

// Validate reports all problems of one feature, with paths relative to it.
func (c Config) Validate() []setting.Problem {
	var found report
	switch {
	case c.Name == "":
		found.add("name", "a feature without a name", "write name: level reached")
	case len(c.Name) > 100 || strings.ContainsFunc(c.Name, func(r rune) bool { return r < ' ' }):
		found.add("name", "not a name that can be shown", "at most 100 characters on one line")
	}
	found.eventType("event", c.Event)
	if c.When != "" {
		_, problems := condition.Compile(c.When, condition.Events)
		found.under("when", problems)
	}
	for i, key := range c.Once {
		found.value(fmt.Sprintf("once[%d]", i), key)
	}
	if c.For > 0 && len(c.Once) == 0 {
		found.add("for", "for without once", "write once: [event.CustomerId] beside it")
	}
	if c.Say != "" {
		_, problems := condition.CompileText(c.Say, condition.Milestones)
		found.under("say", problems)
	}
	found.under("slack", c.Slack.Validate())
	found.counts(c)
	found.duplicates(c.Duplicates)
	found.silence(c.Silence)
	found.followedBy(c.FollowedBy)
	return found
}

// A report collects problems.
type report []setting.Problem

func (r *report) add(path, what, cure string) {
	*r = append(*r, setting.Problem{Path: path, What: what, Cure: cure})
}

func (r *report) under(path string, problems []setting.Problem) {
	*r = append(*r, setting.Under(path, problems)...)
}

// value checks an expression of a rule.
func (r *report) value(path, text string) {
	if text == "" {
		r.add(path, "no value to go by", "write a value of the event, like event.OrderId")
		return
	}
	_, problems := condition.CompileValue(text, condition.Events)
	r.under(path, problems)
}

// eventType checks the name of a message type.
func (r *report) eventType(path, name string) {
	switch {
	case name == "":
		r.add(path, "no message type", "write event: Shop.Orders.OrderPlaced")
	case strings.ContainsAny(name, " \t\r\n,") || len(name) > 500:
		r.add(path, fmt.Sprintf("%.60q is not a message type", name), "write its full name without the assembly, like Shop.Orders.OrderPlaced")
	}
}

func (r *report) counts(c Config) {
	for i, n := range c.Counts {
		path := fmt.Sprintf("counts[%d]", i)
		switch {
		case n < 1:
			r.add(path, fmt.Sprintf("the %dth does not happen", n), "counts begin at 1")
		case i > 0 && n <= c.Counts[i-1]:
			r.add(path, fmt.Sprintf("%d comes after %d", n, c.Counts[i-1]), "write counts in ascending order")
		}
	}
	if c.StartAt < 0 {
		r.add("startAt", "a count below zero", "write how many had happened before")
	}
	if c.StartAt != 0 && len(c.Counts) == 0 {
		r.add("startAt", "startAt without counts", "write counts: [1, 100, 1000] beside it")
	}
	if c.Per == "" {
		return
	}
	if len(c.Counts) == 0 {
		r.add("per", "per without counts", "write counts: [1, 100, 1000] beside it")
	}
	r.value("per", c.Per)
}

var priorities = []string{"P1", "P2", "P3", "P4", "P5"}

func (r *report) duplicates(d Duplicates) {
	if d == (Duplicates{}) {
		return
	}
	r.value("duplicates.key", d.Key)
	if d.Within == 0 {
		r.add("duplicates.within", "no time to look back", "write within: 24h")
	}
	if d.Page != "" && !slices.Contains(priorities, d.Page) {
		r.add("duplicates.page", fmt.Sprintf("%.40q is not a priority", d.Page), "write P1, P2, P3, P4 or P5")
	}
}

func (r *report) silence(s Silence) {
	if s.After == 0 && (s.On != nil || s.Zone != setting.Zone{}) {
		r.add("silence.after", "silence without a duration", "write after: 2h")
	}
}

func (r *report) followedBy(f FollowedBy) {
	if f == (FollowedBy{}) {
		return
	}
	r.eventType("followedBy.event", f.Event)
	r.value("followedBy.key", f.Key)
	if f.Within == 0 {
		r.add("followedBy.within", "no time to wait", "write within: 10m")
	}
}
