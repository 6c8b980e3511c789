package errorqueue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/incident"
)

// Limits of one look at a place. What is deeper takes several.
const (
	lookMessages = 10_000
	lookBytes    = 64 << 20
)

// defaultPatience is how long one look may take.
const defaultPatience = 45 * time.Second

// A survey is the reading of one place in one pass: some looks, each by a
// fresh receiver, along a course.
type survey struct {
	w      *Watch
	place  Place
	source Source
	known  map[string]incident.Kept // all incidents

	progress progress // as the ledger has it, until the pass is over
	course   course
	mark     int64 // as it was when the pass began

	called  groups // what the roll call met below the mark
	fresh   groups // what is beyond the mark
	reached bool   // the roll call has met what is beyond
	kinds   int    // problems known in the place, those of this pass included
	since   time.Time

	looks, messages int
	whole           bool  // no look met more than one may meet
	highest, above  int64 // the highest number met; how many were higher than all before
	spread          bool  // some number is one of a partition's
	err             error
}

func (w *Watch) survey(place Place, p progress, known map[string]incident.Kept) *survey {
	return &survey{
		w: w, place: place, source: w.Open(place), known: known,
		progress: p, course: p.course(place), mark: p.mark, kinds: len(p.there()),
		called: groups{}, fresh: groups{}, whole: true, since: w.now().Add(-24 * time.Hour),
	}
}

// errNoTime reports that a pass did not come to a place.
var errNoTime = errors.New("no time was left to read it")

// look looks at the place once and reports whether there is more to look at
// in this pass.
func (s *survey) look(ctx context.Context) bool {
	within, cancel := context.WithTimeout(ctx, orDefault(s.w.Patience, defaultPatience))
	defer cancel()
	s.looks++
	g, err := s.peek(within)
	s.w.lighten(s.called)
	s.w.lighten(s.fresh)
	switch {
	case within.Err() == nil:
		g.ended = err == nil && !g.full
	case ctx.Err() != nil && g.messages == 0 && s.looks == 1:
		err = errNoTime
	case ctx.Err() != nil:
		err = nil // cut off by the end of reading, and kept as it is
	case g.messages == 0:
		err = fmt.Errorf("read %s: no answer within %s", s.place.Entity(), orDefault(s.w.Patience, defaultPatience))
	default:
		g.full, err = true, nil // slow, not dead
	}
	s.err = err
	g.missing = g.ended && s.missing()
	s.course.after(g)
	return s.course.stage != over
}

// peek takes in what one receiver sees, at most as much as one look may meet.
func (s *survey) peek(ctx context.Context) (g glance, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read %s: panic: %v", s.place.Entity(), r)
		}
	}()
	g.at = s.course.from()
	bytes := 0
	for m, err := range s.source.Peek(ctx, g.at) {
		if err != nil {
			return g, err
		}
		s.take(&m)
		g.at = max(g.at, m.SequenceNumber+1)
		g.messages++
		bytes += weight(&m)
		if g.messages >= orDefault(s.w.Stretch, lookMessages) || bytes >= lookBytes {
			g.full, s.whole = true, false
			break
		}
	}
	return g, nil
}

// reading ends the survey: it is what the place is known to hold now.
func (s *survey) reading() *reading {
	r := &reading{
		place: s.place, messages: s.messages, err: s.err, groups: groups{},
		complete: s.course.complete,
	}
	if s.looks == 0 {
		r.err = errNoTime
	}
	s.advance()
	r.late = s.course.late || !s.course.marked && !s.whole
	for fingerprint, t := range s.progress.there() {
		if g := s.group(fingerprint); g != nil {
			g.tally = t
			g.forget(s.since)
			r.groups[fingerprint] = g
		}
	}
	r.progress = s.progress
	if r.complete && s.whole {
		r.progress.known, r.progress.mark = nil, 0 // the next pass begins anew
	}
	return r
}

// advance brings the progress up to this pass.
func (s *survey) advance() {
	p := &s.progress
	s.whole = s.whole && p.next == 0
	switch {
	case s.spread:
		p.partitioned, p.gaps = true, gaps{}
	case s.course.complete && p.next == 0:
		p.partitioned = false
	}
	if s.course.marked {
		p.gaps = p.gaps.after(s.highest, s.above, s.w.now())
	}
	p.advance(s.course, s.called, s.fresh, s.reached)
}

// group is what this pass met of a problem or, of one that only earlier
// passes met, what its incident knows; nil where that is over: somebody
// handled it, and what the ledger counts of the place is older.
func (s *survey) group(fingerprint string) *group {
	g, fresh := s.called[fingerprint], s.fresh[fingerprint]
	if g == nil || fresh != nil && !fresh.newest.Before(g.newest) {
		g = fresh
	}
	if g != nil {
		return g
	}
	if k := s.known[fingerprint]; k.Alive() {
		return &group{fingerprint: fingerprint, failure: k.Failure, old: true}
	}
	return nil
}

func orDefault[T int | time.Duration](n, otherwise T) T {
	if n > 0 {
		return n
	}
	return otherwise
}
