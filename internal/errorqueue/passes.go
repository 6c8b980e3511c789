package errorqueue

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A history is what is known of earlier passes.
type history struct {
	Number int64         `json:"number"`        // of passes that could write what they owed
	Ended  time.Time     `json:"ended"`         // when the last of them did
	Gap    time.Duration `json:"gap,omitempty"` // the usual time between two of these
	Good   time.Time     `json:"good,omitzero"` // the last that could read every source

	// Alarms says that alarms may be open which could not be ended.
	Alarms bool `json:"alarms,omitempty"`

	entry ledger.Entry
	plans []ledger.Entry // parts of plans that were not carried out to their end
}

// The rows of the passes lie among those of the places: all are read at once.
// No entity has such a name.
const (
	lastPass   = "$last"
	planPrefix = "$plan/"
)

func (w *Watch) historyKey() ledger.Key {
	return ledger.Key{Partition: w.placesPartition(), Row: lastPass}
}

func decodeHistory(e ledger.Entry) (history, error) {
	h := history{entry: e}
	if err := json.Unmarshal(e.Value, &h); err != nil {
		return history{}, fmt.Errorf("decode when the last pass was: %w", err)
	}
	return h, nil
}

// missed reports whether a pass is missing between the last one and now.
func (h history) missed(now time.Time) bool {
	return !h.Ended.IsZero() && now.Sub(h.Ended) >= cmp.Or(h.Gap, usualGap)*3/2
}

// usualGap is the time between two passes where none are known.
const usualGap = 2 * time.Minute

// end writes that a pass has ended. Another instance may have been first.
func (w *Watch) end(ctx context.Context, h history, good bool) error {
	now := w.now()
	if !h.Ended.IsZero() { // a pass that is missing does not make the next ones late
		h.Gap = min(now.Sub(h.Ended), cmp.Or(h.Gap, now.Sub(h.Ended))*5/4)
	}
	h.Number, h.Ended = h.Number+1, now
	if good {
		h.Good = h.Ended
	}
	var err error
	if h.entry.Value, err = json.Marshal(h); err != nil {
		return fmt.Errorf("encode when the last pass was: %w", err)
	}
	if h.entry.Version == "" {
		_, err = w.Incidents.Ledger.Insert(ctx, h.entry)
	} else {
		_, err = w.Incidents.Ledger.Update(ctx, h.entry)
	}
	if err != nil && !errors.Is(err, ledger.ErrChanged) && !errors.Is(err, ledger.ErrExists) {
		return fmt.Errorf("write when this pass was: %w", err)
	}
	return nil
}

// begin writes a plan before it is carried out, and returns its rows.
func (w *Watch) begin(ctx context.Context, p plan) ([]ledger.Entry, error) {
	parts, err := p.parts()
	if err != nil {
		return nil, err
	}
	name := planPrefix + rand.Text()
	var rows []ledger.Entry
	for n, part := range parts {
		value, err := json.Marshal(planRow{Part: n, Parts: len(parts), Plan: part})
		if err != nil {
			return nil, fmt.Errorf("encode what was decided: %w", err)
		}
		key := ledger.Key{Partition: w.placesPartition(), Row: fmt.Sprintf("%s/%d", name, n)}
		e, err := w.Incidents.Ledger.Insert(ctx, ledger.Entry{Key: key, Value: value})
		if err != nil {
			return nil, fmt.Errorf("write what was decided: %w", err)
		}
		rows = append(rows, e)
	}
	return rows, nil
}

// forget removes the rows of a plan that was carried out. One that stays is
// carried out again, which says nothing new.
func (w *Watch) forget(ctx context.Context, rows []ledger.Entry) {
	for _, e := range rows {
		if err := w.Incidents.Ledger.Delete(ctx, e); err != nil && !errors.Is(err, ledger.ErrNotFound) {
			w.Log.Info("what was decided is still in the ledger", "err", err)
		}
	}
}

// goOn carries out the plans of passes that did not come to their end. Of one
// with a part missing nothing has been carried out: it is decided anew.
func (w *Watch) goOn(ctx context.Context, rows []ledger.Entry) error {
	whole := map[string]plan{}
	parts := map[string]int{}
	for _, e := range rows {
		var row planRow
		if err := json.Unmarshal(e.Value, &row); err != nil {
			return fmt.Errorf("decode what was decided: %w", err)
		}
		name := e.Key.Row[:strings.LastIndexByte(e.Key.Row, '/')]
		p := whole[name]
		p.Steps, p.Common = append(p.Steps, row.Plan.Steps...), append(p.Common, row.Plan.Common...)
		whole[name] = p
		if parts[name]++; parts[name] < row.Parts {
			continue
		}
		w.Log.Info("going on with what an earlier pass decided", "incidents", len(p.Steps))
		if _, err := w.carryOut(ctx, p); err != nil {
			return err
		}
	}
	w.forget(ctx, rows)
	return nil
}
