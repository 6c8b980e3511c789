package errorqueue

import (
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A sourceRow is a progress as the ledger holds it.
type sourceRow struct {
	Next        int64               `json:"next,omitempty"`
	Watermark   int64               `json:"mark,omitempty"`
	Partitioned bool                `json:"partitioned,omitempty"`
	Met         map[string]tallyRow `json:"met,omitempty"`
	Known       map[string]tallyRow `json:"known,omitempty"`
	Gaps        gapsRow             `json:"gaps,omitzero"`
}

type tallyRow struct {
	Count   int           `json:"count"`
	Oldest  time.Time     `json:"oldest,omitzero"`
	Newest  time.Time     `json:"newest,omitzero"`
	Expires time.Time     `json:"expires,omitzero"`
	Hours   map[int64]int `json:"hours,omitempty"`
	Samples []sampleRow   `json:"samples,omitempty"`
}

type sampleRow struct {
	SequenceNumber int64     `json:"number"`
	Identity       string    `json:"identity,omitempty"`
	FailedAt       time.Time `json:"failedAt,omitzero"`
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
		Met: w.tallyRows(p.met), Known: w.tallyRows(p.known), Gaps: gapsRow{p.gaps.seen, p.gaps.passes, p.gaps.unseen, p.gaps.first, p.gaps.last},
	}
}

// maxIdentity is the maximal length of an identity in a row, in bytes.
const maxIdentity = 64

func (w *Watch) tallyRows(tallies map[string]tally) map[string]tallyRow {
	rows := make(map[string]tallyRow, len(tallies))
	for fingerprint, t := range tallies {
		row := tallyRow{Count: t.count, Oldest: t.oldest, Newest: t.newest, Expires: t.expires, Hours: t.hours}
		for _, s := range t.samples {
			row.Samples = append(row.Samples, sampleRow{s.SequenceNumber, w.Masker.Sample(s.Identity, maxIdentity), s.FailedAt})
		}
		rows[fingerprint] = row
	}
	return rows
}

func progressFrom(r ledger.Row[sourceRow]) progress {
	g := r.Value.Gaps
	p := progress{
		next: r.Value.Next, watermark: r.Value.Watermark, partitioned: r.Value.Partitioned,
		met: tallies(r.Value.Met), known: tallies(r.Value.Known), gaps: gaps{g.Seen, g.Passes, g.Unseen, g.First, g.Last}, row: r,
	}
	p.row.Value = sourceRow{}
	return p
}

func tallies(rows map[string]tallyRow) map[string]tally {
	if len(rows) == 0 {
		return nil
	}
	all := make(map[string]tally, len(rows))
	for fingerprint, row := range rows {
		t := tally{count: row.Count, oldest: row.Oldest, newest: row.Newest, expires: row.Expires, hours: row.Hours}
		for _, s := range row.Samples {
			t.samples = append(t.samples, sample(s))
		}
		all[fingerprint] = t
	}
	return all
}
