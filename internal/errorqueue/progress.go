package errorqueue

import (
	"maps"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A progress is what the ledger holds of a source from one pass to the next. A
// source that one pass reads whole needs none: its progress is zero.
type progress struct {
	next int64                   // where the full scan in progress goes on
	met  map[string]triage.Tally // what that scan has found

	watermark int64                   // everything below it was read once
	known     map[string]triage.Tally // what the last full scan found, and what came since

	partitioned bool // numbers increase in each partition apart: a watermark says nothing

	gaps gaps

	row ledger.Row[sourceRow] // as it was read
}

// cursor is where the next pass begins.
func (p *progress) cursor(source source.Source) cursor {
	return cursor{next: p.next, watermark: p.watermark, watermarked: !source.SubQueue() && !p.partitioned}
}

// advance adds a pass: what its full scan found below the watermark, and the new
// messages, with whether the full scan has read these too.
func (p *progress) advance(c cursor, scanned, newer triage.Groups, reached bool) {
	p.met = sum(p.met, scanned)
	if reached {
		p.met = sum(p.met, newer)
	}
	switch {
	case c.complete:
		p.known, p.met = p.met, nil
		p.next, p.watermark = 0, c.next
	case c.watermarked:
		p.known = sum(p.known, newer)
		p.next, p.watermark = c.next, max(c.watermark, c.next)
		if !reached {
			p.watermark = c.watermark
		}
	default:
		p.next = c.next
	}
	if !c.watermarked {
		p.watermark = 0
	}
}

// sum adds the counts of groups to tallies.
func sum(tallies map[string]triage.Tally, all triage.Groups) map[string]triage.Tally {
	if tallies == nil {
		tallies = make(map[string]triage.Tally, len(all))
	}
	for fingerprint, g := range all {
		tallies[fingerprint] = tallies[fingerprint].Plus(g.Tally)
	}
	return tallies
}

// present is what is known to be in the source. During a full scan it is what
// the last one found and what came since, or more where this one has found more
// already.
func (p *progress) present() map[string]triage.Tally {
	present := maps.Clone(p.known)
	if present == nil {
		present = make(map[string]triage.Tally, len(p.met))
	}
	for fingerprint, t := range p.met {
		present[fingerprint] = present[fingerprint].AtLeast(t)
	}
	return present
}

// has reports whether a fingerprint is known in the source.
func (p *progress) has(fingerprint string) bool {
	if _, ok := p.met[fingerprint]; ok {
		return true
	}
	_, ok := p.known[fingerprint]
	return ok
}
