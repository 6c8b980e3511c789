package triage

import (
	"fmt"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/source"
)

// A RuleResult says what one rule does to a message.
type RuleResult struct {
	Rule   string // its path in busbell.yaml, "watch.page[0]"
	Effect string // on what it matches
	WhyNot string // why it has no effect, though it matches
	condition.Trial
}

// TryFingerprints tries the fingerprint rules. The grounds are what the
// fingerprint is made of by the first that matches.
func (r Rules) TryFingerprints(f failure.Failure, source source.Source) (grounds []failure.Ground, all []RuleResult) {
	vars := Vars(f, source, condition.Incident{})
	first, counts, by := "", f, ""
	for i, rule := range r.fingerprints {
		v := RuleResult{Rule: "watch." + at("fingerprints", i), Trial: rule.when.Try(vars)}
		var effects []string
		if rule.by != nil {
			effects = append(effects, "by "+rule.by.String())
		}
		if rule.anyType {
			effects = append(effects, "without the message type")
		}
		if v.wins(&first) {
			if counts, by = rule.apply(f, vars); rule.by != nil {
				effects[0] += fmt.Sprintf(", which is %q", by)
			}
		}
		v.Effect = strings.Join(effects, "; ")
		all = append(all, v)
	}
	return counts.Grounds(source.Entity(), by), all
}

// Try tries the other rules. shown are the values that may be seen: links are
// made of them.
func (r Rules) Try(vars, shown *condition.WatchVars, now time.Time) []RuleResult {
	var all []RuleResult
	first := ""
	for i, rule := range r.ignore {
		v := RuleResult{Rule: "watch." + at("ignore", i), Effect: "silence", Trial: rule.when.Try(vars)}
		if rule.because != "" {
			v.Effect += ": " + rule.because
		}
		if v.Holds && rule.until.Over(now) {
			v.WhyNot = "until " + rule.until.String() + ", which is over"
		}
		v.wins(&first)
		all = append(all, v)
	}
	first = ""
	for i, rule := range r.page {
		v := RuleResult{Rule: "watch." + at("page", i), Effect: "page " + rule.priority, Trial: rule.when.Try(vars)}
		v.wins(&first)
		all = append(all, v)
	}
	first = ""
	for i, rule := range r.routes {
		v := RuleResult{Rule: "watch." + at("routes", i), Effect: "tell " + rule.to.Channel, Trial: rule.when.Try(vars)}
		if rule.also {
			v.Effect += " too"
		}
		v.wins(&first)
		all = append(all, v)
	}
	for i, rule := range r.links {
		v := RuleResult{Rule: "watch." + at("links", i), Effect: strings.TrimSpace(rule.text + " " + rule.url.URL(shown)), Trial: rule.when.Try(vars)}
		if v.Holds && rule.url.URL(shown) == "" {
			v.WhyNot, v.Asked = "its address lacks a value", append(v.Asked, rule.url.Operands(vars)...)
		}
		all = append(all, v)
	}
	return all
}

// wins reports whether the rule is the first of its list that has an effect, and
// notes it in those behind it.
func (v *RuleResult) wins(first *string) bool {
	switch {
	case !v.Holds || v.WhyNot != "":
		return false
	case *first != "":
		v.WhyNot = *first + " comes first"
		return false
	}
	*first = v.Rule
	return true
}
