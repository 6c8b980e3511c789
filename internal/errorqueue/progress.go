package errorqueue

import (
	"maps"

	"github.com/busbell/busbell/internal/ledger"
)

// A progress is what the ledger keeps of a place from one pass to the next.
// A place that a pass reads whole needs none: there its zero value does.
type progress struct {
	next int64            // where the roll call under way goes on
	met  map[string]tally // what it has met

	watermark int64            // all below it was read once
	known     map[string]tally // what the last whole roll call met, and what came since

	partitioned bool // numbers run in several rows: a mark says nothing

	gaps gaps

	row ledger.Row[sourceRow] // as it was read
}

// course is the way of the next pass through the place.
func (p *progress) cursor(place Source) cursor {
	return cursor{next: p.next, watermark: p.watermark, watermarked: !place.subQueue() && !p.partitioned}
}

// advance takes in a pass: what its roll call met below the mark, and what is
// new, with whether the roll call has met that too.
func (p *progress) advance(c cursor, called, fresh groups, reached bool) {
	p.met = sum(p.met, called)
	if reached {
		p.met = sum(p.met, fresh)
	}
	switch {
	case c.complete:
		p.known, p.met = p.met, nil
		p.next, p.watermark = 0, c.next
	case c.watermarked:
		p.known = sum(p.known, fresh)
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

// sum adds to tallies what groups count.
func sum(tallies map[string]tally, all groups) map[string]tally {
	if tallies == nil {
		tallies = make(map[string]tally, len(all))
	}
	for fingerprint, g := range all {
		tallies[fingerprint] = tallies[fingerprint].plus(g.tally)
	}
	return tallies
}

// there is what is known to lie in the place. Where a roll call is under way
// it is what the last one met and what came since, or more, where this one
// has met more already.
func (p *progress) present() map[string]tally {
	there := maps.Clone(p.known)
	if there == nil {
		there = make(map[string]tally, len(p.met))
	}
	for fingerprint, t := range p.met {
		there[fingerprint] = there[fingerprint].atLeast(t)
	}
	return there
}

// has reports whether a problem is known in the place.
func (p *progress) has(fingerprint string) bool {
	if _, ok := p.met[fingerprint]; ok {
		return true
	}
	_, ok := p.known[fingerprint]
	return ok
}
