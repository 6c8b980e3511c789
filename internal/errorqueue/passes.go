package errorqueue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A history is what is known of earlier passes. It is written as the last
// thing of a pass: one that begins with the same Number as another follows a
// crash, or runs beside it, and decides again what that one may have written.
type history struct {
	Number int64         `json:"number"`
	Ended  time.Time     `json:"ended"`         // the last pass that could write what it owed
	Gap    time.Duration `json:"gap,omitempty"` // between the last two of these
	Good   time.Time     `json:"good,omitzero"` // the last that could read every source

	entry ledger.Entry
}

// lastPass is the row of the history, among those of the places: all are read
// at once. No entity has such a name.
const lastPass = "$last"

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

// end writes that a pass has ended. Another instance may have been first.
func (w *Watch) end(ctx context.Context, h history, good bool) error {
	now := w.now()
	if !h.Ended.IsZero() {
		h.Gap = now.Sub(h.Ended)
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
