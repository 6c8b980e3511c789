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
	maxBatch      = 10_000
	maxBatchBytes = 64 << 20
)

// defaultPatience is how long one look may take.
const defaultPollTimeout = 45 * time.Second

// A survey is the reading of one place in one pass: some looks, each by a
// fresh receiver, along a course.
type sourceScan struct {
	w      *Watch
	source Source
	peeker Peeker
	known  map[string]incident.Stored // all incidents

	progress  progress // as the ledger has it, until the pass is over
	cursor    cursor
	watermark int64 // as it was when the pass began

	scanned    groups // what the roll call met below the mark
	newer      groups // what is beyond the mark
	reached    bool   // the roll call has met what is beyond
	groupCount int    // problems known in the place, those of this pass included
	since      time.Time

	polls, messages int
	whole           bool  // no look met more than one may meet
	highest, above  int64 // the highest number met; how many were higher than all before
	partitioned     bool  // some number is one of a partition's
	err             error
}

func (w *Watch) newScan(place Source, p progress, known map[string]incident.Stored) *sourceScan {
	return &sourceScan{
		w: w, source: place, peeker: w.Open(place), known: known,
		progress: p, cursor: p.cursor(place), watermark: p.watermark, groupCount: len(p.present()),
		scanned: groups{}, newer: groups{}, whole: true, since: w.now().Add(-24 * time.Hour),
	}
}

// errNoTime reports that a pass did not come to a place.
var errNoTime = errors.New("no time was left to read it")

// look looks at the place once and reports whether there is more to look at
// in this pass.
func (s *sourceScan) poll(ctx context.Context) bool {
	within, cancel := context.WithTimeout(ctx, orDefault(s.w.PollTimeout, defaultPollTimeout))
	defer cancel()
	s.polls++
	g, err := s.peek(within)
	s.w.dropBodies(s.scanned)
	s.w.dropBodies(s.newer)
	switch {
	case within.Err() == nil:
		g.ended = err == nil && !g.full
	case ctx.Err() != nil && g.messages == 0 && s.polls == 1:
		err = errNoTime
	case ctx.Err() != nil:
		err = nil // cut off by the end of reading, and kept as it is
	case g.messages == 0:
		err = fmt.Errorf("read %s: no answer within %s", s.source.Entity(), orDefault(s.w.PollTimeout, defaultPollTimeout))
	default:
		g.full, err = true, nil // slow, not dead
	}
	s.err = err
	g.missing = g.ended && s.missing()
	s.cursor.after(g)
	return s.cursor.phase != finished
}

// peek takes in what one receiver sees, at most as much as one look may meet.
func (s *sourceScan) peek(ctx context.Context) (g pollResult, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read %s: panic: %v", s.source.Entity(), r)
		}
	}()
	g.next = s.cursor.from()
	bytes := 0
	for m, err := range s.peeker.Peek(ctx, g.next) {
		if err != nil {
			return g, err
		}
		s.add(&m)
		g.next = max(g.next, m.SequenceNumber+1)
		g.messages++
		bytes += size(&m)
		if g.messages >= orDefault(s.w.Batch, maxBatch) || bytes >= maxBatchBytes {
			g.full, s.whole = true, false
			break
		}
	}
	return g, nil
}

// reading ends the survey: it is what the place is known to hold now.
func (s *sourceScan) result() *scanResult {
	r := &scanResult{
		source: s.source, messages: s.messages, err: s.err, groups: groups{},
		complete: s.cursor.complete,
	}
	if s.polls == 0 {
		r.err = errNoTime
	}
	s.advance()
	r.late = s.cursor.late || !s.cursor.watermarked && !s.whole
	for fingerprint, t := range s.progress.present() {
		if g := s.group(fingerprint); g != nil {
			g.tally = t
			g.dropHours(s.since)
			r.groups[fingerprint] = g
		}
	}
	r.progress = s.progress
	if r.complete && s.whole {
		r.progress.known, r.progress.watermark = nil, 0 // the next pass begins anew
	}
	return r
}

// advance brings the progress up to this pass.
func (s *sourceScan) advance() {
	p := &s.progress
	s.whole = s.whole && p.next == 0
	switch {
	case s.partitioned:
		p.partitioned, p.gaps = true, gaps{}
	case s.cursor.complete && p.next == 0:
		p.partitioned = false
	}
	if s.cursor.watermarked {
		p.gaps = p.gaps.after(s.highest, s.above, s.w.now())
	}
	p.advance(s.cursor, s.scanned, s.newer, s.reached)
}

// group is what this pass met of a problem or, of one that only earlier
// passes met, what its incident knows; nil where that is over: somebody
// handled it, and what the ledger counts of the place is older.
func (s *sourceScan) group(fingerprint string) *group {
	g, fresh := s.scanned[fingerprint], s.newer[fingerprint]
	if g == nil || fresh != nil && !fresh.newest.Before(g.newest) {
		g = fresh
	}
	if g != nil {
		return g
	}
	if k := s.known[fingerprint]; k.Alive() {
		return &group{fingerprint: fingerprint, failure: k.Failure, earlier: true}
	}
	return nil
}

func orDefault[T int | time.Duration](n, otherwise T) T {
	if n > 0 {
		return n
	}
	return otherwise
}
