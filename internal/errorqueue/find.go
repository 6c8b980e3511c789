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

// An Entity is a queue, or a subscription of a topic, as the namespace lists
// it.
type Entity struct {
	Queue, Topic, Subscription string
	Forwards                   bool // what comes is passed on: it has nothing but its sub-queues
}

// Sought is what of a namespace the patterns in a configuration can mean.
type Query struct {
	Queues bool
	Topics func(name string) bool // of which the subscriptions; nil: of none
}

// A Gap is a part of a namespace that could not be listed: nothing of it is
// among the entities that were.
type Unlisted struct {
	Topic string // whose subscriptions; "*" means every topic's, "" the queues
	Err   error
}

// Gaps are all parts that are sought, where none could be listed.
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

// hides reports whether an entity lies in the gap, if there is such an entity.
func (g Unlisted) contains(e Entity) bool {
	return (g.Topic == "") == (e.Topic == "") && matches(g.Topic, e.Topic)
}

// Hidden says why it is not known all that a pattern means; nil where it is.
func ListError(p Source, gaps []Unlisted) error {
	var found []Unlisted
	for _, g := range gaps {
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

// Pattern reports whether the place stands for all whose names match.
func (p Source) Pattern() bool { return strings.Contains(p.Queue+p.Topic+p.Subscription, "*") }

// Finds reports whether a pattern stands for a place.
func (p Source) Matches(q Source) bool {
	return p.Pattern() && p.DeadLetter == q.DeadLetter && p.TransferDeadLetter == q.TransferDeadLetter &&
		p.matches(Entity{Queue: q.Queue, Topic: q.Topic, Subscription: q.Subscription})
}

// means reports whether a pattern stands for an entity.
func (p Source) matches(e Entity) bool {
	if e.Forwards && !p.subQueue() {
		return false
	}
	return matches(p.Queue, e.Queue) && matches(p.Topic, e.Topic) && matches(p.Subscription, e.Subscription)
}

// of is the place of a pattern in one entity. People call it by its path.
func (p Source) in(e Entity) Source {
	return Source{Queue: e.Queue, Topic: e.Topic, Subscription: e.Subscription, DeadLetter: p.DeadLetter, TransferDeadLetter: p.TransferDeadLetter}
}

// Resolve puts in the place of each pattern what it means of the entities
// that there are. What is named plainly, or meant by a pattern before, is not
// taken twice; our own queues are never meant. Names are compared without
// case, as the broker does.
func Expand(places []Source, there []Entity, own []string) []Source {
	taken := map[string]bool{}
	for _, p := range places {
		if !p.Pattern() {
			taken[strings.ToLower(p.Entity())] = true
		}
	}
	ours := map[string]bool{}
	for _, queue := range own {
		ours[strings.ToLower(queue)] = true
	}
	var all []Source
	for _, p := range places {
		if !p.Pattern() {
			all = append(all, p)
			continue
		}
		for _, e := range there {
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

// Seek is what to list for the patterns among some places; false where there
// are none.
func NewQuery(places []Source) (s Query, some bool) {
	var topics []string
	for _, p := range places {
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

// A round is where a pass looks.
type sourceSet struct {
	named    []Source      // by the configuration, or found by a pattern in it
	implied  []Source      // besides these, see [Beside]
	unlisted []*scanResult // the patterns of which it is not known what they mean
}

// A listing is what the namespace holds, as far as the patterns need it.
type listing struct {
	wanted   bool // some place is a pattern
	entities []Entity
	unlisted []Unlisted
}

// list asks for the entities that there are, if any place is a pattern. It
// comes before all else in a pass: an alarm must know where to look, whatever
// has taken the time.
func (w *Watch) list(ctx context.Context) (l listing) {
	sought, wanted := NewQuery(w.Sources)
	if !wanted {
		return l
	}
	l.wanted = true
	ctx, cancel := context.WithTimeout(ctx, orDefault(w.PollTimeout, defaultPollTimeout))
	defer cancel()
	l.entities, l.unlisted = w.Find(ctx, sought)
	for i := range l.unlisted {
		if ctx.Err() != nil {
			l.unlisted[i].Err = fmt.Errorf("list queues: no answer within %s", orDefault(w.PollTimeout, defaultPollTimeout))
		}
	}
	return l
}

// round goes to the places that are named, and to those that patterns among
// them mean now. Where a part of the namespace cannot be listed, what was
// found there before and what holds an incident is watched on, and each pattern
// that may mean something in it is blind.
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

// holding are the entities that hold what is known to have failed.
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

// like compares names as the broker does, without case.
func matches(pattern, name string) bool {
	return setting.Like(strings.ToLower(pattern), strings.ToLower(name))
}
