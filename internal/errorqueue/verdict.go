package errorqueue

import (
	"fmt"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/failure"
)

// A Verdict is what one rule makes of a message.
type Verdict struct {
	Rule string // its place in busbell.yaml, "watch.page[0]"
	Does string // what it does to what it matches
	Moot string // why it does not, though it matches
	condition.Trial
}

// tryFingerprints tries the rules that split and merge; by is what the first
// that matches says.
func (r Rules) tryFingerprints(f failure.Failure, place Place) (by string, all []Verdict) {
	vars := &condition.WatchVars{Failure: facts(f), Source: source(place)}
	first := ""
	for i, rule := range r.fingerprints {
		v := Verdict{Rule: "watch." + at("fingerprints", i), Trial: rule.when.Try(vars)}
		value, err := rule.by.Of(vars)
		if err != nil {
			value = ""
		}
		v.Does = "by " + rule.by.String()
		if v.wins(&first) {
			by = value
			v.Does += fmt.Sprintf(", which is %q", value)
		}
		all = append(all, v)
	}
	return by, all
}

// try tries the other rules. shown are the values that may be seen: they are
// what links are made of.
func (r Rules) try(vars, shown *condition.WatchVars, now time.Time) []Verdict {
	var all []Verdict
	first := ""
	for i, rule := range r.ignore {
		v := Verdict{Rule: "watch." + at("ignore", i), Does: "silence", Trial: rule.when.Try(vars)}
		if rule.because != "" {
			v.Does += ": " + rule.because
		}
		if v.Holds && rule.until.Over(now) {
			v.Moot = "until " + rule.until.String() + ", which is over"
		}
		v.wins(&first)
		all = append(all, v)
	}
	first = ""
	for i, rule := range r.page {
		v := Verdict{Rule: "watch." + at("page", i), Does: "page " + rule.priority, Trial: rule.when.Try(vars)}
		v.wins(&first)
		all = append(all, v)
	}
	first = ""
	for i, rule := range r.routes {
		v := Verdict{Rule: "watch." + at("routes", i), Does: "tell " + rule.to.Channel, Trial: rule.when.Try(vars)}
		if rule.also {
			v.Does += " too"
		}
		v.wins(&first)
		all = append(all, v)
	}
	for i, rule := range r.links {
		v := Verdict{Rule: "watch." + at("links", i), Does: strings.TrimSpace(rule.text + " " + rule.url.URL(shown)), Trial: rule.when.Try(vars)}
		if v.Holds && rule.url.URL(shown) == "" {
			v.Moot, v.Asked = "its address lacks a value", append(v.Asked, rule.url.Operands(vars)...)
		}
		all = append(all, v)
	}
	return all
}

// wins reports whether the rule is the first of its list that counts, and
// says so of those behind it.
func (v *Verdict) wins(first *string) bool {
	switch {
	case !v.Holds || v.Moot != "":
		return false
	case *first != "":
		v.Moot = *first + " comes first"
		return false
	}
	*first = v.Rule
	return true
}
