package errorqueue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/busbell/busbell/internal/ledger"
)

func (w *Watch) placesPartition() string { return w.Voice.Environment + "/places" }

// places are what earlier passes left: the history, and the progresses of all
// places by the broker's path.
func (w *Watch) places(ctx context.Context) (last history, kept map[string]progress, err error) {
	last, kept = history{entry: ledger.Entry{Key: w.historyKey()}}, map[string]progress{}
	var plans []ledger.Entry
	for e, err := range w.Incidents.Ledger.List(ctx, w.placesPartition()) {
		switch {
		case err != nil:
			return last, nil, fmt.Errorf("list places: %w", err)
		case e.Key.Row == lastPass:
			last, err = decodeHistory(e)
		case strings.HasPrefix(e.Key.Row, planPrefix):
			plans = append(plans, e)
		default:
			kept[e.Key.Row], err = decodePlace(e)
		}
		if err != nil {
			return last, nil, err
		}
	}
	last.plans = plans
	return last, kept, nil
}

// keep writes how far the places were read, as far as that has changed. It
// comes after all that was decided from it: a crash before reads again what
// was read, and decides the same.
func (w *Watch) keep(ctx context.Context, readings []*reading) error {
	var errs []error
	for _, r := range readings {
		err := w.keepPlace(ctx, r)
		switch {
		case errors.Is(err, ledger.ErrChanged), errors.Is(err, ledger.ErrExists):
			w.Log.InfoContext(ctx, "another pass was first", "source", r.place.Label())
		case err != nil:
			errs = append(errs, fmt.Errorf("write how far %s was read: %w", r.place.Entity(), err))
		}
	}
	return errors.Join(errs...)
}

func (w *Watch) keepPlace(ctx context.Context, r *reading) error {
	text, err := w.encodePlace(r.progress)
	if err != nil {
		return err
	}
	e, was := r.progress.entry, r.progress.text
	if e.Version == "" {
		was, err = w.encodePlace(progress{}) // a place that begins anew needs no row
	}
	if err != nil || bytes.Equal(text, was) {
		return err
	}
	if e.Value, err = pack(text); err != nil {
		return err
	}
	if e.Version == "" {
		e.Key = ledger.Key{Partition: w.placesPartition(), Row: r.place.Entity()}
		_, err = w.Incidents.Ledger.Insert(ctx, e)
	} else {
		_, err = w.Incidents.Ledger.Update(ctx, e)
	}
	return err
}
