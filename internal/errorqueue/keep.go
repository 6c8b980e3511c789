package errorqueue

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
)

// rows are the rows of one kind in the partition that each pass reads as a
// whole.
func rows[T any](w *Watch) ledger.Table[T] {
	return ledger.Table[T]{Ledger: w.Incidents.Ledger, Log: w.Log, Environment: w.Voice.Environment, Name: ledger.Passes, Shape: 1}
}

// What earlier passes left.
type left struct {
	last  history
	kept  map[string]progress // of all places, by the broker's path
	plans []ledger.Row[planRow]
	bad   []ledger.Row[ledger.BadRow]
}

// left reads what earlier passes left.
func (w *Watch) left(ctx context.Context) (left, error) {
	all := left{last: history{row: ledger.Ref{Key: lastPass}}, kept: map[string]progress{}}
	for e, err := range w.Incidents.Ledger.List(ctx, rows[history](w).Partition()) {
		switch {
		case err != nil && !errors.Is(err, ledger.ErrBad):
			return all, fmt.Errorf("list places: %w", err)
		case e.Key.Row == lastPass:
			err = add(ctx, w, e, err, func(r ledger.Row[history]) { all.last = historyFrom(r, w.now()) })
		case strings.HasPrefix(e.Key.Row, planPrefix):
			err = add(ctx, w, e, err, func(r ledger.Row[planRow]) { all.plans = append(all.plans, r) })
		case strings.HasPrefix(e.Key.Row, ledger.SetAsidePrefix):
			err = add(ctx, w, e, err, func(r ledger.Row[ledger.BadRow]) {
				if r.Value.Partition != "" { // else what was kept of a row is spoilt itself, and kept like any other
					all.bad = append(all.bad, r)
				}
			})
		default:
			err = add(ctx, w, e, err, func(r ledger.Row[placeRow]) { all.kept[e.Key.Row] = progressFrom(r) })
		}
		if err != nil {
			w.Log.WarnContext(ctx, "row skipped", "row", e.Key.Row, "err", err)
		}
	}
	return all, nil
}

// Examine finds the rows that cannot be used, and those that were set aside,
// in the partition that each pass reads. It changes none.
func Examine(ctx context.Context, l ledger.Ledger, environment string) ledger.Examined {
	w := &Watch{Incidents: incident.Store{Ledger: l}, Voice: incident.Voice{Environment: environment}}
	return ledger.Examine(ctx, l, rows[history](w).Partition(), func(e ledger.Entry, err error) error {
		switch {
		case e.Key.Row == lastPass:
			return rows[history](w).Unusable(e, err)
		case strings.HasPrefix(e.Key.Row, planPrefix):
			return rows[planRow](w).Unusable(e, err)
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
		return rows[placeRow](w).Unusable(e, err)
	})
}

func add[T any](ctx context.Context, w *Watch, e ledger.Entry, err error, to func(ledger.Row[T])) error {
	r, err := rows[T](w).Read(ctx, e, err)
	if err == nil {
		to(r)
	}
	return err
}

// keep writes how far the places were read, as far as that has changed. It
// comes after all that was decided from it: a crash before reads again what
// was read, and decides the same.
func (w *Watch) keep(ctx context.Context, readings []*reading) error {
	return parallel(w.writers(), len(readings), func(n int) error {
		place := readings[n].place
		err := w.keepPlace(ctx, readings[n])
		switch {
		case errors.Is(err, ledger.ErrChanged), errors.Is(err, ledger.ErrExists):
			w.Log.InfoContext(ctx, "another pass was first", "source", place.Label())
		case err != nil:
			return fmt.Errorf("write how far %s was read: %w", place.Entity(), err)
		}
		return nil
	})
}

// keepPlace writes how far one place was read. Where that cannot be written at
// all, the place begins anew.
func (w *Watch) keepPlace(ctx context.Context, r *reading) error {
	row := r.progress.row
	row.Key, row.Value = r.place.Entity(), w.placeRow(r.progress)
	err := w.savePlace(ctx, row)
	if errors.Is(err, ledger.ErrUnwritable) {
		w.Log.ErrorContext(ctx, "source begins anew: how far it was read cannot be written", "source", r.place.Label(), "err", err)
		row.Value = placeRow{}
		err = w.savePlace(ctx, row)
	}
	return err
}

func (w *Watch) savePlace(ctx context.Context, row ledger.Row[placeRow]) error {
	changed, err := rows[placeRow](w).Changed(row) // a place that begins anew needs no row
	if changed {
		_, err = rows[placeRow](w).Save(ctx, row)
	}
	return err
}
