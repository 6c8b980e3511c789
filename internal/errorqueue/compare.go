package errorqueue

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
)

// A change is an incident as it is known, as it is to be, and why.
type change struct {
	incident.Kept
	before incident.Incident
	seen   sighting
	why    []Reason
	opened map[string]bool // the keys of the pages that it gets in this pass

	notices []notify.Notice // what is said of it alone
}

func (c *change) because(reasons ...Reason) bool {
	return slices.ContainsFunc(reasons, func(r Reason) bool { return slices.Contains(c.why, r) })
}

// told reports whether the incident begins to be told with this change.
func (c *change) told() bool {
	return c.Silence.Why == "" && c.because(FirstSeen, Reopened, Held, Unignored)
}

// calls reports whether somebody is to be mentioned.
func (c *change) calls() bool { return c.because(FirstSeen, Reopened, Held, Escalated) }

// compare finds out what the readings change in the incidents that are known.
// Those of p.again were changed by somebody else meanwhile: what their pages
// show may be overtaken, so they count as changed; if only, nobody else is asked
// for. What was decided of those in p.held is still to be carried out.
func (w *Watch) compare(ctx context.Context, p *past, readings []*reading, now time.Time, only bool) []*change {
	by := policy{remindAfter: w.RemindAfter, quiet: w.Rules.quietAt(now)}
	seen := w.sightings(p.known, readings, now, p.again)
	touched := incident.After(now, maps.Values(p.known))
	var changes []*change
	for _, fingerprint := range slices.Sorted(maps.Keys(seen)) {
		if only && !p.again.has(fingerprint) || p.held[fingerprint] {
			continue
		}
		c := w.weigh(fingerprint, seen[fingerprint], p.known[fingerprint], now, by)
		if len(c.why) == 0 {
			if !p.again.has(fingerprint) && same(c.Incident, c.before) {
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

// weigh decides about one problem.
func (w *Watch) weigh(fingerprint string, s sighting, k incident.Kept, now time.Time, p policy) *change {
	k.Fingerprint = fingerprint
	switch {
	case s.newest == nil || s.newest.old: // nothing new is known: what was decided stays
		if k.Silence.Why == incident.Ignored {
			s.ignored = k.Silence
		}
		if s.newest != nil { // an incident gets older all the same
			s.priority = w.Rules.priority(s.vars(k.Failure, k.Generation, now))
		}
	case s.trouble() != "": // rules are about failures
		k.Blind, k.Trouble = true, s.trouble()
	default:
		vars := s.vars(s.newest.failure, k.Generation, now)
		s.priority, s.ignored = w.Rules.priority(vars), w.Rules.ignored(vars, now)
	}
	c := &change{Kept: k, before: k.Incident, seen: s, why: decide(s, k.Incident, now, p)}
	w.apply(&c.Incident, s, c.why, now, p)
	if len(c.why) > 0 {
		words := make([]string, 0, len(c.why))
		for _, r := range c.why {
			words = append(words, string(r))
		}
		c.Note(incident.Decision{At: now, Why: words})
	}
	return c
}

// same compares what the ledger would hold.
func same(a, b incident.Incident) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// overtaken are the incidents that somebody else has changed meanwhile, and of
// each whether that was another pass, which may have read later than this one.
type overtaken map[string]bool

func (o overtaken) has(fingerprint string) bool {
	_, ok := o[fingerprint]
	return ok
}

// by finds out which of them another pass has changed.
func (o overtaken) by(before, now map[string]incident.Kept) {
	for fingerprint := range o {
		a, b := before[fingerprint], now[fingerprint]
		o[fingerprint] = a.Generation != b.Generation || a.Alive() != b.Alive() ||
			!same(incident.Incident{Sources: a.Sources}, incident.Incident{Sources: b.Sources})
	}
}

// sightings brings together what the readings and the known incidents say of
// each problem. Where another pass has overtaken this one, what that one saw
// counts: nobody knows who has read later, and the next pass does.
func (w *Watch) sightings(known map[string]incident.Kept, readings []*reading, now time.Time, anew overtaken) map[string]sighting {
	seen := map[string]sighting{}
	unread := map[string]*reading{} // of places where what is not mentioned may lie still; nil: it does not
	for _, r := range readings {
		if unread[r.place.Entity()] = r; r.complete {
			unread[r.place.Entity()] = nil
		}
	}
	for fingerprint, k := range known {
		if !k.Alive() && k.Silence.Why != incident.Quiet && !anew.has(fingerprint) {
			continue
		}
		s := sighting{sources: map[string]incident.Seen{}}
		for entity, was := range k.Sources {
			gone := was.Count == 0
			if r := unread[entity]; r != nil && !k.Blind {
				// A whole roll call did not meet it before: the next need not end.
				if s.unread = s.unread || gone && r.err != nil; !gone {
					s.sources[entity] = was
				}
			}
			if _, looked := unread[entity]; !looked && !gone && !ParsePlace(entity).Pattern() {
				s.unwatched = append(s.unwatched, was.Name)
			}
		}
		seen[fingerprint] = s
	}
	for _, r := range readings {
		for fingerprint, g := range r.groups {
			g.date(known[fingerprint], now)
			seen[fingerprint] = seen[fingerprint].with(r, g)
		}
		for _, g := range r.troubles {
			g.date(known[g.fingerprint], now)
			seen[g.fingerprint] = seen[g.fingerprint].with(&reading{place: r.place, complete: true}, g)
		}
	}
	for fingerprint, byPass := range anew {
		if byPass {
			seen[fingerprint] = sighting{sources: maps.Clone(known[fingerprint].Sources), unread: true}
		}
	}
	return seen
}

// date gives times to a group whose messages have none: those it is known
// with, so that it does not look changed at each pass, and now for a message
// that is newer than those known.
func (g *group) date(k incident.Kept, now time.Time) {
	if !g.oldest.IsZero() {
		return
	}
	g.oldest, g.newest = now, now
	if !k.Alive() {
		return
	}
	g.oldest = k.FirstSeen
	if g.old || len(g.samples) == 0 || len(k.Samples) > 0 && g.samples[0].SequenceNumber <= k.Samples[0].SequenceNumber {
		g.newest = k.LastSeen
	}
}

// with adds what a place holds. Of one whose roll call did not end there may be
// more than was counted, and never less than was known.
func (s sighting) with(r *reading, g *group) sighting {
	if s.sources == nil {
		s.sources = map[string]incident.Seen{}
	}
	entity := r.place.Entity()
	here := incident.Seen{Name: r.place.Label(), Count: g.count, Oldest: g.oldest, Hours: g.hours, Expires: g.expires, Late: r.late && r.err == nil}
	if was, ok := s.sources[entity]; ok && !r.complete {
		here.Count = max(here.Count, was.Count)
		if was.Oldest.Before(here.Oldest) {
			here.Oldest = was.Oldest
		}
	}
	s.sources[entity] = here
	if s.newest == nil || g.newest.After(s.newest.newest) {
		s.newest, s.place = g, r.place
	}
	return s
}
