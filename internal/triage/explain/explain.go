// Package explain says what a pass would make of failed messages, and why: as
// records for programs and as text for people.
//
// An [Explainer] explains the messages of one source, a [Reader] reads them
// there, a [Filter] chooses among them. Nothing is written or taken away. What
// may be seen of a message is decided once, where a [View] makes a [Record].
package explain

import (
	"cmp"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// An Explanation says what a pass decides about one failed message, and why.
type Explanation struct {
	Failure failure.Failure // as understood, unmasked
	Shown   failure.Failure // as it may be shown: masked and cut
	Fields  []incident.Fact

	Fingerprint string
	Grounds     []failure.Ground // what the fingerprint is made of, unmasked

	Rules   []triage.RuleResult
	Silence incident.Silence // why no notice is sent, where the configuration says so
	Notices []notify.Notice  // what is sent
}

// A Decide function says what a pass decides about a group that it did not know
// before: why it sends no notice, or which.
type Decide func(triage.Group, time.Time) (incident.Silence, []notify.Notice)

// An Explainer explains the messages of one source. It knows of the source what
// it was given by Count, and no incidents from before.
type Explainer struct {
	triage *triage.Triage
	source source.Source
	decide Decide
	groups triage.Groups
	now    time.Time
}

// New returns an Explainer for a source.
func New(t *triage.Triage, at source.Source, now time.Time, decide Decide) *Explainer {
	return &Explainer{triage: t, source: at, decide: decide, groups: triage.Groups{}, now: now}
}

// Count adds a message of the source: rules depend on how many of a group there
// are.
func (e *Explainer) Count(m *message.Message) {
	f := e.triage.Understand(m, e.now)
	if f.Ignore || m.State == message.Scheduled {
		return
	}
	fingerprint := e.triage.Rules.Fingerprint(f, e.source)
	if e.groups[fingerprint] == nil && len(e.groups) >= triage.MaxGroups {
		fingerprint, f = triage.Overflow(e.source, f)
	}
	e.groups.Add(fingerprint, f, m)
}

// Explain says what a pass decides about a message and the others of its group
// that were counted. It may be called between calls of Count.
func (e *Explainer) Explain(m *message.Message) Explanation {
	f := e.triage.Understand(m, e.now)
	if f.Ignore {
		return Explanation{Failure: f, Shown: e.triage.Shown(f)}
	}
	fingerprint := e.triage.Rules.Fingerprint(f, e.source)
	g := triage.Group{Tally: triage.Tally{Count: 1, Oldest: f.FailedAt, Newest: f.FailedAt}}
	if counted := e.groups[fingerprint]; counted != nil {
		g.Tally = counted.Tally
	}
	g.Fingerprint, g.Failure, g.Message = fingerprint, f, *m
	return e.explain(g)
}

// A Problem is all messages of one group.
type Problem struct {
	Explanation
	Count  int
	Newest message.Message
}

// Problems explains each group that was counted by its newest message, the
// largest group first.
func (e *Explainer) Problems() []Problem {
	var all []Problem
	for _, g := range e.groups {
		all = append(all, Problem{Explanation: e.explain(*g), Count: g.Count, Newest: g.Message})
	}
	slices.SortFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return all
}

func (e *Explainer) explain(g triage.Group) Explanation {
	t, f := e.triage, g.Failure
	g.Fields, g.Failure = t.FieldsOf(&g.Message), triage.WithoutBody(f, &g.Message)
	silence, notices := e.decide(g, e.now)
	grounds, rules := t.Rules.TryFingerprints(f, e.source)
	oldest := g.Oldest
	if oldest.IsZero() {
		oldest = e.now
	}
	seen := condition.Incident{Count: int64(g.Count), Generation: 1, Age: e.now.Sub(oldest), FirstSeen: oldest}
	shown := t.Shown(g.Failure)
	return Explanation{
		Failure: f, Shown: shown, Fields: g.Fields,
		Fingerprint: g.Fingerprint, Grounds: grounds,
		Rules:   append(rules, t.Rules.Try(triage.Vars(g.Failure, e.source, seen), triage.Vars(shown, e.source, seen), e.now)...),
		Silence: silence, Notices: notices,
	}
}
