package errorqueue

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A change is an incident as it was, as it is to be, and why.
type change struct {
	incident.Stored
	before   incident.Incident
	observed observation
	why      []Reason
	opened   map[string]bool // keys of the pages that this change opens

	notices []notify.Notice // about this incident alone
}

func (c *change) because(reasons ...Reason) bool {
	return slices.ContainsFunc(reasons, func(r Reason) bool { return slices.Contains(c.why, r) })
}

// startsTelling reports whether the incident is posted for the first time in
// this life.
func (c *change) startsTelling() bool {
	return c.Silence.Why == "" && c.because(FirstSeen, Reopened, HeldBack, Unignored)
}

// mentions reports whether somebody is to be mentioned.
func (c *change) mentions() bool { return c.because(FirstSeen, Reopened, HeldBack, Escalated) }

// decideAll finds out what the scan results change in the known incidents.
// Incidents in p.conflicts were changed concurrently: what their pages show may
// be outdated, so they count as changed. If onlyConflicts is set, other
// incidents are skipped. So are those in p.Failed, whose last decision is still
// to be carried out.
func (w *Watch) decideAll(ctx context.Context, p *passState, results []*scanResult, now time.Time, onlyConflicts bool) []*change {
	by := policy{remindAfter: w.RemindAfter, quiet: w.Rules.QuietAt(now)}
	seen := w.observations(p.known, results, now, p.conflicts)
	touched := incident.After(now, maps.Values(p.known))
	var changes []*change
	for _, fingerprint := range slices.Sorted(maps.Keys(seen)) {
		if onlyConflicts && !p.conflicts.has(fingerprint) || p.Failed[fingerprint] {
			continue
		}
		c := w.evaluate(fingerprint, seen[fingerprint], p.known[fingerprint], now, by)
		if len(c.why) == 0 {
			if !p.conflicts.has(fingerprint) && same(c.Incident, c.before) {
				continue
			}
			c.why = []Reason{Changed}
		}
		c.Touch(touched)
		w.Log.InfoContext(ctx, "decided", "incident", fingerprint, "life", c.Generation, "messages", c.Count(), "reason", c.why, "silence", c.Silence.Why)
		changes = append(changes, c)
	}
	return changes
}

// evaluate decides about one incident.
func (w *Watch) evaluate(fingerprint string, s observation, k incident.Stored, now time.Time, p policy) *change {
	k.Fingerprint = fingerprint
	switch {
	case s.newest == nil || s.newest.Earlier: // nothing new is known
		if k.Silence.Why == incident.Ignored {
			s.ignored = k.Silence
		}
		if s.newest != nil { // rules may depend on its age
			s.priority = w.Rules.Priority(s.vars(k.Failure, k.Generation, now))
		}
	case s.kind() != "": // rules are about failures only
		k.Ours, k.Kind = true, s.kind()
	default:
		vars := s.vars(s.newest.Failure, k.Generation, now)
		s.priority, s.ignored = w.Rules.Priority(vars), w.Rules.Ignored(vars, now)
	}
	c := &change{Stored: k, before: k.Incident, observed: s, why: decide(s, k.Incident, now, p)}
	w.applyDecision(&c.Incident, s, c.why, now, p)
	if len(c.why) > 0 {
		words := make([]string, 0, len(c.why))
		for _, r := range c.why {
			words = append(words, string(r))
		}
		c.AddDecision(incident.Decision{At: now, Why: words})
	}
	return c
}

// same reports whether the ledger would hold the same for both.
func same(a, b incident.Incident) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// conflicts are the incidents that were changed concurrently. The value tells
// whether another pass did it, which may have read later than this one.
type conflicts map[string]bool

// add adds one of which this pass knows nothing newer.
func (o conflicts) add(fingerprint string) {
	if !o.has(fingerprint) {
		o[fingerprint] = false
	}
}

func (o conflicts) has(fingerprint string) bool {
	_, ok := o[fingerprint]
	return ok
}

// classify finds out which of them another pass has changed.
func (o conflicts) classify(before, now map[string]incident.Stored) {
	for fingerprint := range o {
		a, b := before[fingerprint], now[fingerprint]
		o[fingerprint] = a.Generation != b.Generation || a.Alive() != b.Alive() ||
			!same(incident.Incident{Sources: a.Sources}, incident.Incident{Sources: b.Sources})
	}
}

// observations combines what the scan results and the known incidents say of
// each fingerprint. Where another pass changed an incident concurrently, what
// that pass saw counts: nobody knows which of the two read later, and the next
// pass does.
func (w *Watch) observations(known map[string]incident.Stored, results []*scanResult, now time.Time, conflicting conflicts) map[string]observation {
	seen := map[string]observation{}
	unread := map[string]*scanResult{} // by source, where what the scan did not find may still be; nil: it is gone
	for _, r := range results {
		if unread[r.Source.Entity()] = r; r.Complete {
			unread[r.Source.Entity()] = nil
		}
	}
	for fingerprint, k := range known {
		if !k.Alive() && k.Silence.Why != incident.Quiet && !conflicting.has(fingerprint) {
			continue
		}
		s := observation{sources: map[string]incident.Seen{}}
		for entity, was := range k.Sources {
			gone := was.Count == 0
			if r := unread[entity]; r != nil && !k.Ours {
				// An earlier full scan did not find it: this one need not be complete.
				if s.unreadable = s.unreadable || gone && r.Err != nil; !gone {
					s.sources[entity] = was
				}
			}
			if _, looked := unread[entity]; !looked && !gone && !source.Parse(entity).Pattern() {
				s.unwatched = append(s.unwatched, was.Name)
			}
		}
		seen[fingerprint] = s
	}
	for _, r := range results {
		for fingerprint, g := range r.Groups {
			date(g, known[fingerprint], now)
			seen[fingerprint] = seen[fingerprint].merge(r, g)
		}
		for _, g := range r.problems {
			date(g, known[g.Fingerprint], now)
			seen[g.Fingerprint] = seen[g.Fingerprint].merge(&scanResult{Result: scan.Result{Source: r.Source, Complete: true}}, g)
		}
	}
	for fingerprint, byPass := range conflicting {
		if byPass {
			seen[fingerprint] = observation{sources: maps.Clone(known[fingerprint].Sources), unreadable: true}
		}
	}
	return seen
}

// date gives times to a group whose messages have none: those of its incident,
// so that it does not look changed in each pass, and now for a message that is
// newer than the known ones.
func date(g *triage.Group, k incident.Stored, now time.Time) {
	if !g.Oldest.IsZero() {
		return
	}
	g.Oldest, g.Newest = now, now
	if !k.Alive() {
		return
	}
	g.Oldest = k.FirstSeen
	if g.Earlier || len(g.Samples) == 0 || len(k.Samples) > 0 && g.Samples[0].SequenceNumber <= k.Samples[0].SequenceNumber {
		g.Newest = k.LastSeen
	}
}

// merge adds what a source holds. Of a source whose full scan did not end there
// may be more than was counted, and never less than was known.
func (s observation) merge(r *scanResult, g *triage.Group) observation {
	if s.sources == nil {
		s.sources = map[string]incident.Seen{}
	}
	entity := r.Source.Entity()
	here := incident.Seen{Name: r.Source.Label(), Count: g.Count, Oldest: g.Oldest, Hours: g.Hours, Expires: g.Expires, Late: r.Late && r.Err == nil}
	if was, ok := s.sources[entity]; ok && !r.Complete {
		here.Count = max(here.Count, was.Count)
		if was.Oldest.Before(here.Oldest) {
			here.Oldest = was.Oldest
		}
	}
	s.sources[entity] = here
	if s.newest == nil || g.Newest.After(s.newest.Newest) {
		s.newest, s.source = g, r.Source
	}
	return s
}
