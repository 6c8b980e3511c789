package passlog

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A History describes earlier passes.
type History struct {
	Number int64         `json:"number"`         // of the last pass that had something to write
	Gap    time.Duration `json:"gap,omitempty"`  // the usual time between the ends of two
	Ran    bool          `json:"ran,omitempty"`  // some pass has ended
	Idle   time.Duration `json:"idle,omitempty"` // from the end of the last pass to this row's last write

	// EmergencyPages is set if emergency pages could not be closed and may still be
	// open.
	EmergencyPages bool `json:"emergencyPages,omitempty"`

	Ended time.Time `json:"-"` // when the last pass ended, by our clock; zero if none has
	row   ledger.Ref
}

// The row of the passes is in one partition with those of the sources, so that
// one call reads all of them. No entity has such a name.
const lastPass = "$last"

func historyFrom(r ledger.Row[History], now time.Time) History {
	h := r.Value
	if h.row = r.Ref; h.Number == 0 { // it was lost: continue above all numbers that were ever used
		h.Number = now.Unix()
	}
	if h.Ran {
		h.Ended = r.WrittenBy(now).Add(-h.Idle)
	}
	return h
}

// Missed reports whether a pass is missing between the last one and now.
func (h History) Missed(now time.Time) bool {
	return h.Ran && now.Sub(h.Ended) >= cmp.Or(h.Gap, usualGap)*3/2
}

// usualGap is the time between two passes where none is known.
const usualGap = 2 * time.Minute

// End writes that a pass has ended. Another instance may have written first.
func (l Log) End(ctx context.Context, h History) error {
	now := l.Now()
	if h.Ran { // a missing pass does not make the next ones late
		gap := max(now.Sub(h.Ended), 0) // another pass may have ended concurrently
		h.Gap = min(gap, cmp.Or(h.Gap, gap)*5/4)
	}
	h.Number, h.Ran, h.Ended = h.Number+1, true, now
	return l.save(ctx, &h)
}

// TakeNumber takes the number of the pass, which the names of digests and grouped
// alerts contain. Each later decision has another number, even if this pass is
// killed. Instances that run one pass concurrently use one number.
func (l Log) TakeNumber(ctx context.Context, h *History) error {
	h.Number++
	return l.save(ctx, h)
}

// save writes the history. If another instance was first, its row
// remains; only EmergencyPages is added to it.
func (l Log) save(ctx context.Context, h *History) error {
	if h.Ran {
		h.Idle = max(l.Now().Sub(h.Ended), 0)
	}
	stored, err := rows[History](l).Save(ctx, ledger.Row[History]{Ref: h.row, Value: *h})
	switch {
	case err == nil:
		h.row = stored.Ref
	case !ledger.Conflict(err):
		return fmt.Errorf("save pass log row: %w", err)
	case h.EmergencyPages:
		return l.saveEmergencyPages(ctx)
	}
	return nil
}

// saveEmergencyPages notes in the row that another instance wrote that emergency
// pages may be open.
func (l Log) saveEmergencyPages(ctx context.Context) error {
	row, err := rows[History](l).Get(ctx, lastPass)
	if err != nil {
		return fmt.Errorf("read pass log row: %w", err)
	}
	theirs := historyFrom(row, l.Now())
	if theirs.EmergencyPages {
		return nil
	}
	theirs.EmergencyPages = true
	return l.save(ctx, &theirs)
}
