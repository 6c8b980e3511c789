package errorqueue

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// placeRow is a progress as the ledger keeps it.
type placeRow struct {
	Version     int                 `json:"v"`
	Next        int64               `json:"next,omitempty"`
	Mark        int64               `json:"mark,omitempty"`
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

// placesVersion is that of the rows. What an older or newer program wrote is
// not taken over: then a roll call begins anew.
const placesVersion = 1

func (w *Watch) encodePlace(p progress) ([]byte, error) {
	row := placeRow{
		Version: placesVersion, Next: p.next, Mark: p.mark, Partitioned: p.partitioned,
		Met: w.tallyRows(p.met), Known: w.tallyRows(p.known), Gaps: gapsRow{p.gaps.seen, p.gaps.passes, p.gaps.unseen, p.gaps.first, p.gaps.last},
	}
	return json.Marshal(row)
}

// mostIdentity is how long an identity may be in a row, in bytes.
const mostIdentity = 64

func (w *Watch) tallyRows(tallies map[string]tally) map[string]tallyRow {
	rows := make(map[string]tallyRow, len(tallies))
	for fingerprint, t := range tallies {
		row := tallyRow{Count: t.count, Oldest: t.oldest, Newest: t.newest, Expires: t.expires, Hours: t.hours}
		for _, s := range t.samples {
			row.Samples = append(row.Samples, sampleRow{s.SequenceNumber, w.Masker.Sample(s.Identity, mostIdentity), s.FailedAt})
		}
		rows[fingerprint] = row
	}
	return rows
}

func decodePlace(e ledger.Entry) (progress, error) {
	p := progress{entry: e}
	var row placeRow
	text, err := unpack(e.Value)
	if err == nil {
		err = json.Unmarshal(text, &row)
	}
	if err != nil {
		return p, fmt.Errorf("decode place %s: %w", e.Key.Row, err)
	}
	if row.Version != placesVersion {
		return p, nil
	}
	g := row.Gaps
	p.next, p.mark, p.partitioned, p.text = row.Next, row.Mark, row.Partitioned, text
	p.met, p.known = tallies(row.Met), tallies(row.Known)
	p.gaps = gaps{g.Seen, g.Passes, g.Unseen, g.First, g.Last}
	return p, nil
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

// plain is up to how many bytes a row is kept as text that people can read.
// What is longer is packed: five hundred problems fit into one row.
const plain = 32 << 10

func pack(text []byte) ([]byte, error) {
	if len(text) <= plain {
		return text, nil
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	err := z.Close()
	return out.Bytes(), err
}

func unpack(value []byte) ([]byte, error) {
	if !bytes.HasPrefix(value, []byte{0x1f, 0x8b}) { // gzip's own mark
		return value, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(value))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, 16<<20))
}
