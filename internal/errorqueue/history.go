package errorqueue

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
		gap := max(now.Sub(h.Ended), 0) // another machine's clock may be ahead
		h.Gap = min(gap, cmp.Or(h.Gap, gap)*5/4)
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
