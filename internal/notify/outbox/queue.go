package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/notify/outbox/protocol"
)

// found are the rows that are listed as due: notices to send now, notices that wait,
// and old ones to delete.
type found struct {
	due, waiting, old []*protocol.Record
}

// empty reports whether nothing is to be done, now or later.
func (f found) empty() bool { return len(f.due)+len(f.waiting)+len(f.old) == 0 }

// find reads the rows that are listed as due. With an error it returns the rows that
// could be read.
func (t rows) find(ctx context.Context) (found, error) {
	var f found
	for row, err := range t.Due(ctx, t.now()) {
		if err != nil {
			return f, fmt.Errorf("list due notices: %w", err)
		}
		r, err := t.read(ctx, row)
		switch {
		case err != nil, r.Stage == protocol.Lost:
		case r.Stage.Finished() && r.Due():
			f.old = append(f.old, r)
		case r.Stage.Finished():
		case r.Due():
			f.due = append(f.due, r)
		default:
			f.waiting = append(f.waiting, r)
		}
	}
	return f, nil
}

// oldest is when the oldest unfinished record was written, by our clock.
func (f found) oldest(now time.Time) time.Time {
	var first time.Time
	for _, r := range append(f.due, f.waiting...) {
		if at := now.Add(-r.Age); !r.Stage.Finished() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}
