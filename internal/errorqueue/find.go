package errorqueue

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A sourceSet holds the sources that a pass scans.
type sourceSet struct {
	named    []source.Source // configured by name or found by a pattern
	implied  []source.Source // besides these, see [Implied]
	unlisted []*scanResult   // patterns with unknown matches
}

// A listing holds the entities of the namespace that the patterns need.
type listing struct {
	wanted   bool // some source is a pattern
	entities []source.Entity
	unlisted []source.Unlisted
}

// list lists the existing entities, if any source is a pattern. It is the first
// step of a pass: an emergency page needs the sources even if the pass runs out of
// time.
func (w *Watch) list(ctx context.Context) (l listing) {
	query, wanted := source.NewQuery(w.Sources)
	if !wanted {
		return l
	}
	l.wanted = true
	ctx, cancel := context.WithTimeout(ctx, orDefault(w.PollTimeout, defaultPollTimeout))
	defer cancel()
	l.entities, l.unlisted = w.Find(ctx, query)
	for i := range l.unlisted {
		if ctx.Err() != nil {
			l.unlisted[i].Err = fmt.Errorf("list queues: no answer within %s", orDefault(w.PollTimeout, defaultPollTimeout))
		}
	}
	return l
}

// sourceSet are the sources configured by name, and those that match patterns
// now. Where a part of the namespace cannot be listed, the sources that were
// found there before or hold an incident are still scanned, and each pattern
// that may match something in it is reported as unreadable.
func (w *Watch) sourceSet(l listing, known map[string]incident.Stored) sourceSet {
	if !l.wanted {
		return sourceSet{named: w.Sources, implied: w.Implied}
	}
	var to sourceSet
	seen := func(e source.Entity) bool {
		return !slices.ContainsFunc(l.unlisted, func(g source.Unlisted) bool { return g.Contains(e) })
	}
	w.lastListed = slices.Concat(l.entities, slices.DeleteFunc(w.lastListed, seen))
	for _, p := range w.Sources {
		if err := source.ListError(p, l.unlisted); err != nil {
			to.unlisted = append(to.unlisted, &scanResult{Result: scan.Result{Source: p, Groups: triage.Groups{}, Err: err}})
		}
	}
	expanded := source.Expand(w.Sources, slices.Concat(w.lastListed, slices.DeleteFunc(withIncidents(known), seen)), w.OwnQueues)
	to.named = source.Named(expanded, w.Sources)
	to.implied = source.Implied(to.named, w.OwnQueues...)
	return to
}

// withIncidents are the entities that hold the messages of known incidents.
func withIncidents(known map[string]incident.Stored) []source.Entity {
	var all []source.Entity
	for _, fingerprint := range slices.Sorted(maps.Keys(known)) {
		k := known[fingerprint]
		for entity := range k.Sources {
			if p := source.Parse(entity); k.Alive() && !p.Pattern() && entity != busbell.Entity() {
				all = append(all, source.Entity{Queue: p.Queue, Topic: p.Topic, Subscription: p.Subscription})
			}
		}
	}
	return all
}
