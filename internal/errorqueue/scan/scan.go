// Package scan reads the sources of failed messages and counts their messages.
//
// A [Scan] reads one source in one pass: some polls, each by a fresh receiver,
// along a cursor. The counts and the position are the source's [Progress]; the
// next pass continues from there. The package does not depend on incidents.
package scan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// Limits bound each poll; a deeper source takes several polls.
type Limits struct {
	Batch   int           // messages
	Timeout time.Duration // how long it may take
}

// How much one poll reads, and after how much of it bodies that are not needed are
// dropped.
const (
	maxBatchBytes = 64 << 20
	maxHeldBytes  = 2 << 20
)

// A Scan reads one source in one pass.
type Scan struct {
	source source.Source
	peeker source.Peeker
	triage *triage.Triage
	limits Limits
	now    func() time.Time

	expected  []string // fingerprints that were in the source before
	progress  Progress // as it was before the pass, until the scan ends
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

// New starts a scan of a source that goes on from its progress. expected are the
// fingerprints that it held before: a full scan that misses one of them is
// confirmed by another receiver before it counts as complete.
func New(t *triage.Triage, at source.Source, peeker source.Peeker, from Progress, expected []string, limits Limits, now func() time.Time) *Scan {
	return &Scan{
		source: at, peeker: peeker, triage: t, limits: limits, now: now, expected: expected,
		progress: from, cursor: from.cursor(at), watermark: from.Watermark, groupCount: len(from.present()),
		scanned: triage.Groups{}, newer: triage.Groups{}, whole: true, since: now().Add(-24 * time.Hour),
	}
}

// ErrNoTime reports that a pass did not get to a source.
var ErrNoTime = errors.New("no time was left to read it")

// Poll reads one batch from the source and reports whether more remains in this
// pass.
func (s *Scan) Poll(ctx context.Context) bool {
	polling, cancel := context.WithTimeout(ctx, s.limits.Timeout)
	defer cancel()
	s.polls++
	g, err := s.peek(polling)
	s.dropBodies()
	switch {
	case polling.Err() == nil:
		g.ended = err == nil && !g.full
	case ctx.Err() != nil && g.messages == 0 && s.polls == 1:
		err = ErrNoTime
	case ctx.Err() != nil:
		err = nil // cut off by the end of the reading time
	case g.messages == 0:
		err = fmt.Errorf("read %s: no answer polling %s", s.source.Entity(), s.limits.Timeout)
	default:
		g.full, err = true, nil // slow, not dead
	}
	s.err = err
	g.missing = g.ended && s.missing()
	s.cursor.after(g)
	return s.cursor.phase != finished
}

// dropBodies drops the parts of read messages that are not needed.
func (s *Scan) dropBodies() {
	s.triage.DropBodies(s.scanned)
	s.triage.DropBodies(s.newer)
}

// peek reads at most one batch from one receiver.
func (s *Scan) peek(ctx context.Context) (g pollResult, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read %s: panic: %v", s.source.Entity(), r)
		}
	}()
	g.next = s.cursor.from()
	bytes, held := 0, 0
	for m, err := range s.peeker.Peek(ctx, g.next) {
		if err != nil {
			return g, err
		}
		s.add(&m)
		g.next = max(g.next, m.SequenceNumber+1)
		g.messages++
		size := message.Size(&m)
		bytes, held = bytes+size, held+size
		if held >= maxHeldBytes {
			s.dropBodies()
			held = 0
		}
		if g.messages >= s.limits.Batch || bytes >= maxBatchBytes {
			g.full, s.whole = true, false
			break
		}
	}
	return g, nil
}
