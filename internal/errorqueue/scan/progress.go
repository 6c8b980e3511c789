package scan

import (
	"maps"
	"slices"

	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A Progress is the state of a source that one pass leaves for the next. If one
// pass reads the whole source, the progress is zero.
type Progress struct {
	Next int64                   `json:"next,omitempty"` // where the full scan in progress goes on
	Met  map[string]triage.Tally `json:"met,omitempty"`  // counts of that scan

	Watermark int64                   `json:"mark,omitempty"`  // everything below it was read once
	Known     map[string]triage.Tally `json:"known,omitempty"` // counts of the last full scan and of newer messages

	Partitioned bool `json:"partitioned,omitempty"` // each partition counts its own numbers: a watermark is useless

	Gaps Gaps `json:"gaps,omitzero"`
}

// cursor returns the position where the next pass begins.
func (p *Progress) cursor(source source.Source) cursor {
	return cursor{next: p.Next, watermark: p.Watermark, watermarked: !source.SubQueue() && !p.Partitioned}
}

// advance adds a pass: what its full scan found below the watermark, and the new
// messages, with whether the full scan has read these too.
func (p *Progress) advance(c cursor, scanned, newer triage.Groups, reached bool) {
	p.Met = sum(p.Met, scanned)
	if reached {
		p.Met = sum(p.Met, newer)
	}
	switch {
	case c.complete:
		p.Known, p.Met = p.Met, nil
		p.Next, p.Watermark = 0, c.next
	case c.watermarked:
		p.Known = sum(p.Known, newer)
		p.Next, p.Watermark = c.next, max(c.watermark, c.next)
		if !reached {
			p.Watermark = c.watermark
		}
	default:
		p.Next = c.next
	}
	if !c.watermarked {
		p.Watermark = 0
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

// present returns the known counts of the source. During a full scan these are the
// counts of the last full scan and of newer messages, or those of this scan where
// they are higher.
func (p *Progress) present() map[string]triage.Tally {
	present := maps.Clone(p.Known)
	if present == nil {
		present = make(map[string]triage.Tally, len(p.Met))
	}
	for fingerprint, t := range p.Met {
		present[fingerprint] = present[fingerprint].AtLeast(t)
	}
	return present
}

// has reports whether a fingerprint is known in the source.
func (p *Progress) has(fingerprint string) bool {
	if _, ok := p.Met[fingerprint]; ok {
		return true
	}
	_, ok := p.Known[fingerprint]
	return ok
}

// maxIdentity is the maximal length of a stored identity, in bytes.
const maxIdentity = 64

// Masked is the progress as it may be stored: mask shortens and masks the
// identities of messages.
func (p Progress) Masked(mask func(s string, most int) string) Progress {
	p.Met, p.Known = masked(p.Met, mask), masked(p.Known, mask)
	return p
}

func masked(tallies map[string]triage.Tally, mask func(s string, most int) string) map[string]triage.Tally {
	all := make(map[string]triage.Tally, len(tallies))
	for fingerprint, t := range tallies {
		t.Samples = slices.Clone(t.Samples)
		for i := range t.Samples {
			t.Samples[i].Identity = mask(t.Samples[i].Identity, maxIdentity)
		}
		all[fingerprint] = t
	}
	return all
}
