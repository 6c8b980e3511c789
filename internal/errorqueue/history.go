package errorqueue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A history is what is known of earlier passes.
type history struct {
	Number int64         `json:"number"`         // of the passes that had something to write
	Gap    time.Duration `json:"gap,omitempty"`  // the usual time between the ends of two
	Ran    bool          `json:"ran,omitempty"`  // some pass has ended
	Idle   time.Duration `json:"idle,omitempty"` // from the end of the last to this row's last write

	// Alarms says that alarms may be open which could not be ended.
	EmergencyPages bool `json:"alarms,omitempty"`

	ended time.Time // the last pass, by our clock; zero where none did
	row   ledger.Ref
}

// The rows of the passes lie among those of the places: all are read at once.
// No entity has such a name.
const (
	lastPass   = "$last"
	planPrefix = "$plan/"
)

func historyFrom(r ledger.Row[history], now time.Time) history {
	h := r.Value
	if h.row = r.Ref; h.Number == 0 { // it was lost: go on beyond all numbers that were ever taken
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

// usualGap is the time between two passes where none are known.
const usualGap = 2 * time.Minute

// end writes that a pass has ended. Another instance may have been first.
func (w *Watch) endPass(ctx context.Context, h history) error {
	now := w.now()
	if h.Ran { // a pass that is missing does not make the next ones late
		gap := max(now.Sub(h.ended), 0) // another pass may have ended meanwhile
		h.Gap = min(gap, cmp.Or(h.Gap, gap)*5/4)
	}
	h.Number, h.Ran, h.ended = h.Number+1, true, now
	return w.saveHistory(ctx, &h)
}

// count takes the number of the pass, after which digests and storms are named:
// what is decided from now on, also if this pass is killed, has another one.
// Instances that make one pass at once have one number.
func (w *Watch) takeNumber(ctx context.Context, h *history) error {
	h.Number++
	return w.saveHistory(ctx, h)
}

// keepHistory writes the history. Where another instance was first, what that
// one wrote stands, but for alarms that may be open.
func (w *Watch) saveHistory(ctx context.Context, h *history) error {
	if h.Ran {
		h.Idle = max(w.now().Sub(h.ended), 0)
	}
	stored, err := rows[history](w).Save(ctx, ledger.Row[history]{Ref: h.row, Value: *h})
	switch {
	case err == nil:
		h.row = stored.Ref
	case !errors.Is(err, ledger.ErrChanged) && !errors.Is(err, ledger.ErrExists):
		return fmt.Errorf("write when this pass was: %w", err)
	case h.EmergencyPages:
		return w.saveEmergencyPages(ctx)
	}
	return nil
}

// keepAlarms notes in the history that another instance wrote that alarms may
// be open.
func (w *Watch) saveEmergencyPages(ctx context.Context) error {
	row, err := rows[history](w).Get(ctx, lastPass)
	if err != nil {
		return fmt.Errorf("read when the last pass was: %w", err)
	}
	theirs := historyFrom(row, w.now())
	if theirs.EmergencyPages {
		return nil
	}
	theirs.EmergencyPages = true
	return w.saveHistory(ctx, &theirs)
}
