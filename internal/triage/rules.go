package triage

import (
	"errors"
	"time"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/source"
)

// Rules are the compiled conditions of a Config. The zero Rules match nothing.
type Rules struct {
	page         []pageRule
	routes       []routeRule
	ignore       []ignoreRule
	fingerprints []fingerprintRule
	links        []linkRule
	quiet        Quiet
	carries      named // what of a message they see
}

type pageRule struct {
	when     *condition.Condition
	priority string
}

type routeRule struct {
	when *condition.Condition
	to   setting.Slack
	also bool
}

type ignoreRule struct {
	when    *condition.Condition
	until   setting.Date
	because string
}

type fingerprintRule struct {
	when    *condition.Condition
	by      *condition.Value // nil leaves exception type and frame
	anyType bool             // the message type does not count
}

type linkRule struct {
	when *condition.Condition // nil is always
	text string
	url  *condition.Text
}

// NewRules compiles the conditions of a Config. Validate reports every problem
// in them, and where.
func NewRules(c Config) (Rules, error) {
	rules, wrong := Rules{quiet: c.Quiet, carries: named{fields: map[string]bool{}, headers: map[string]bool{}}}, ""
	compiled := func(path, text string, scope condition.Scope) *condition.Condition {
		when, problems := condition.Compile(text, scope)
		if len(problems) > 0 && wrong == "" {
			wrong = path + ": " + problems[0].What
		}
		if when != nil {
			rules.carries.add(when)
		}
		return when
	}
	for i, r := range c.Page {
		rules.page = append(rules.page, pageRule{compiled(at("page", i)+".when", r.When, condition.Incidents), r.Priority})
	}
	for i, r := range c.Routes {
		rules.routes = append(rules.routes, routeRule{compiled(at("routes", i)+".when", r.When, condition.Incidents), r.Slack, r.Also})
	}
	for i, r := range c.Ignore {
		rules.ignore = append(rules.ignore, ignoreRule{compiled(at("ignore", i)+".when", r.When, condition.Incidents), r.Until, r.Because})
	}
	for i, r := range c.Fingerprints {
		rule := fingerprintRule{when: compiled(at("fingerprints", i)+".when", r.When, condition.Failures), anyType: r.MessageType != nil && !*r.MessageType}
		if r.By != "" {
			by, problems := condition.CompileValue(r.By, condition.Failures)
			if len(problems) > 0 && wrong == "" {
				wrong = at("fingerprints", i) + ".by: " + problems[0].What
			}
			if rule.by = by; by != nil {
				rules.carries.add(by)
			}
		}
		rules.fingerprints = append(rules.fingerprints, rule)
	}
	for i, l := range c.Links {
		url, problems := condition.CompileText(l.URL, condition.Links)
		if len(problems) > 0 && wrong == "" {
			wrong = at("links", i) + ".url: " + problems[0].What
		}
		rule := linkRule{text: l.Text, url: url}
		if l.When != "" {
			rule.when = compiled(at("links", i)+".when", l.When, condition.Links)
		}
		rules.links = append(rules.links, rule)
	}
	if wrong != "" {
		return Rules{}, errors.New(wrong)
	}
	return rules, nil
}

// Fingerprint is the fingerprint of a failure. The first fingerprint rule that
// matches splits or merges: its value replaces exception and frame, unless the
// failure has none, and it may leave out the message type.
func (r Rules) Fingerprint(f failure.Failure, source source.Source) string {
	if len(r.fingerprints) > 0 {
		vars := Vars(f, source, condition.Incident{})
		for _, rule := range r.fingerprints {
			if holds(rule.when, vars) {
				f, by := rule.apply(f, vars)
				return f.Fingerprint(source.Entity(), by)
			}
		}
	}
	return f.Fingerprint(source.Entity(), "")
}

// apply returns what the fingerprint is made of.
func (r fingerprintRule) apply(f failure.Failure, vars *condition.WatchVars) (counts failure.Failure, by string) {
	if r.anyType {
		f.MessageType = ""
	}
	if r.by != nil {
		if value, err := r.by.Of(vars); err == nil {
			by = value
		}
	}
	return f, by
}

// Priority is that of the first page rule that matches; "" pages nobody.
func (r Rules) Priority(vars *condition.WatchVars) string {
	for _, rule := range r.page {
		if holds(rule.when, vars) {
			return rule.priority
		}
	}
	return ""
}

// Ignored is the silence of the first ignore rule that matches and has not
// expired; the zero silence if none does.
func (r Rules) Ignored(vars *condition.WatchVars, now time.Time) incident.Silence {
	for _, rule := range r.ignore {
		if !rule.until.Over(now) && holds(rule.when, vars) {
			return incident.Silence{Why: incident.Ignored, Because: rule.because, Until: rule.until.String()}
		}
	}
	return incident.Silence{}
}

// Targets are where an incident is posted: the usual target, or what the first
// route that matches makes of it.
func (r Rules) Targets(vars *condition.WatchVars, usual incident.Target) []incident.Target {
	for _, rule := range r.routes {
		if !holds(rule.when, vars) {
			continue
		}
		to := incident.Target{Channel: usual.Channel, To: rule.to.Channel, Mention: rule.to.Mention}
		if rule.also && to.Place() != usual.Place() {
			return []incident.Target{usual, to}
		}
		return []incident.Target{to}
	}
	return []incident.Target{usual}
}

// Addresses are the links of an incident. A link whose address lacks a value is
// left out.
func (r Rules) Addresses(vars *condition.WatchVars) []incident.Link {
	var links []incident.Link
	for _, rule := range r.links {
		if rule.when != nil && !holds(rule.when, vars) {
			continue
		}
		if url := rule.url.URL(vars); url != "" {
			links = append(links, incident.Link{Text: rule.text, URL: url})
		}
	}
	return links
}

// QuietAt reports whether incidents that do not page are held back.
func (r Rules) QuietAt(now time.Time) bool {
	return len(r.quiet.Outside) > 0 && !r.quiet.Outside.Contains(now.In(r.quiet.Zone.Location()))
}

func holds(c *condition.Condition, vars *condition.WatchVars) bool {
	ok, err := c.Match(vars)
	return ok && err == nil
}

// Vars are what conditions see of a failure, its source and its incident.
func Vars(f failure.Failure, at source.Source, i condition.Incident) *condition.WatchVars {
	vars := &condition.WatchVars{Failure: failureVars(f), Source: sourceVars(at), Incident: i}
	if f.Carried != nil {
		vars.Carried = *f.Carried
	}
	return vars
}

func sourceVars(p source.Source) condition.Source {
	return condition.Source{Name: p.Label(), Entity: p.Entity(), DeadLetter: p.SubQueue()}
}

// failureVars is a failure as conditions see it.
func failureVars(f failure.Failure) condition.Failure {
	return condition.Failure{
		Framework: string(f.Framework), MessageType: f.MessageType, FailingQueue: f.FailingQueue,
		ExceptionType: f.ExceptionType, ExceptionMessage: f.ExceptionMessage, InnerType: f.InnerType, InnerMessage: f.InnerMessage,
		Reason: f.Reason, Description: f.Description,
		FirstOwnFrame: f.FirstOwnFrame, Handler: f.Handler, Identity: f.Identity, TraceID: f.TraceID, FailedAt: f.FailedAt,
	}
}
