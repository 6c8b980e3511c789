package scan

import (
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A Result is the state of one source after a pass.
type Result struct {
	Source   source.Source
	Groups   triage.Groups // of an incomplete scan never all that the source holds
	Messages int           // failures read in this pass

	// Complete is set if a full scan ended in this pass, and another receiver
	// confirmed missing messages: groups that are not in the result are gone. If
	// the result is incomplete, they may still be there, and the counts are
	// minimums.
	Complete bool

	// Late is set if there may be failures that no pass has read yet.
	Late bool

	Err error // why the source could not be read as far as intended

	Progress Progress // with which the next pass goes on
}

// Result ends the scan and returns the known content of the source.
func (s *Scan) Result() Result {
	r := Result{
		Source: s.source, Messages: s.messages, Err: s.err, Groups: triage.Groups{},
		Complete: s.cursor.complete,
	}
	if s.polls == 0 {
		r.Err = ErrNoTime
	}
	s.advance()
	r.Late = s.cursor.late || !s.cursor.watermarked && !s.whole
	for fingerprint, t := range s.progress.present() {
		g := s.group(fingerprint)
		g.Tally = t
		g.DropHours(s.since)
		r.Groups[fingerprint] = g
	}
	r.Progress = s.progress
	if r.Complete && s.whole {
		r.Progress.Known, r.Progress.Watermark = nil, 0 // the next pass starts over
	}
	return r
}

// advance brings the progress up to this pass.
func (s *Scan) advance() {
	p := &s.progress
	s.whole = s.whole && p.Next == 0
	switch {
	case s.partitioned:
		p.Partitioned, p.Gaps = true, Gaps{}
	case s.cursor.complete && p.Next == 0:
		p.Partitioned = false
	}
	if s.cursor.watermarked {
		p.Gaps = p.Gaps.after(s.highest, s.above, s.now())
	}
	p.advance(s.cursor, s.scanned, s.newer, s.reached)
}

// group returns the messages that this pass found for a fingerprint, or a group
// marked as found by earlier passes only.
func (s *Scan) group(fingerprint string) *triage.Group {
	g, newer := s.scanned[fingerprint], s.newer[fingerprint]
	if g == nil || newer != nil && !newer.Newest.Before(g.Newest) {
		g = newer
	}
	if g == nil {
		g = &triage.Group{Fingerprint: fingerprint, Earlier: true}
	}
	return g
}
