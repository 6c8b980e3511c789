package errorqueue

import (
	"cmp"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/errorqueue/scan"
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

// An Explainer runs the decisions of a pass and writes nothing. It knows of one
// source what it was given by Count, and no incidents from before.
type Explainer struct {
	watch  *Watch
	source source.Source
	groups triage.Groups
	now    time.Time
}

// Explainer explains what a source holds. It needs of the watch only Reader,
// Masker, Rules, Chat, Pager and Deployment.
func (w *Watch) Explainer(source source.Source) *Explainer {
	return &Explainer{watch: w, source: source, groups: triage.Groups{}, now: w.now()}
}

// Count adds a message of the source: rules depend on how many of a group there
// are.
func (e *Explainer) Count(m *message.Message) {
	f := e.watch.Understand(m, e.now)
	if f.Ignore || m.State == message.Scheduled {
		return
	}
	fingerprint := e.watch.Rules.Fingerprint(f, e.source)
	if e.groups[fingerprint] == nil && len(e.groups) >= triage.MaxGroups {
		fingerprint, f = triage.Overflow(e.source, f)
	}
	e.groups.Add(fingerprint, f, m)
}

// Explain says what a pass decides about a message and the others of its group
// that were counted. It may be called between calls of Count.
func (e *Explainer) Explain(m *message.Message) Explanation {
	f := e.watch.Understand(m, e.now)
	if f.Ignore {
		return Explanation{Failure: f, Shown: e.watch.Shown(f)}
	}
	fingerprint := e.watch.Rules.Fingerprint(f, e.source)
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

// explain runs the decisions of a pass for a group that was not known before.
func (e *Explainer) explain(g triage.Group) Explanation {
	w, f := e.watch, g.Failure
	g.Fields = w.FieldsOf(&g.Message)
	date(&g, incident.Stored{}, e.now)
	s := observation{}.merge(&scanResult{Result: scan.Result{Source: e.source, Complete: true}}, &g)
	i, notices := w.Preview(g.Fingerprint, w.judge(s, incident.Stored{}, e.now), e.now, w.Rules.QuietAt(e.now))
	grounds, rules := w.Rules.TryFingerprints(f, e.source)
	return Explanation{
		Failure: f, Shown: w.Shown(f), Fields: g.Fields,
		Fingerprint: g.Fingerprint, Grounds: grounds,
		Rules:   append(rules, w.Rules.Try(s.vars(f, i.Generation, e.now), s.vars(w.Shown(f), i.Generation, e.now), e.now)...),
		Silence: i.Silence, Notices: notices,
	}
}
