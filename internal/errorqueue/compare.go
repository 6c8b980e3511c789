package errorqueue

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/incident"
)

// A change is an incident as it is known, as it is to be, and why.
type change struct {
	place Place // where its newest failure lies
	incident.Kept
	before incident.Incident
	why    []Reason
}

func (c *change) because(r Reason) bool { return slices.Contains(c.why, r) }

// fresh reports whether the incident begins a life with this change.
func (c *change) fresh() bool { return c.because(FirstSeen) || c.because(Reopened) }

// compare finds out what the readings change in the incidents that are known.
func (w *Watch) compare(known map[string]incident.Kept, readings []*reading, now time.Time) []*change {
	seen := w.sightings(known, readings, now)
	var changes []*change
	for _, fingerprint := range slices.Sorted(maps.Keys(seen)) {
		s, k := seen[fingerprint], known[fingerprint]
		s.priority = w.Rules.priority(s, k.Incident, now)
		why := decide(s, k.Incident)
		c := &change{place: s.place, Kept: k, before: k.Incident, why: why}
		w.apply(&c.Incident, fingerprint, s, why, now)
		if len(why) == 0 {
			if same(c.Incident, c.before) {
				continue
			}
			c.why = []Reason{Changed}
		}
		c.Version++
		w.Log.Info("decided", "incident", fingerprint, "life", c.Generation, "messages", c.Count(), "reason", c.why)
		changes = append(changes, c)
	}
	return changes
}

// same compares what the ledger would hold.
func same(a, b incident.Incident) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// sightings brings together what the readings and the known incidents say of
// each problem.
func (w *Watch) sightings(known map[string]incident.Kept, readings []*reading, now time.Time) map[string]sighting {
	seen := map[string]sighting{}
	unread := map[string]bool{} // places of which what is not mentioned may lie there still
	for _, r := range readings {
		unread[r.place.Entity()] = !r.complete
	}
	for fingerprint, k := range known {
		if k.State != incident.Open {
			continue
		}
		s := sighting{sources: map[string]incident.Seen{}}
		for entity, was := range k.Sources {
			if unread[entity] && !k.Blind {
				s.sources[entity] = was
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
	return seen
}

// date gives times to a group whose messages have none: those it is known
// with, so that it does not look changed at each pass.
func (g *group) date(k incident.Kept, now time.Time) {
	if !g.oldest.IsZero() {
		return
	}
	g.oldest, g.newest = now, now
	if k.State == incident.Open {
		g.oldest, g.newest = k.FirstSeen, k.LastSeen
	}
}

// with adds what a place holds. Of one whose roll call did not end there may be
// more than was counted, and never less than was known.
func (s sighting) with(r *reading, g *group) sighting {
	if s.sources == nil {
		s.sources = map[string]incident.Seen{}
	}
	entity := r.place.Entity()
	here := incident.Seen{Name: r.place.Label(), Count: g.count, Oldest: g.oldest}
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
