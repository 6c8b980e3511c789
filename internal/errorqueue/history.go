package errorqueue

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A history is what is known of earlier passes.
type history struct {
	Number int64         `json:"number"`         // of the last pass that had something to write
	Gap    time.Duration `json:"gap,omitempty"`  // the usual time between the ends of two
	Ran    bool          `json:"ran,omitempty"`  // some pass has ended
	Idle   time.Duration `json:"idle,omitempty"` // from the end of the last pass to this row's last write

	// EmergencyPages says that emergency pages may be open which could not be
	// closed.
	EmergencyPages bool `json:"alarms,omitempty"`

	ended time.Time // when the last pass ended, by our clock; zero if none has
	row   ledger.Ref
}

// The row of the passes is in one partition with those of the sources, so that
// one call reads all of them. No entity has such a name.
const lastPass = "$last"

func historyFrom(r ledger.Row[history], now time.Time) history {
	h := r.Value
	if h.row = r.Ref; h.Number == 0 { // it was lost: continue above all numbers that were ever used
		h.Number = now.Unix()
	}
	if h.Ran {
		h.ended = r.WrittenBy(now).Add(-h.Idle)
	}
	return h
}

// missed reports whether a pass is missing between the last one and now.
func (h history) missed(now time.Time) bool {
	return h.Ran && now.Sub(h.ended) >= cmp.Or(h.Gap, usualGap)*3/2
}

// usualGap is the time between two passes where none is known.
const usualGap = 2 * time.Minute

// endPass writes that a pass has ended. Another instance may have written first.
func (w *Watch) endPass(ctx context.Context, h history) error {
	now := w.now()
	if h.Ran { // a missing pass does not make the next ones late
		gap := max(now.Sub(h.ended), 0) // another pass may have ended concurrently
		h.Gap = min(gap, cmp.Or(h.Gap, gap)*5/4)
	}
	h.Number, h.Ran, h.ended = h.Number+1, true, now
	return w.saveHistory(ctx, &h)
}

// takeNumber takes the number of the pass, after which digests and grouped
// alerts are named. What is decided later, even if this pass is killed, has
// another number. Instances that run one pass concurrently use one number.
func (w *Watch) takeNumber(ctx context.Context, h *history) error {
	h.Number++
	return w.saveHistory(ctx, h)
}

// saveHistory writes the history. Where another instance was first, its row
// stands; only EmergencyPages is added to it.
func (w *Watch) saveHistory(ctx context.Context, h *history) error {
	if h.Ran {
		h.Idle = max(w.now().Sub(h.ended), 0)
	}
	stored, err := rows[history](w).Save(ctx, ledger.Row[history]{Ref: h.row, Value: *h})
	switch {
	case err == nil:
		h.row = stored.Ref
	case !ledger.Conflict(err):
		return fmt.Errorf("save pass log row: %w", err)
	case h.EmergencyPages:
		return w.saveEmergencyPages(ctx)
	}
	return nil
}

// saveEmergencyPages notes in the row that another instance wrote that emergency
// pages may be open.
func (w *Watch) saveEmergencyPages(ctx context.Context) error {
	row, err := rows[history](w).Get(ctx, lastPass)
	if err != nil {
		return fmt.Errorf("read pass log row: %w", err)
	}
	theirs := historyFrom(row, w.now())
	if theirs.EmergencyPages {
		return nil
	}
	theirs.EmergencyPages = true
	return w.saveHistory(ctx, &theirs)
}
