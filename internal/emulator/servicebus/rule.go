package servicebus

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
	"github.com/busbell/busbell/internal/emulator/servicebus/atom"
	"github.com/busbell/busbell/internal/emulator/servicebus/rule"
	"github.com/busbell/busbell/internal/emulator/servicebus/sqlfilter"
)

// A Rule says which messages a subscription takes, and what it changes in
// them.
type Rule = rule.Rule

// entityExists is answered to the second creation of a rule over AMQP.
const entityExists amqp.Symbol = "com.microsoft:entity-already-exists"

// compile checks a rule and makes it ready to run.
func (b *broker) compile(r Rule) (*rule.Compiled, error) {
	return rule.Compile(r, sqlfilter.Options{LikeIgnoresCase: b.cfg.SQLLikeIgnoresCase, MismatchIsUnknown: b.cfg.SQLMismatchIsUnknown})
}

// setRules gives a new subscription its rules. One that names none takes
// everything.
func (q *queue) setRules(rules []Rule) error {
	if len(rules) == 0 {
		rules = []Rule{{Name: rule.DefaultName}}
	}
	for _, r := range rules {
		if err := q.addRule(r); err != nil {
			return err
		}
	}
	return nil
}

func (q *queue) ruleNamed(name string) int {
	return slices.IndexFunc(q.rules, func(r *rule.Compiled) bool { return strings.EqualFold(r.Name, name) })
}

func (q *queue) addRule(r Rule) error {
	r.CreatedAt = q.b.now()
	c, err := q.b.compile(r)
	if err != nil {
		return err
	}
	if q.ruleNamed(r.Name) >= 0 {
		return amqp.Errorf(entityExists, "The messaging entity '%s' already exists.", q.rulePath(r.Name))
	}
	q.rules = append(q.rules, c)
	return nil
}

// changeRule replaces a rule.
func (q *queue) changeRule(r Rule) error {
	i := q.ruleNamed(r.Name)
	if i < 0 {
		return q.noRule(r.Name)
	}
	r.CreatedAt = q.rules[i].CreatedAt
	c, err := q.b.compile(r)
	if err == nil {
		q.rules[i] = c
	}
	return err
}

func (q *queue) removeRule(name string) error {
	i := q.ruleNamed(name)
	if i < 0 {
		return q.noRule(name)
	}
	q.rules = slices.Delete(q.rules, i, i+1)
	q.b.data.administered(adminRecord{method: http.MethodDelete, path: q.path + "/Rules/" + name})
	return nil
}

func (q *queue) noRule(name string) error {
	return amqp.Errorf(amqp.NotFound, "Entity '%s' was not found.", q.rulePath(name))
}

// rulePath is how the service writes the address of a rule in its errors.
func (q *queue) rulePath(name string) string {
	return fmt.Sprintf("%s:Topic:%s|%s|%s", atom.Namespace, q.parentTopic.Name, q.Name, name)
}

// filters counts the filters of all subscriptions of a topic. What takes
// everything or nothing counts as SQL.
func (t *topic) filters() (sql, correlation int) {
	for _, q := range t.subs {
		for _, r := range q.rules {
			if r.IsCorrelation() {
				correlation++
			} else {
				sql++
			}
		}
	}
	return sql, correlation
}

// copies are what a subscription takes of a message: one if rules without an
// action match, and one for each matching rule with an action. The error says
// which rule failed.
func (q *queue) copies(f *facts) ([]*message, error) {
	var all []*message
	plain := false
	for _, r := range q.rules {
		ok, err := r.Takes(f)
		switch {
		case err != nil:
			return nil, fmt.Errorf("rule %q: %w", r.Name, err)
		case ok && r.Changes():
			m, err := f.changed(r.Apply)
			if err != nil {
				return nil, fmt.Errorf("rule %q: %w", r.Name, err)
			}
			all = append(all, m)
		case ok:
			plain = true
		}
	}
	if plain {
		all = append(all, f.m.copied())
	}
	return all, nil
}

// deadLetterUntaken keeps a message that a rule failed on, unless the
// subscription is told to drop it. What the service gives as the reason is
// not documented.
func (q *queue) deadLetterUntaken(m *message, err error) {
	if strings.EqualFold(q.asked["DeadLetteringOnFilterEvaluationExceptions"], "false") {
		return
	}
	copied := m.copied()
	copied.seq = q.number(copied)
	copied.enqueuedSeq, copied.enqueued = copied.seq, q.b.now()
	q.deadLetter(copied, "FilterEvaluationException", err.Error())
}
