package errorqueue

import (
	"context"
	"time"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/errorqueue/passlog"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// maxTrace is how much of a whole trace is shown, in bytes.
const maxTrace = 64 << 10

var _ lifecycle.Observer = observer{}

// An observer makes observations of the scan results of a pass.
type observer struct {
	*Watch
	results []*scanResult
	last    *passlog.History
}

func (o observer) Quiet(now time.Time) bool { return o.Rules.QuietAt(now) }

func (o observer) Number(ctx context.Context) (int64, error) {
	number := o.last.Number
	return number, o.passes().TakeNumber(ctx, o.last)
}

// Observe combines the scan results and the known incidents by fingerprint.
func (o observer) Observe(known map[string]incident.Stored, now time.Time) map[string]incident.Observation {
	seen := map[string]observation{}
	unread := map[string]*scanResult{} // by source, if messages that the scan missed may still be there; nil if they are gone
	for _, r := range o.results {
		if unread[r.Source.Entity()] = r; r.Complete {
			unread[r.Source.Entity()] = nil
		}
	}
	for fingerprint, k := range known {
		if k.Alive() || k.Silence.Why == incident.Quiet {
			seen[fingerprint] = unseen(k, unread)
		}
	}
	for _, r := range o.results {
		for fingerprint, g := range r.Groups {
			date(g, known[fingerprint], now)
			seen[fingerprint] = seen[fingerprint].merge(r, g)
		}
	}
	all := make(map[string]incident.Observation, len(seen))
	for fingerprint, s := range seen {
		all[fingerprint] = o.judge(s, known[fingerprint], now)
	}
	for _, r := range o.results {
		for _, p := range r.problems {
			all[p.fingerprint] = p.observation(r.Source, o.Chat)
		}
	}
	return all
}

// unseen returns the observation of an incident that no scan found.
func unseen(k incident.Stored, unread map[string]*scanResult) (s observation) {
	s.Sources = map[string]incident.Seen{}
	for entity, was := range k.Sources {
		gone := was.Count == 0
		if r := unread[entity]; r != nil && !k.Kind.Ours() {
			// An earlier full scan did not find it: this one need not be complete.
			if s.Unreadable = s.Unreadable || gone && r.Err != nil; !gone {
				s.Sources[entity] = was
			}
		}
		if _, looked := unread[entity]; !looked && !gone && !source.Parse(entity).Pattern() {
			s.Unwatched = append(s.Unwatched, was.Name)
		}
	}
	return s
}

// An observation is the state of one fingerprint in all sources, as a pass found it.
type observation struct {
	incident.Observation
	newest *triage.Group // nil where only unreadable sources hold it
	source source.Source // of newest
}

// date sets the times of a group whose messages have none. It uses those of the
// incident, because other times would change it in each pass, and the current time
// for a message that is newer than the known ones.
func date(g *triage.Group, k incident.Stored, now time.Time) {
	if !g.Oldest.IsZero() {
		return
	}
	g.Oldest, g.Newest = now, now
	if !k.Alive() {
		return
	}
	g.Oldest = k.FirstSeen
	if g.Earlier || len(g.Samples) == 0 || len(k.Cause.Samples) > 0 && g.Samples[0].SequenceNumber <= k.Cause.Samples[0].SequenceNumber {
		g.Newest = k.LastSeen
	}
}

// merge adds the messages of a source. If the full scan did not end, the source may
// hold more than was counted; the known count is the minimum.
func (s observation) merge(r *scanResult, g *triage.Group) observation {
	if s.Sources == nil {
		s.Sources = map[string]incident.Seen{}
	}
	entity := r.Source.Entity()
	here := incident.Seen{Name: r.Source.Label(), Count: g.Count, Oldest: g.Oldest, Hours: g.Hours, Expires: g.Expires, Late: r.Late && r.Err == nil}
	if was, ok := s.Sources[entity]; ok && !r.Complete {
		here.Count = max(here.Count, was.Count)
		if was.Oldest.Before(here.Oldest) {
			here.Oldest = was.Oldest
		}
	}
	s.Sources[entity] = here
	if s.newest == nil || g.Newest.After(s.newest.Newest) {
		s.newest, s.source = g, r.Source
	}
	return s
}

// vars returns the variables of conditions for an observation.
func (s *observation) vars(f failure.Failure, generation int, now time.Time) *condition.WatchVars {
	return triage.Vars(f, s.source, s.incident(generation, now))
}

func (s *observation) incident(generation int, now time.Time) condition.Incident {
	return condition.Incident{Count: int64(s.Count()), Generation: int64(max(generation, 1)), Age: s.Age(now), FirstSeen: now.Add(-s.Age(now))}
}

// judge applies the rules to an observation and describes it.
func (w *Watch) judge(s observation, k incident.Stored, now time.Time) incident.Observation {
	s.Targets = func() []incident.Target { return w.targets(s, k, now) }
	if s.newest == nil || s.newest.Earlier { // nothing new is known
		if k.Silence.Why == incident.Ignored {
			s.Ignored = k.Silence
		}
	}
	if s.newest == nil {
		return s.Observation
	}
	g := s.newest
	s.Newest, s.Origin = g.Newest, s.source.Entity()
	s.Describe = func(generation int) incident.Cause {
		c := w.Describe(g, s.source, s.incident(generation, now))
		if w.Features != nil {
			c.Features = w.Features(g.Failure.MessageType)
		}
		return c
	}
	if g.Earlier { // rules may depend on its age
		s.Priority = w.Rules.Priority(s.vars(triage.FailureOf(k.Cause), k.Generation, now))
	} else {
		vars := s.vars(g.Failure, k.Generation, now)
		s.Priority, s.Ignored = w.Rules.Priority(vars), w.Rules.Ignored(vars, now)
	}
	if !w.Masker.Hidden() && !g.Shortened {
		s.Trace = func() string { return w.Masker.Sample(g.Failure.Trace, maxTrace) }
	}
	return s.Observation
}

// targets are where an incident is posted first. Problems of our own go to the
// watch's own channel.
func (w *Watch) targets(s observation, k incident.Stored, now time.Time) []incident.Target {
	if k.Kind.Ours() {
		return []incident.Target{w.Chat}
	}
	f, generation := triage.FailureOf(k.Cause), k.Generation
	if s.newest != nil {
		f = s.newest.Failure
	}
	if !k.Alive() && s.Count() > 0 {
		generation++ // it opens now
	}
	return w.Rules.Targets(s.vars(f, generation, now), w.Chat)
}
