// Package journal carries decisions to their end.
//
// A decision changes records and has notices about them. [Journal.Commit]
// writes the whole decision into an entry of the ledger, and then executes it:
// each record over the version that it was made from, then the notices about
// it. A process that is killed before the entry is written has decided nothing;
// after that, [Journal.Resume] of any process carries the entry to its end.
//
// Of two decisions about one version of a record one wins, and only its notices
// are written. An entry may be executed any number of times: the row of a record
// holds the id of the write that made it, and the key of a notice names the
// fact, so neither is made twice.
package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"

	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// A Journal commits changes of records that hold a T. All fields but
// Writers must be set.
type Journal[T any] struct {
	Ledger      ledger.Ledger
	Environment string
	Records     Records[T]
	Delivery    *outbox.Delivery
	Log         *slog.Logger
	Writers     int // rows written concurrently; 0 means 16
}

// Records are the rows that a journal writes.
type Records[T any] interface {
	// Write writes a record over the version that it was made from, with
	// [ledger.Table.SaveAs] under the given id, and says what is there then.
	Write(ctx context.Context, r Record[T], writeID string) (Outcome, error)

	// Shown returns what the pages of all records show, by key.
	Shown(ctx context.Context) (map[string]Shown, error)
}

// A Change is what is decided as a whole.
type Change[T any] struct {
	Records []Record[T] `json:"records,omitempty"`
	Shared  []Shared    `json:"shared,omitempty"`
}

// A Record is a row as it is to be, and the notices about it alone.
type Record[T any] struct {
	Key     string `json:"key"`
	Version string `json:"version,omitempty"` // of the row that it was made from; "" for a new one
	Value   T      `json:"value"`

	// Decided says that the newest decision in the value was made with this
	// change: by it the record is recognized after somebody changed it again.
	Decided bool            `json:"decided,omitempty"`
	Notices []notify.Notice `json:"notices,omitempty"`
}

// A Shared is a notice about many records. It is written as soon as any of
// them is or, if it closes an alert, once no record has that alert any more.
type Shared struct {
	Of     []string      `json:"of"` // keys of records
	Notice notify.Notice `json:"notice"`

	// Shows are the versions of all records that a digest shows, by key.
	Shows map[string]int64 `json:"shows,omitempty"`
}

// Shown is what the pages of a record show.
type Shown struct {
	Version int64    // as [notify.Notice.Version]
	Pages   []string // keys of the notices that opened its pages and alerts
}

// An Outcome says what became of a record.
type Outcome struct {
	Written bool // the row is what the record says
	Changed bool // it was, and somebody has changed it since

	// Pages are the keys of the notices that opened the pages and alerts that
	// the row has now; none if another life of it has begun.
	Pages []string
}

// A Result is what came of executing entries.
type Result struct {
	Conflicts map[string]bool // keys of records that somebody else changed: they are to be decided again
	Failed    map[string]bool // keys of records that could not be written: Resume tries again
	Lost      []ledger.Ref    // rows of entries that could not be read, to be deleted once what they may have written is restored

	// Stale are the updates of digests that show records otherwise than they
	// are now, each under the key of one record. That record is in Conflicts:
	// with its next change the digest is to be updated again.
	Stale map[string][]notify.Notice

	// Unfinished are the rows of entries with such digests, to be deleted once
	// the digests were updated again.
	Unfinished []ledger.Ref

	errs []error // of the first few failures
}

// Add adds another result.
func (r *Result) Add(more Result) {
	if r.Conflicts == nil {
		r.Conflicts, r.Failed, r.Stale = map[string]bool{}, map[string]bool{}, map[string][]notify.Notice{}
	}
	maps.Copy(r.Conflicts, more.Conflicts)
	maps.Copy(r.Failed, more.Failed)
	for key, digests := range more.Stale {
		r.Stale[key] = append(r.Stale[key], digests...)
	}
	r.Unfinished = append(r.Unfinished, more.Unfinished...)
	r.Lost = append(r.Lost, more.Lost...)
	r.Fail(more.errs...)
}

// Fail adds errors that are not nil, of which the first three count.
func (r *Result) Fail(errs ...error) {
	for _, err := range errs {
		if err != nil && len(r.errs) < 3 {
			r.errs = append(r.errs, err)
		}
	}
}

// Err is nil if everything was executed.
func (r *Result) Err() error {
	if len(r.errs) == 0 {
		return nil
	}
	return fmt.Errorf("execute journal: %d records are left for the next pass: %w", len(r.Failed), errors.Join(r.errs...))
}

// Commit writes a change into the journal and executes it. Its error means
// that nothing was decided. What could not be executed is in the result, and
// stays in the journal.
func (j *Journal[T]) Commit(ctx context.Context, c Change[T]) (Result, error) {
	e, err := j.persist(ctx, c)
	if err != nil {
		return Result{}, err
	}
	return j.execute(ctx, e), nil
}

// Resume executes the entries that are left in the journal. Its error means
// that the journal could not be read.
func (j *Journal[T]) Resume(ctx context.Context) (Result, error) {
	var out Result
	entries := map[string]map[int]part[T]{}
	for p, err := range j.table().List(ctx) {
		if err != nil {
			return out, fmt.Errorf("list journal: %w", err)
		}
		if p.Value.Parts == 0 {
			out.Lost = append(out.Lost, p.Ref)
			continue
		}
		name := entryOf(p.Key)
		if entries[name] == nil {
			entries[name] = map[int]part[T]{}
		}
		entries[name][p.Value.Part] = p
	}
	for name, listed := range entries {
		if _, complete := listed[0]; complete {
			out.Add(j.resume(ctx, name, listed))
			continue
		}
		for _, p := range listed { // it is being written, or never will be complete
			if p.Age > persistTime {
				j.Delete(ctx, p.Ref)
			}
		}
	}
	return out, nil
}

// resume executes an entry of which these parts were listed. What cannot be
// executed for a day is given up, and decided again.
func (j *Journal[T]) resume(ctx context.Context, name string, listed map[int]part[T]) Result {
	e, err := j.load(ctx, name, listed)
	if err != nil {
		var out Result
		out.Fail(err)
		return out
	}
	j.Log.InfoContext(ctx, "journal entry resumed", "entry", name, "parts", len(e.parts), "of", listed[0].Value.Parts)
	out := j.execute(ctx, e)
	if err = out.Err(); err == nil || ctx.Err() != nil || listed[0].Age < entryLife {
		return out
	}
	j.Log.ErrorContext(ctx, "journal entry given up: the rest of it is decided again", "entry", name, "err", err)
	j.Delete(ctx, refs(e.parts)...)
	return Result{Conflicts: out.Conflicts}
}

// Examine finds the rows that cannot be used. It changes none.
func (j *Journal[T]) Examine(ctx context.Context) ledger.Examined { return j.table().Examine(ctx) }

// each calls f for 0 to n-1, a bounded number of them concurrently.
func (j *Journal[T]) each(n int, f func(int) error) error {
	var all errgroup.Group
	all.SetLimit(cmp.Or(j.Writers, 16))
	for i := range n {
		all.Go(func() error { return f(i) })
	}
	return all.Wait()
}
