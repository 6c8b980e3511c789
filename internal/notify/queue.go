package notify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// What a sweep meets: notices to be delivered now, those that wait for their
// time, and old ones that may be forgotten.
type found struct {
	due, waiting, old []*record
}

// nothing reports whether there is nothing to be done, now or later.
func (f found) nothing() bool { return len(f.due)+len(f.waiting)+len(f.old) == 0 }

// find reads all that is to be done, now or later, and what may be forgotten.
// With an error it returns what could be read.
func (d *Delivery) find(ctx context.Context) (found, error) {
	var f found
	for row, err := range d.notices().Due(ctx, d.now()) {
		if err != nil {
			return f, fmt.Errorf("list due notices: %w", err)
		}
		r, err := d.fromRow(ctx, row)
		switch {
		case err != nil: // it was lost
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

// oldest is when the oldest of those records was written that are not yet
// finished, by our clock.
func oldest(all []*record, now time.Time) time.Time {
	var first time.Time
	for _, r := range all {
		if at := now.Add(-r.waited); !r.Stage.finished() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// inOrder puts announcements before what needs their pages, otherwise the
// oldest first. The revisions of one page stand together where its oldest
// belongs, the newest of them first, which makes the others superfluous.
func inOrder(queue []*record) []*record {
	since := map[string]time.Time{} // of pages: when the oldest revision was written
	for _, r := range queue {
		page := r.Notice.Page
		if at, ok := since[page]; r.Notice.Act == Update && (!ok || r.Written.Before(at)) {
			since[page] = r.Written
		}
	}
	slices.SortStableFunc(queue, func(a, b *record) int {
		order := cmp.Compare(rank(a.Notice.Act), rank(b.Notice.Act))
		if order == 0 && a.Notice.Act == Update {
			order = cmp.Or(since[a.Notice.Page].Compare(since[b.Notice.Page]),
				cmp.Compare(a.Notice.Page, b.Notice.Page), cmp.Compare(b.Notice.Version, a.Notice.Version))
		}
		return cmp.Or(order, a.Written.Compare(b.Written), cmp.Compare(a.Notice.Key, b.Notice.Key))
	})
	return queue
}

func rank(a Act) int {
	return slices.Index([]Act{Post, Reply, Update, Close}, a)
}
