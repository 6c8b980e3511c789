package errorqueue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// Limits of one poll. A deeper source takes several.
const (
	maxBatch      = 10_000
	maxBatchBytes = 64 << 20
)

// defaultPollTimeout is how long one poll may take.
const defaultPollTimeout = 45 * time.Second

// A sourceScan reads one source in one pass: some polls, each by a fresh
// receiver, along a cursor.
type sourceScan struct {
	w      *Watch
	source source.Source
	peeker source.Peeker
	known  map[string]incident.Stored // all incidents

	progress  progress // as the ledger has it, until the scan ends
	cursor    cursor
	watermark int64 // when the pass began

	scanned    triage.Groups // what the full scan found below the watermark
	newer      triage.Groups // what was found beyond the watermark
	reached    bool          // the full scan has read what is beyond
	groupCount int           // groups known in the source, those of this pass included
	since      time.Time

	polls, messages int
	whole           bool  // every poll stayed below its limits
	highest, above  int64 // the highest number; how many were above all earlier ones
	partitioned     bool  // some number belongs to a partition
	err             error
}

func (w *Watch) newScan(source source.Source, p progress, known map[string]incident.Stored) *sourceScan {
	return &sourceScan{
		w: w, source: source, peeker: w.Open(source), known: known,
		progress: p, cursor: p.cursor(source), watermark: p.watermark, groupCount: len(p.present()),
		scanned: triage.Groups{}, newer: triage.Groups{}, whole: true, since: w.now().Add(-24 * time.Hour),
	}
}

// errNoTime reports that a pass did not get to a source.
var errNoTime = errors.New("no time was left to read it")

// poll reads one batch from the source and reports whether more remains in this
// pass.
func (s *sourceScan) poll(ctx context.Context) bool {
	polling, cancel := context.WithTimeout(ctx, orDefault(s.w.PollTimeout, defaultPollTimeout))
	defer cancel()
	s.polls++
	g, err := s.peek(polling)
	s.w.DropBodies(s.scanned)
	s.w.DropBodies(s.newer)
	switch {
	case polling.Err() == nil:
		g.ended = err == nil && !g.full
	case ctx.Err() != nil && g.messages == 0 && s.polls == 1:
		err = errNoTime
	case ctx.Err() != nil:
		err = nil // cut off by the end of the reading time
	case g.messages == 0:
		err = fmt.Errorf("read %s: no answer polling %s", s.source.Entity(), orDefault(s.w.PollTimeout, defaultPollTimeout))
	default:
		g.full, err = true, nil // slow, not dead
	}
	s.err = err
	g.missing = g.ended && s.missing()
	s.cursor.after(g)
	return s.cursor.phase != finished
}

// peek reads what one receiver sees, at most one batch.
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

// result ends the scan. It is what the source is now known to hold.
func (s *sourceScan) result() *scanResult {
	r := &scanResult{
		source: s.source, messages: s.messages, err: s.err, groups: triage.Groups{},
		complete: s.cursor.complete,
	}
	if s.polls == 0 {
		r.err = errNoTime
	}
	s.advance()
	r.late = s.cursor.late || !s.cursor.watermarked && !s.whole
	for fingerprint, t := range s.progress.present() {
		if g := s.group(fingerprint); g != nil {
			g.Tally = t
			g.DropHours(s.since)
			r.groups[fingerprint] = g
		}
	}
	r.progress = s.progress
	if r.complete && s.whole {
		r.progress.known, r.progress.watermark = nil, 0 // the next pass starts over
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

// group is what this pass found of a fingerprint or, if only earlier passes
// found it, what its incident holds; nil if that is resolved: somebody handled
// it, and the source's row is older.
func (s *sourceScan) group(fingerprint string) *triage.Group {
	g, newer := s.scanned[fingerprint], s.newer[fingerprint]
	if g == nil || newer != nil && !newer.Newest.Before(g.Newest) {
		g = newer
	}
	if g != nil {
		return g
	}
	if k := s.known[fingerprint]; k.Alive() {
		return &triage.Group{Fingerprint: fingerprint, Failure: k.Failure, Earlier: true}
	}
	return nil
}

func orDefault[T int | time.Duration](n, otherwise T) T {
	if n > 0 {
		return n
	}
	return otherwise
}
