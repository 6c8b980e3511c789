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

func (w *Watch) historyKey() ledger.Key {
	return ledger.Key{Partition: w.Voice.Environment + "/passes", Row: "last"}
}

func (w *Watch) history(ctx context.Context) (history, error) {
	e, err := w.Incidents.Ledger.Get(ctx, w.historyKey())
	if errors.Is(err, ledger.ErrNotFound) {
		return history{entry: ledger.Entry{Key: w.historyKey()}}, nil
	}
	if err != nil {
		return history{}, fmt.Errorf("read when the last pass was: %w", err)
	}
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
