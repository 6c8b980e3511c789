// Package journal is a write-ahead log: it executes decisions completely or not
// at all.
//
// A decision changes records and has notices about them. [Journal.Commit]
// writes the whole decision into an entry of the ledger, and then executes it:
// it replaces each record's previous version and then writes the record's
// notices. If a process is killed before the entry is complete, nothing was
// decided. If it is killed later, [Journal.Resume] in any process finishes the
// entry.
//
// If two decisions change the same version of a record, one wins, and only its
// notices are written. Execution is idempotent: the row of a record holds the id
// of the write that made it, and the key of a notice names the event.
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

// A Journal commits changes to records of type T. Writers is optional; all other
// fields are required.
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
	// Write replaces the record's previous version with [ledger.Table.SaveAs]
	// under the given id, and returns the outcome.
	Write(ctx context.Context, r Record[T], writeID string) (Outcome, error)

	// Shown returns the versions and pages of all records, by key.
	Shown(ctx context.Context) (map[string]Shown, error)
}

// A Change is a decision that is executed completely or not at all.
type Change[T any] struct {
	Records []Record[T] `json:"records,omitempty"`
	Shared  []Shared    `json:"shared,omitempty"`
}

// A Record is the new content of a row and the notices about this row only.
type Record[T any] struct {
	Key     string `json:"key"`
	Version string `json:"version,omitempty"` // of the row that it replaces; "" for a new row
	Value   T      `json:"value"`

	// Decided is set if this change added the newest decision in the value. The
	// decision identifies the write even after a later change.
	Decided bool            `json:"decided,omitempty"`
	Notices []notify.Notice `json:"notices,omitempty"`
}

// A Shared is a notice about many records. It is written after the first of them
// is written. If it closes an alert, it is written once no record has the alert.
type Shared struct {
	Of     []string      `json:"of"` // keys of records
	Notice notify.Notice `json:"notice"`

	// Shows are the record versions in a digest, by key.
	Shows map[string]int64 `json:"shows,omitempty"`
}

// Shown is the version that a record's pages show, and the keys of these pages.
type Shown struct {
	Version int64    // as [notify.Notice.Version]
	Pages   []string // keys of the notices that opened its pages and alerts
}

// An Outcome is the result of writing a record.
type Outcome struct {
	Written bool // the row holds the record
	Changed bool // the record was written, and changed again later

	// Pages are the keys of the notices that opened the row's current pages and
	// alerts; empty if the record has opened again since.
	Pages []string
}

// A Result is the result of executing entries.
type Result struct {
	Conflicts map[string]bool // keys of records that changed concurrently and must be decided again
	Failed    map[string]bool // keys of records that could not be written: Resume tries again
	Lost      []ledger.Ref    // unreadable rows; delete them after restoring what they may have written

	// Stale are the updates of outdated digests, each under the key of one
	// record. That record is in Conflicts: its next change must update the
	// digest again.
	Stale map[string][]notify.Notice

	// Unfinished are the rows of entries with outdated digests. Delete them
	// after the digests are updated.
	Unfinished []ledger.Ref

	errs []error // of the first three failures
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

// Fail adds errors. It ignores nil and keeps the first three.
func (r *Result) Fail(errs ...error) {
	for _, err := range errs {
		if err != nil && len(r.errs) < 3 {
			r.errs = append(r.errs, err)
		}
	}
}

// Err returns nil if everything was executed.
func (r *Result) Err() error {
	if len(r.errs) == 0 {
		return nil
	}
	return fmt.Errorf("execute journal: %d records are left for the next pass: %w", len(r.Failed), errors.Join(r.errs...))
}

// Commit writes a change into the journal and executes it. If it returns an
// error, nothing was decided. The result names records that could not be
// written; they stay in the journal.
func (j *Journal[T]) Commit(ctx context.Context, c Change[T]) (Result, error) {
	e, err := j.persist(ctx, c)
	if err != nil {
		return Result{}, err
	}
	return j.execute(ctx, e), nil
}

// Resume executes the entries that are left in the journal. It returns an error
// if the journal could not be read.
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
		for _, p := range listed { // still being written, or abandoned
			if p.Age > persistTime {
				j.Delete(ctx, p.Ref)
			}
		}
	}
	return out, nil
}

// resume executes an entry with these listed parts. An entry that cannot be
// executed for a day is dropped, and its records are decided again.
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

// Examine finds unusable rows. It is read-only.
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
