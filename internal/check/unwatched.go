package check

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/source"

	"github.com/busbell/busbell/internal/config/yamlfile"
	"github.com/busbell/busbell/internal/message/servicebus"
)

// list asks for all entities and what lies in them.
func (s *survey) list(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.listing)
	defer cancel()
	l, err := s.Settings.Lister()
	if err != nil {
		s.unlisted = []servicebus.Gap{{Err: err}}
		return
	}
	s.listed, s.unlisted = l.List(ctx, servicebus.Wanted{Queues: true, Topics: func(string) bool { return true }, Counts: true})
}

// forFailures are the names by which a queue is known to hold what failed.
var forFailures = regexp.MustCompile(`(?i)(^|[._/-])(errors?|poison|failed|skipped|dead-?letters?([._-]?queue)?)$`)

// unwatched are the entities that hold failures and that nobody watches. That
// is worth a look, and no fault: somebody may have meant it.
func (s *survey) unwatched() []Fact {
	const name = "unwatched"
	if s.unread() {
		return []Fact{fine(name, "not known while the sources of busbell.yaml are wrong")}
	}
	var facts []Fact
	if n := len(s.unlisted); n > 0 {
		if s.unlisted[n-1].Topic == "*" { // neither queues nor topics: one cause
			n = 1
		}
		f := Wrong(name, s.unlisted[0].Err)
		if n > 1 {
			f.Detail = fmt.Sprintf("%d parts of the namespace could not be listed, first: %s", n, f.Detail)
		}
		f.OK, f.Detail = true, "not known whether failures lie elsewhere: "+f.Detail
		f.Cure = strings.TrimSuffix(f.Cure, ", or name each queue in watch.sources")
		facts = append(facts, f)
	}
	watched := map[string]bool{}
	for _, list := range [][]source.Source{s.watched, source.Implied(s.watched, s.Settings.OwnQueues()...)} {
		for _, p := range list {
			watched[strings.ToLower(p.Entity())] = true
		}
	}
	add := func(p source.Source, messages int64) {
		if messages > 0 && !watched[strings.ToLower(p.Entity())] {
			facts = append(facts, Fact{
				Name: name + " " + p.Entity(), OK: true,
				Detail: count(int(messages), "message") + ", and nobody watches it", Cure: "add to watch.sources: " + asSource(p),
			})
		}
	}
	for _, e := range s.listed {
		p := source.Source{Queue: e.Queue, Topic: e.Topic, Subscription: e.Subscription}
		if p.Topic == "" && forFailures.MatchString(p.Queue) {
			add(p, e.Active)
		}
		p.DeadLetter = true
		add(p, e.DeadLettered)
		p.DeadLetter, p.TransferDeadLetter = false, true
		add(p, e.TransferDeadLettered)
	}
	if facts == nil {
		facts = []Fact{fine(name, "nothing that has failed lies elsewhere")}
	}
	return facts
}

// unread reports whether some source that somebody wrote is not known,
// because of what is wrong with it or with the file.
func (s *survey) unread() bool {
	return slices.ContainsFunc(s.Faults, func(f yamlfile.Fault) bool {
		return !f.Warning && (yamlfile.Within("watch.sources", f.Path) || yamlfile.Within(f.Path, "watch.sources"))
	})
}

// asSource is a place as it stands in busbell.yaml.
func asSource(p source.Source) string {
	keys := "queue: " + p.Queue
	if p.Topic != "" {
		keys = "topic: " + p.Topic + ", subscription: " + p.Subscription
	}
	switch {
	case p.DeadLetter:
		keys += ", deadLetter: true"
	case p.TransferDeadLetter:
		keys += ", transferDeadLetter: true"
	}
	return "{" + keys + "}"
}

// rules are those of the configuration that match nothing of what lies there.
func (s *survey) rules() []Fact {
	const name = "rules"
	var order []string
	holds := map[string]bool{}
	kinds := 0
	for _, g := range s.looks {
		for _, p := range g.problems {
			kinds++
			for _, v := range p.Rules {
				if _, known := holds[v.Rule]; !known {
					order = append(order, v.Rule)
				}
				holds[v.Rule] = holds[v.Rule] || v.Holds
			}
		}
	}
	if kinds == 0 && slices.ContainsFunc(s.looks, func(g *glance) bool { return !g.ours && g.err != nil }) {
		return []Fact{fine(name, "nothing could be read to try them on")}
	}
	if kinds == 0 {
		return []Fact{fine(name, "nothing lies there to try them on")}
	}
	var facts []Fact
	for _, rule := range order {
		if !holds[rule] {
			facts = append(facts, Fact{
				Name: "rule " + rule, OK: true,
				Detail: "matches nothing that lies there (" + count(kinds, "kind") + " of failure)", Cure: "busbell explain --source NAME says why",
			})
		}
	}
	if facts == nil {
		facts = []Fact{fine(name, "each matches something that lies there")}
	}
	return facts
}

// frames are the name spaces of frames.own with which no frame begins of what
// lies there.
func (s *survey) frames() []Fact {
	seen := false
	idle := slices.Clone(s.Config.Watch.Frames.Own)
	for _, g := range s.looks {
		for _, p := range g.problems {
			for name := range p.Failure.Frames() {
				seen = true
				idle = slices.DeleteFunc(idle, func(own string) bool { return strings.HasPrefix(name, strings.TrimRight(own, ".*")+".") })
			}
		}
	}
	var facts []Fact
	for _, own := range idle {
		if seen {
			facts = append(facts, Fact{
				Name: "frames.own " + own, OK: true,
				Detail: "no stack frame of what lies there begins so", Cure: "correct watch.frames.own, or leave it out: see \"our code\" of busbell explain",
			})
		}
	}
	return facts
}
