package errorqueue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/setting"
)

// An Entity is a queue, or a subscription of a topic, as the namespace lists it.
type Entity struct {
	Queue, Topic, Subscription string
	Forwards                   bool // its messages are forwarded: only its sub-queues can hold any
}

// A Query is what to list of a namespace for the patterns of a configuration.
type Query struct {
	Queues bool
	Topics func(name string) bool // whose subscriptions to list; nil: none
}

// An Unlisted is a part of a namespace that could not be listed: none of its
// entities are known.
type Unlisted struct {
	Topic string // whose subscriptions; "*" means every topic's, "" the queues
	Err   error
}

// AllUnlisted are all parts of the query, where none could be listed.
func (s Query) AllUnlisted(err error) []Unlisted {
	var all []Unlisted
	if s.Queues {
		all = append(all, Unlisted{Err: err})
	}
	if s.Topics != nil {
		all = append(all, Unlisted{Topic: "*", Err: err})
	}
	return all
}

// contains reports whether an entity, if it exists, belongs to the part.
func (g Unlisted) contains(e Entity) bool {
	return (g.Topic == "") == (e.Topic == "") && matches(g.Topic, e.Topic)
}

// ListError says why the sources that match a pattern are not all known; nil
// where they are.
func ListError(p Source, unlisted []Unlisted) error {
	var found []Unlisted
	for _, g := range unlisted {
		if (g.Topic == "") == (p.Topic == "") && (g.Topic == "*" || matches(p.Topic, g.Topic)) {
			found = append(found, g)
		}
	}
	switch {
	case !p.Pattern() || len(found) == 0:
		return nil
	case len(found) == 1:
		return found[0].Err
	}
	return fmt.Errorf("%d topics could not be listed, first: %w", len(found), found[0].Err)
}

// Pattern reports whether the source stands for all entities whose names match.
func (p Source) Pattern() bool { return strings.Contains(p.Queue+p.Topic+p.Subscription, "*") }

// Matches reports whether a pattern matches a source.
func (p Source) Matches(q Source) bool {
	return p.Pattern() && p.DeadLetter == q.DeadLetter && p.TransferDeadLetter == q.TransferDeadLetter &&
		p.matches(Entity{Queue: q.Queue, Topic: q.Topic, Subscription: q.Subscription})
}

// matches reports whether a pattern matches an entity.
func (p Source) matches(e Entity) bool {
	if e.Forwards && !p.subQueue() {
		return false
	}
	return matches(p.Queue, e.Queue) && matches(p.Topic, e.Topic) && matches(p.Subscription, e.Subscription)
}

// in is the source that a pattern means in one entity. Its label is its path.
func (p Source) in(e Entity) Source {
	return Source{Queue: e.Queue, Topic: e.Topic, Subscription: e.Subscription, DeadLetter: p.DeadLetter, TransferDeadLetter: p.TransferDeadLetter}
}

// Expand replaces each pattern by the sources that match it among the existing
// entities. A source that is configured by name, or matches an earlier pattern,
// is not repeated; our own queues are left out. Names are compared without case,
// as the broker does.
func Expand(sources []Source, existing []Entity, own []string) []Source {
	taken := map[string]bool{}
	for _, p := range sources {
		if !p.Pattern() {
			taken[strings.ToLower(p.Entity())] = true
		}
	}
	ours := map[string]bool{}
	for _, queue := range own {
		ours[strings.ToLower(queue)] = true
	}
	var all []Source
	for _, p := range sources {
		if !p.Pattern() {
			all = append(all, p)
			continue
		}
		for _, e := range existing {
			if !p.matches(e) || ours[strings.ToLower(e.Queue)] {
				continue
			}
			if entity := strings.ToLower(p.in(e).Entity()); !taken[entity] {
				all, taken[entity] = append(all, p.in(e)), true
			}
		}
	}
	return all
}

// NewQuery is what to list for the patterns among some sources; false where
// there are none.
func NewQuery(sources []Source) (s Query, some bool) {
	var topics []string
	for _, p := range sources {
		switch {
		case !p.Pattern():
		case p.Topic != "":
			topics = append(topics, p.Topic)
		default:
			s.Queues = true
		}
	}
	if topics != nil {
		s.Topics = func(name string) bool {
			for _, pattern := range topics {
				if matches(pattern, name) {
					return true
				}
			}
			return false
		}
	}
	return s, s.Queues || topics != nil
}

// A sourceSet is what a pass scans.
type sourceSet struct {
	named    []Source      // configured by name or found by a pattern
	implied  []Source      // besides these, see [Implied]
	unlisted []*scanResult // patterns whose matches are not all known
}

// A listing is what the namespace holds, as far as the patterns need it.
type listing struct {
	wanted   bool // some source is a pattern
	entities []Entity
	unlisted []Unlisted
}

// list lists the existing entities, if any source is a pattern. It is the first
// step of a pass: an emergency page needs the sources, whatever has used up the
// time.
func (w *Watch) list(ctx context.Context) (l listing) {
	query, wanted := NewQuery(w.Sources)
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
	seen := func(e Entity) bool {
		return !slices.ContainsFunc(l.unlisted, func(g Unlisted) bool { return g.contains(e) })
	}
	w.lastListed = slices.Concat(l.entities, slices.DeleteFunc(w.lastListed, seen))
	for _, p := range w.Sources {
		if err := ListError(p, l.unlisted); err != nil {
			to.unlisted = append(to.unlisted, &scanResult{source: p, groups: groups{}, err: err})
		}
	}
	to.named = Expand(w.Sources, slices.Concat(w.lastListed, slices.DeleteFunc(withIncidents(known), seen)), w.OwnQueues)
	to.implied = Implied(to.named, w.OwnQueues...)
	return to
}

// withIncidents are the entities that hold the messages of known incidents.
func withIncidents(known map[string]incident.Stored) []Entity {
	var all []Entity
	for _, fingerprint := range slices.Sorted(maps.Keys(known)) {
		k := known[fingerprint]
		for entity := range k.Sources {
			if p := ParseSource(entity); k.Alive() && !p.Pattern() && entity != busbell.Entity() {
				all = append(all, Entity{Queue: p.Queue, Topic: p.Topic, Subscription: p.Subscription})
			}
		}
	}
	return all
}

// matches compares names as the broker does, without case.
func matches(pattern, name string) bool {
	return setting.Like(strings.ToLower(pattern), strings.ToLower(name))
}
