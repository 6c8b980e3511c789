package errorqueue

import (
	"slices"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/triage"
)

// A sourceRow is a progress as the ledger holds it.
type sourceRow struct {
	Next        int64                   `json:"next,omitempty"`
	Watermark   int64                   `json:"mark,omitempty"`
	Partitioned bool                    `json:"partitioned,omitempty"`
	Met         map[string]triage.Tally `json:"met,omitempty"`
	Known       map[string]triage.Tally `json:"known,omitempty"`
	Gaps        gapsRow                 `json:"gaps,omitzero"`
}

type gapsRow struct {
	Seen   int64     `json:"seen,omitempty"`
	Passes int       `json:"passes,omitempty"`
	Unseen int64     `json:"unseen,omitempty"`
	First  time.Time `json:"first,omitzero"`
	Last   time.Time `json:"last,omitzero"`
}

func (w *Watch) sourceRow(p progress) sourceRow {
	return sourceRow{
		Next: p.next, Watermark: p.watermark, Partitioned: p.partitioned,
		Met: w.masked(p.met), Known: w.masked(p.known), Gaps: gapsRow{p.gaps.seen, p.gaps.passes, p.gaps.unseen, p.gaps.first, p.gaps.last},
	}
}

// maxIdentity is the maximal length of an identity in a row, in bytes.
const maxIdentity = 64

// masked are tallies as they may be stored.
func (w *Watch) masked(tallies map[string]triage.Tally) map[string]triage.Tally {
	all := make(map[string]triage.Tally, len(tallies))
	for fingerprint, t := range tallies {
		t.Samples = slices.Clone(t.Samples)
		for i := range t.Samples {
			t.Samples[i].Identity = w.Masker.Sample(t.Samples[i].Identity, maxIdentity)
		}
		all[fingerprint] = t
	}
	return all
}

func progressFrom(r ledger.Row[sourceRow]) progress {
	g := r.Value.Gaps
	p := progress{
		next: r.Value.Next, watermark: r.Value.Watermark, partitioned: r.Value.Partitioned,
		met: r.Value.Met, known: r.Value.Known, gaps: gaps{g.Seen, g.Passes, g.Unseen, g.First, g.Last}, row: r,
	}
	p.row.Value = sourceRow{}
	return p
}
