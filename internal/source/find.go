package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/setting"
)

// An Entity is a queue, or a subscription of a topic, as the namespace lists it.
type Entity struct {
	Queue, Topic, Subscription string
	Forwards                   bool // its messages are forwarded: only its sub-queues can hold any
}

// A Query selects the entities to list for the patterns of a configuration.
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

// AllUnlisted returns all parts of the query, for when none could be listed.
func (q Query) AllUnlisted(err error) []Unlisted {
	var all []Unlisted
	if q.Queues {
		all = append(all, Unlisted{Err: err})
	}
	if q.Topics != nil {
		all = append(all, Unlisted{Topic: "*", Err: err})
	}
	return all
}

// Contains reports whether an entity, if it exists, belongs to the part.
func (u Unlisted) Contains(e Entity) bool {
	return (u.Topic == "") == (e.Topic == "") && matches(u.Topic, e.Topic)
}

// ListError returns why some sources that match a pattern are unknown; nil if all
// are known.
func ListError(p Source, unlisted []Unlisted) error {
	var found []Unlisted
	for _, u := range unlisted {
		if (u.Topic == "") == (p.Topic == "") && (u.Topic == "*" || matches(p.Topic, u.Topic)) {
			found = append(found, u)
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
	if e.Forwards && !p.SubQueue() {
		return false
	}
	return matches(p.Queue, e.Queue) && matches(p.Topic, e.Topic) && matches(p.Subscription, e.Subscription)
}

// in returns the source in one entity that a pattern matches. Its label is its path.
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

// Named returns the expanded sources without those that a pattern found but that
// are [Implied] anyway: the dead-letter queues of scanned queues.
func Named(expanded, configured []Source) []Source {
	scanned, byName := map[string]bool{}, map[string]bool{}
	for _, p := range expanded {
		if !p.SubQueue() {
			scanned[strings.ToLower(p.Queue)] = true
		}
	}
	for _, p := range configured {
		byName[strings.ToLower(p.Entity())] = true
	}
	return slices.DeleteFunc(slices.Clone(expanded), func(p Source) bool {
		return p.DeadLetter && p.Queue != "" && scanned[strings.ToLower(p.Queue)] && !byName[strings.ToLower(p.Entity())]
	})
}

// NewQuery returns the query for the patterns among some sources; false if there
// are none.
func NewQuery(sources []Source) (q Query, some bool) {
	var topics []string
	for _, p := range sources {
		switch {
		case !p.Pattern():
		case p.Topic != "":
			topics = append(topics, p.Topic)
		default:
			q.Queues = true
		}
	}
	if topics != nil {
		q.Topics = func(name string) bool {
			for _, pattern := range topics {
				if matches(pattern, name) {
					return true
				}
			}
			return false
		}
	}
	return q, q.Queues || topics != nil
}

// matches compares names as the broker does, without case.
func matches(pattern, name string) bool {
	return setting.Like(strings.ToLower(pattern), strings.ToLower(name))
}
