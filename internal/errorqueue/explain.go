package errorqueue

import (
	"cmp"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/source"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
)

// An Explanation says what a pass decides about one failed message, and why.
type Explanation struct {
	Failure failure.Failure // as understood, unmasked
	Shown   failure.Failure // as it may be shown: masked and cut
	Fields  []incident.Field

	Fingerprint string
	Grounds     []failure.Ground // what the fingerprint is made of, unmasked

	Rules   []RuleResult
	Silence incident.Silence // why no notice is sent, where the configuration says so
	Notices []notify.Notice  // what is sent
}

// An Explainer runs the decisions of a pass and writes nothing. It knows of one
// source what it was given by Count, and no incidents from before.
type Explainer struct {
	watch  *Watch
	source source.Source
	groups groups
	now    time.Time
}

// Explainer explains what a source holds. It needs of the watch only Reader,
// Masker, Rules, Chat, Pager and Deployment.
func (w *Watch) Explainer(source source.Source) *Explainer {
	return &Explainer{watch: w, source: source, groups: groups{}, now: w.now()}
}

// Count adds a message of the source: rules depend on how many of a group there
// are.
func (e *Explainer) Count(m *message.Message) {
	f := e.watch.understand(m)
	if f.Ignore || m.State == message.Scheduled {
		return
	}
	fingerprint := e.watch.Rules.fingerprint(f, e.source)
	if e.groups[fingerprint] == nil && len(e.groups) >= maxGroups {
		fingerprint, f = overflow(e.source, f)
	}
	e.groups.add(fingerprint, f, m)
}

// Explain says what a pass decides about a message and the others of its group
// that were counted. It may be called between calls of Count.
func (e *Explainer) Explain(m *message.Message) Explanation {
	f := e.watch.understand(m)
	if f.Ignore {
		return Explanation{Failure: f, Shown: e.watch.shown(f)}
	}
	fingerprint := e.watch.Rules.fingerprint(f, e.source)
	g := group{tally: tally{count: 1, oldest: f.FailedAt, newest: f.FailedAt}}
	if counted := e.groups[fingerprint]; counted != nil {
		g.tally = counted.tally
	}
	g.fingerprint, g.failure, g.message = fingerprint, f, *m
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
		all = append(all, Problem{Explanation: e.explain(*g), Count: g.count, Newest: g.message})
	}
	slices.SortFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return all
}

// explain runs the decisions of a pass for a group that was not known before.
func (e *Explainer) explain(g group) Explanation {
	w, f := e.watch, g.failure
	g.fields = w.fields(&g.message)
	g.date(incident.Stored{}, e.now)
	s := observation{}.merge(&scanResult{source: e.source, complete: true}, &g)
	c := w.evaluate(g.fingerprint, s, incident.Stored{}, e.now, policy{remindAfter: w.RemindAfter, quiet: w.Rules.quietAt(e.now)})
	by, rules := w.Rules.tryFingerprints(f, e.source)
	x := Explanation{
		Failure: f, Shown: w.shown(f), Fields: g.fields,
		Fingerprint: g.fingerprint, Grounds: f.Grounds(e.source.Entity(), by),
		Rules:   append(rules, w.Rules.try(s.vars(f, c.Generation, e.now), s.vars(w.shown(f), c.Generation, e.now), e.now)...),
		Silence: c.Silence,
	}
	if c.Silence.Why != "" {
		return x
	}
	for _, to := range w.targets(c) {
		c.addPage(incident.Page{To: to, Key: c.PageKey(to)})
	}
	x.Notices = w.noticesFor(c)
	if w.Pager.Channel != "" && c.because(Escalated) {
		alert, _ := c.Page(w.Deployment, w.Pager, string(Escalated))
		x.Notices = append(x.Notices, alert)
	}
	return x
}
