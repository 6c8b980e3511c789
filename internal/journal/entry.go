package journal

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// Limits of one row, in bytes and records. They are small because an interrupted
// part is executed again from its beginning. maxPiece limits the size of a single
// record or notice, maxShared the number of records in the row of a shared notice.
const (
	maxPart    = 400 << 10
	maxRecords = 100
	maxPiece   = ledger.MaxValue - 1<<10
	maxShared  = 1000
)

// How long entries are kept. persistTime is longer than any pass: parts without
// a head after that time are abandoned. An entry that cannot be executed within
// entryLife is dropped.
const (
	persistTime = 10 * time.Minute
	entryLife   = 24 * time.Hour
)

// A partRow is the ledger row of a part of an entry. The first part, the head, is
// written last and deleted last. If an entry has a head, it was written
// completely, and its missing parts were already executed.
type partRow[T any] struct {
	Part   int       `json:"part"`
	Parts  int       `json:"parts"` // 0: the row was lost
	Change Change[T] `json:"change"`
}

type part[T any] = ledger.Row[partRow[T]]

// stays reports whether a part is deleted only when the whole entry has been
// executed.
func stays[T any](p part[T]) bool { return p.Value.Part == 0 || len(p.Value.Change.Shared) > 0 }

// An entry is a change in the journal.
type entry[T any] struct {
	name  string
	parts []part[T]
}

// writeID identifies the write of a record. It is the same in every process.
func (e entry[T]) writeID(key string) string { return e.name + "/" + key }

func partKey(entry string, n int) string { return entry + "/" + strconv.Itoa(n) }

func entryOf(partKey string) string { return partKey[:max(strings.LastIndexByte(partKey, '/'), 0)] }

func (j *Journal[T]) table() ledger.Table[partRow[T]] {
	return ledger.Table[partRow[T]]{Ledger: j.Ledger, Log: j.Log, Environment: j.Environment, Name: "journal", Shape: 1}
}

// split splits a change into pieces that fit into rows, shared notices first. It
// logs and omits records and notices that are too large or cannot be encoded.
func (j *Journal[T]) split(ctx context.Context, c Change[T]) (pieces []Change[T]) {
	room := 0
	into := func(v any, attrs ...any) *Change[T] {
		text, err := json.Marshal(v)
		if n := len(text); n > maxPiece {
			err = fmt.Errorf("%d bytes are more than the %d that fit into a row", n, maxPiece)
		}
		if err != nil {
			j.Log.ErrorContext(ctx, "left out of the journal: it cannot be written", append(attrs, "err", err)...)
			return new(Change[T])
		}
		if room -= len(text); pieces == nil || room < 0 || len(pieces[len(pieces)-1].Records) == maxRecords {
			pieces, room = append(pieces, Change[T]{}), maxPart-len(text)
		}
		return &pieces[len(pieces)-1]
	}
	for _, s := range c.Shared {
		for _, some := range s.split() {
			piece := into(some, "notice", s.Notice.Key)
			piece.Shared = append(piece.Shared, some)
		}
	}
	for _, r := range c.Records {
		piece := into(r, "record", r.Key)
		piece.Records = append(piece.Records, r)
	}
	return pieces
}

// split splits a notice about more records than one row may name. Each piece
// holds the notice; its key prevents a second write.
func (s Shared) split() (pieces []Shared) {
	shown := slices.Collect(slices.Chunk(slices.Sorted(maps.Keys(s.Shows)), maxShared))
	of := slices.Collect(slices.Chunk(s.Of, maxShared))
	for n := range max(len(of), len(shown)) {
		piece := Shared{Notice: s.Notice}
		if n < len(of) {
			piece.Of = of[n]
		}
		if n < len(shown) {
			piece.Shows = make(map[string]int64, len(shown[n]))
			for _, key := range shown[n] {
				piece.Shows[key] = s.Shows[key]
			}
		}
		pieces = append(pieces, piece)
	}
	return pieces
}

// persist writes a change into the journal before it is executed.
func (j *Journal[T]) persist(ctx context.Context, c Change[T]) (entry[T], error) {
	pieces := j.split(ctx, c)
	e := entry[T]{name: rand.Text(), parts: make([]part[T], len(pieces))}
	if len(pieces) == 0 {
		return e, nil
	}
	write := func(n int) (err error) {
		row := part[T]{Ref: ledger.Ref{Key: partKey(e.name, n)}, Value: partRow[T]{Part: n, Parts: len(pieces), Change: pieces[n]}}
		e.parts[n], err = j.table().Save(ctx, row)
		return err
	}
	err := j.each(len(pieces)-1, func(n int) error { return write(n + 1) })
	if err == nil {
		err = write(0)
	}
	if err != nil {
		return e, fmt.Errorf("write journal entry: %w", err)
	}
	return e, nil
}

// load reads the parts of an entry that are missing from a listing. They were
// executed, or written during the listing.
func (j *Journal[T]) load(ctx context.Context, name string, listed map[int]part[T]) (entry[T], error) {
	parts := make([]part[T], listed[0].Value.Parts)
	err := j.each(len(parts), func(n int) (err error) {
		var there bool
		if parts[n], there = listed[n]; !there {
			parts[n], err = j.table().Get(ctx, partKey(name, n))
		}
		if errors.Is(err, ledger.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return entry[T]{}, fmt.Errorf("read journal entry %s: %w", name, err)
	}
	return entry[T]{name, slices.DeleteFunc(parts, func(p part[T]) bool { return p.Value.Parts == 0 })}, nil
}

// shorten replaces the records of a part with those that remain.
func (j *Journal[T]) shorten(ctx context.Context, p part[T], left []Record[T]) part[T] {
	short := p
	short.Value.Change.Records = left
	short, err := j.table().Save(ctx, short)
	if err != nil {
		j.Log.InfoContext(ctx, "journal entry not shortened", "row", p.Key, "err", err)
		return p
	}
	return short
}

// Delete deletes rows of the journal. If a row remains, it is executed again
// without effect.
func (j *Journal[T]) Delete(ctx context.Context, rows ...ledger.Ref) {
	for _, r := range rows {
		if err := j.table().Delete(ctx, r); err != nil {
			j.Log.InfoContext(ctx, "journal entry not deleted", "row", r.Key, "err", err)
		}
	}
}

// refs returns the rows of parts in the order of deletion, the head last.
func refs[T any](parts []part[T]) (all []ledger.Ref) {
	for _, p := range slices.Backward(parts) {
		all = append(all, p.Ref)
	}
	return all
}
