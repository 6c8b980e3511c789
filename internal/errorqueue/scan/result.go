package scan

import (
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A Result is what is known of one source after a pass.
type Result struct {
	Source   source.Source
	Groups   triage.Groups // of an incomplete scan never all that the source holds
	Messages int           // failures read in this pass

	// Complete says that a full scan ended in this pass, and that where it
	// missed something another receiver confirmed it: what it does not mention
	// is gone. An incomplete result says nothing about what it does not mention,
	// and there may be more than it counts.
	Complete bool

	// Late says that failures may have come that no pass has read yet.
	Late bool

	Err error // why the source could not be read as far as intended

	Progress Progress // with which the next pass goes on
}

// Result ends the scan. It is what the source is now known to hold.
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

// group is what this pass found of a fingerprint, or that only earlier passes
// found it.
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
