package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/config/yamlfile"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/servicebus"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage/explain"
)

// Limits of looking at the sources.
const (
	checkLinks    = 8
	checkMessages = 10_000 // of each source
)

// bus are the facts about Service Bus: whether it answers, what lies in each
// source, what nobody watches, which rules match nothing of it.
func (c *checkup) bus(ctx context.Context) []Fact {
	if c.broken("ServiceBus") {
		return nil
	}
	client, err := c.Settings.Bus.Connect()
	if err != nil {
		return []Fact{Wrong("connection", err)}
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = client.Close(ctx) // nothing is lost with it
	}()
	s := &survey{checkup: c, client: client}
	masker, err := privacy.New(privacy.Config{}) // nothing of a message is shown
	if err != nil {
		return []Fact{Wrong("sources", err)}
	}
	watch, err := c.sound().NewWatch(masker, true)
	if err != nil {
		return []Fact{Wrong("sources", err)}
	}
	s.explainer, s.patterns = watch.Explainer, slices.Clone(watch.Sources)
	finding, cancel := context.WithTimeout(ctx, c.listing)
	s.watched, s.gaps = c.Settings.Find(finding, watch.Sources)
	cancel()
	var both errgroup.Group
	both.Go(func() error { s.look(ctx); return nil })
	both.Go(func() error { s.list(ctx); return nil })
	_ = both.Wait() // each look holds its own error
	return slices.Concat(s.connection(), s.sources(), s.own(), s.unwatched(), s.rules(), s.frames())
}

// sound is the configuration without what is wrong in it.
func (c *checkup) sound() config.Config {
	if !slices.ContainsFunc(c.Faults, func(f yamlfile.Fault) bool { return !f.Warning }) {
		return c.Config
	}
	var good config.Config
	good.Environment, good.Watch.Slack = c.Config.Environment, c.Config.Watch.Slack
	for i, p := range c.Config.Watch.Sources {
		path := fmt.Sprintf("watch.sources[%d]", i)
		if !slices.ContainsFunc(c.Faults, func(f yamlfile.Fault) bool { return !f.Warning && yamlfile.Within(f.Path, path) }) {
			good.Watch.Sources = append(good.Watch.Sources, p)
		}
	}
	return good
}

// A survey is what a checkup found in the namespace.
type survey struct {
	*checkup
	client    *servicebus.Client
	explainer func(source.Source) *explain.Explainer
	patterns  []source.Source   // the sources as the configuration names them
	watched   []source.Source   // the sources that the patterns match
	gaps      []source.Unlisted // the patterns that could not be resolved

	looks    []*glance // at each source, then at each of our own queues
	listed   []servicebus.Entity
	unlisted []servicebus.Gap
}

// A glance is one look at a place.
type glance struct {
	place    source.Source
	ours     bool // one of our own queues
	failures int
	more     bool // than were looked at
	problems []explain.Problem
	err      error
}

// answered reports whether Service Bus said something, if only a refusal.
func (g *glance) answered() bool {
	for _, kind := range []error{message.ErrMissing, message.ErrForbidden, message.ErrDisabled, message.ErrNeedsSession, message.ErrBusy} {
		if errors.Is(g.err, kind) {
			return true
		}
	}
	return g.err == nil
}

// look looks into all places. Where none is named it asks for one that is not
// there: that it is not is an answer too.
func (s *survey) look(ctx context.Context) {
	for _, p := range s.watched {
		s.looks = append(s.looks, &glance{place: p})
	}
	for _, queue := range s.Settings.OwnQueues() {
		s.looks = append(s.looks, &glance{place: source.Source{Queue: queue}, ours: true})
	}
	if len(s.looks) == 0 {
		s.looks = []*glance{{place: source.Source{Queue: "busbell-check"}, ours: true}}
	}
	var all errgroup.Group
	all.SetLimit(checkLinks)
	for _, g := range s.looks {
		all.Go(func() error {
			s.into(ctx, g)
			return nil
		})
	}
	_ = all.Wait() // each look holds its own error
}

func (s *survey) into(ctx context.Context, g *glance) {
	x, n := s.explainer(g.place), 0
	for m, err := range s.client.Source(g.place.Entity()).Peek(ctx, 0) {
		if err != nil {
			g.err = err
			break
		}
		if n++; g.ours || n > checkMessages {
			g.more = true
			break
		}
		x.Count(&m)
	}
	if g.err == nil && ctx.Err() != nil {
		g.err = ctx.Err()
	}
	if g.ours {
		return
	}
	g.problems = x.Problems()
	for _, p := range g.problems {
		g.failures += p.Count
	}
}

// connection is whether Service Bus answers at all.
func (s *survey) connection() []Fact {
	if slices.ContainsFunc(s.looks, (*glance).answered) {
		return []Fact{fine("connection", "Service Bus answers")}
	}
	f := Wrong("connection", s.looks[0].err)
	if !signIn.MatchString(f.Detail) {
		f.Cure = "check the name of the namespace, and whether AMQP (port 5671, of an emulator 5672) gets out to it"
	}
	return []Fact{f}
}

// sources are the facts about what is watched.
func (s *survey) sources() []Fact {
	var facts []Fact
	for _, p := range s.patterns {
		if p.Pattern() {
			facts = append(facts, s.pattern(p))
		}
	}
	for _, g := range s.looks {
		if !g.ours {
			facts = append(facts, g.fact("source "+g.place.Label()))
		}
	}
	return facts
}

func (s *survey) pattern(p source.Source) Fact {
	name := "source " + p.Label()
	if err := source.ListError(p, s.gaps); err != nil {
		return Wrong(name, err)
	}
	n := 0
	for _, found := range s.watched {
		if p.Matches(found) {
			n++
		}
	}
	f := fine(name, "finds %s", count(n, "source"))
	if n == 0 {
		f.Cure = "correct it, unless such a queue is still to come"
	}
	return f
}

func (g *glance) fact(name string) Fact {
	switch {
	case g.err != nil && !g.answered():
		f := Wrong(name, g.err)
		f.Cure = "see connection"
		return f
	case g.err != nil:
		return Wrong(name, g.err)
	case g.more:
		return fine(name, "more than %d failed messages", g.failures)
	case g.failures == 0:
		return fine(name, "can be read, and holds no failed message")
	}
	return fine(name, "%s of %s", count(g.failures, "failed message"), count(len(g.problems), "kind"))
}

// own are the facts about the queues that functions of ours take messages
// from. One that is missing matters where its function is there.
func (s *survey) own() []Fact {
	folders, _ := s.folders() // what is wrong with them is said elsewhere
	var facts []Fact
	for _, g := range s.looks {
		if !g.ours || !slices.Contains(s.Settings.OwnQueues(), g.place.Queue) {
			continue
		}
		name := "queue " + g.place.Queue
		needed := slices.ContainsFunc(folders, func(f folder) bool {
			return slices.ContainsFunc(f.settings, func(set string) bool { return strings.TrimSpace(s.Getenv(set)) == g.place.Queue })
		})
		switch {
		case g.err == nil:
			facts = append(facts, fine(name, "can be read"))
		case errors.Is(g.err, message.ErrMissing) && !needed:
			facts = append(facts, fine(name, "it does not exist, and no function here needs it"))
		case errors.Is(g.err, message.ErrMissing):
			facts = append(facts, Wrong(name, setting.Cure(message.ErrMissing, "create it; infra/ does")))
		default:
			facts = append(facts, g.fact(name))
		}
	}
	return facts
}
