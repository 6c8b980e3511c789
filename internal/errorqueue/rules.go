package errorqueue

import (
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
)

// Rules are the compiled conditions of a Config.
type Rules struct {
	page         []pageRule
	fingerprints []fingerprintRule
}

type pageRule struct {
	when     *condition.Condition
	priority string
}

type fingerprintRule struct {
	when *condition.Condition
	by   *condition.Value
}

// NewRules compiles the conditions of a Config. Validate tells more of what is
// wrong with them, all of it and where.
func NewRules(c Config) (Rules, error) {
	var rules Rules
	for i, r := range c.Page {
		when, wrong := condition.Compile(r.When, condition.Incidents)
		if len(wrong) > 0 {
			return Rules{}, fmt.Errorf("page[%d].when: %s", i, wrong[0].What)
		}
		rules.page = append(rules.page, pageRule{when: when, priority: r.Priority})
	}
	for i, r := range c.Fingerprints {
		when, wrong := condition.Compile(r.When, condition.Failures)
		if len(wrong) > 0 {
			return Rules{}, fmt.Errorf("fingerprints[%d].when: %s", i, wrong[0].What)
		}
		by, wrong := condition.CompileValue(r.By, condition.Failures)
		if len(wrong) > 0 {
			return Rules{}, fmt.Errorf("fingerprints[%d].by: %s", i, wrong[0].What)
		}
		rules.fingerprints = append(rules.fingerprints, fingerprintRule{when: when, by: by})
	}
	return rules, nil
}

// fingerprint is the key of the problem that a failure belongs to. The first
// fingerprint rule that matches splits or merges by its value, which then
// stands for exception and frame; one without a value here changes nothing.
func (r Rules) fingerprint(f failure.Failure, place Place) string {
	entity := place.Entity()
	if len(r.fingerprints) == 0 {
		return f.Fingerprint(entity, "")
	}
	vars := &condition.WatchVars{Failure: facts(f), Source: source(place)}
	for _, rule := range r.fingerprints {
		if ok, err := rule.when.Match(vars); !ok || err != nil {
			continue
		}
		by, err := rule.by.Of(vars)
		if err != nil {
			by = ""
		}
		return f.Fingerprint(entity, by)
	}
	return f.Fingerprint(entity, "")
}

func source(p Place) condition.Source {
	return condition.Source{Name: p.Label(), Entity: p.Entity(), DeadLetter: p.subQueue()}
}

// priority is what the first page rule that matches says; "" is nobody. Our
// own blindness is not paged by rules that are about failures.
func (r Rules) priority(s sighting, known incident.Incident, now time.Time) string {
	if s.newest == nil || s.trouble() != "" {
		return ""
	}
	vars := &condition.WatchVars{
		Failure:  facts(s.newest.failure),
		Source:   source(s.place),
		Incident: condition.Incident{Count: int64(s.count()), Generation: int64(max(known.Generation, 1)), Age: s.age(now), FirstSeen: now.Add(-s.age(now))},
	}
	for _, rule := range r.page {
		if ok, err := rule.when.Match(vars); ok && err == nil {
			return rule.priority
		}
	}
	return ""
}

// facts are a failure's, as conditions see them: unmasked.
func facts(f failure.Failure) condition.Failure {
	return condition.Failure{
		Framework: string(f.Framework), MessageType: f.MessageType, FailingQueue: f.FailingQueue,
		ExceptionType: f.ExceptionType, ExceptionMessage: f.ExceptionMessage,
		FirstOwnFrame: f.FirstOwnFrame, Handler: f.Handler, Identity: f.Identity, TraceID: f.TraceID, FailedAt: f.FailedAt,
	}
}
