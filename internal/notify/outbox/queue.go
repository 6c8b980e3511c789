package outbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// found are the rows that are listed as due: notices to be sent now, those
// that wait for their time, and old ones to be deleted.
type found struct {
	due, waiting, old []*record
}

// empty reports whether there is nothing to be done, now or later.
func (f found) empty() bool { return len(f.due)+len(f.waiting)+len(f.old) == 0 }

// find reads what is to be done, now or later. With an error it returns what
// could be read.
func (t rows) find(ctx context.Context) (found, error) {
	var f found
	for row, err := range t.Due(ctx, t.now()) {
		if err != nil {
			return f, fmt.Errorf("list due notices: %w", err)
		}
		r, err := t.read(ctx, row)
		switch {
		case err != nil, r.Stage == lost:
		case r.Stage.finished() && r.due():
			f.old = append(f.old, r)
		case r.Stage.finished():
		case r.due():
			f.due = append(f.due, r)
		default:
			f.waiting = append(f.waiting, r)
		}
	}
	return f, nil
}

// oldest is when the oldest of the records was written that are not finished,
// by our clock.
func (f found) oldest(now time.Time) time.Time {
	var first time.Time
	for _, r := range append(f.due, f.waiting...) {
		if at := now.Add(-r.age); !r.Stage.finished() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// inOrder puts posts before what needs their pages, otherwise the oldest
// first. The updates of one page stand together where its oldest belongs, the
// newest of them first, which makes the others obsolete.
func inOrder(queue []*record) []*record {
	since := map[string]time.Time{} // of pages: when the oldest update was written
	for _, r := range queue {
		page := r.Notice.Page
		if at, ok := since[page]; r.Notice.Act == notify.Update && (!ok || r.Written.Before(at)) {
			since[page] = r.Written
		}
	}
	slices.SortStableFunc(queue, func(a, b *record) int {
		order := cmp.Compare(rank(a.Notice.Act), rank(b.Notice.Act))
		if order == 0 && a.Notice.Act == notify.Update {
			order = cmp.Or(since[a.Notice.Page].Compare(since[b.Notice.Page]),
				cmp.Compare(a.Notice.Page, b.Notice.Page), cmp.Compare(b.Notice.Version, a.Notice.Version))
		}
		return cmp.Or(order, a.Written.Compare(b.Written), cmp.Compare(a.Notice.Key, b.Notice.Key))
	})
	return queue
}

func rank(a notify.Act) int {
	return slices.Index([]notify.Act{notify.Post, notify.Reply, notify.Update, notify.Close}, a)
}
