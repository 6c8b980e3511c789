package errorqueue

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/ledger"
)

// rows are the rows of one kind in the partition that each pass reads as a
// whole.
func rows[T any](w *Watch) ledger.Table[T] {
	return ledger.Table[T]{Ledger: w.Incidents.Ledger, Log: w.Log, Environment: w.Deployment.Environment, Name: ledger.Passes, Shape: 1}
}

// A loaded is what earlier passes wrote.
type loaded struct {
	last     history
	progress map[string]ledger.Row[scan.Progress] // by the broker's path of the source
	badRows  []ledger.Row[ledger.BadRow]
}

// load reads what earlier passes wrote.
func (w *Watch) load(ctx context.Context) (loaded, error) {
	all := loaded{last: history{row: ledger.Ref{Key: lastPass}}, progress: map[string]ledger.Row[scan.Progress]{}}
	for e, err := range w.Incidents.Ledger.List(ctx, rows[history](w).Partition()) {
		switch {
		case err != nil && !errors.Is(err, ledger.ErrBad):
			return all, fmt.Errorf("list rows of sources: %w", err)
		case e.Key.Row == lastPass:
			err = readRow(ctx, w, e, err, func(r ledger.Row[history]) { all.last = historyFrom(r, w.now()) })
		case strings.HasPrefix(e.Key.Row, ledger.SetAsidePrefix):
			err = readRow(ctx, w, e, err, func(r ledger.Row[ledger.BadRow]) {
				if r.Value.Partition != "" { // else the copy itself was spoilt, and set aside like any row
					all.badRows = append(all.badRows, r)
				}
			})
		default:
			err = readRow(ctx, w, e, err, func(r ledger.Row[scan.Progress]) { all.progress[e.Key.Row] = r })
		}
		if err != nil {
			w.Log.WarnContext(ctx, "row skipped", "row", e.Key.Row, "err", err)
		}
	}
	return all, nil
}

// Examine finds the rows that cannot be used, and those that were set aside, in
// the partition that each pass reads. It changes none.
func Examine(ctx context.Context, l ledger.Ledger, environment string) ledger.Examined {
	w := &Watch{Tracker: lifecycle.Tracker{Incidents: incident.Store{Ledger: l}, Deployment: notice.Deployment{Environment: environment}}}
	return ledger.Examine(ctx, l, rows[history](w).Partition(), func(e ledger.Entry, err error) error {
		switch {
		case e.Key.Row == lastPass:
			return rows[history](w).Unusable(e, err)
		case strings.HasPrefix(e.Key.Row, ledger.SetAsidePrefix):
			if err := rows[ledger.BadRow](w).Unusable(e, err); err != nil {
				return err
			}
			kept, err := rows[ledger.BadRow](w).Read(ctx, e, nil)
			if err != nil || kept.Value.Partition == "" {
				return err
			}
			return fmt.Errorf("it keeps %s of %s: %s", kept.Value.Row, kept.Value.Partition, kept.Value.Why)
		}
		return rows[scan.Progress](w).Unusable(e, err)
	})
}

func readRow[T any](ctx context.Context, w *Watch, e ledger.Entry, err error, to func(ledger.Row[T])) error {
	r, err := rows[T](w).Read(ctx, e, err)
	if err == nil {
		to(r)
	}
	return err
}

// saveProgress writes how far the sources were read, as far as that has changed.
// It comes after all that was decided from it: after a crash before it, the next
// pass reads the same again and decides the same.
func (w *Watch) saveProgress(ctx context.Context, results []*scanResult) error {
	return parallel(orDefault(w.Writers, defaultWriters), len(results), func(n int) error {
		source := results[n].Source
		err := w.saveSource(ctx, results[n])
		switch {
		case ledger.Conflict(err):
			w.Log.InfoContext(ctx, "source row changed concurrently", "source", source.Label())
		case err != nil:
			return fmt.Errorf("save source row %s: %w", source.Entity(), err)
		}
		return nil
	})
}

// saveSource writes how far one source was read. If that cannot be written at
// all, the source is read from its beginning again.
func (w *Watch) saveSource(ctx context.Context, r *scanResult) error {
	row := r.row
	row.Key, row.Value = r.Source.Entity(), r.Progress.Masked(w.Masker.Sample)
	err := w.saveSourceRow(ctx, row)
	if errors.Is(err, ledger.ErrUnwritable) {
		w.Log.ErrorContext(ctx, "source row cannot be written: the source is read from its beginning again", "source", r.Source.Label(), "err", err)
		row.Value = scan.Progress{}
		err = w.saveSourceRow(ctx, row)
	}
	return err
}

func (w *Watch) saveSourceRow(ctx context.Context, row ledger.Row[scan.Progress]) error {
	changed, err := rows[scan.Progress](w).Changed(row) // the zero progress needs no row
	if changed {
		_, err = rows[scan.Progress](w).Save(ctx, row)
	}
	return err
}
