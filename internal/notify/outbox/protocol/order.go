package protocol

import (
	"cmp"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// InOrder sorts posts before notices that need their pages, notices to send before those
// to look up, those before notices that a rate limit has delayed, and otherwise the oldest
// first. The updates of one page stay together at the position of the oldest, and the
// newest of them comes first, which makes the others obsolete.
func InOrder(queue []*Record) []*Record {
	since := map[string]time.Time{} // of pages: when the oldest update was written
	for _, r := range queue {
		page := r.Notice.Page
		if at, ok := since[page]; r.Notice.Act == notify.Update && (!ok || r.Written.Before(at)) {
			since[page] = r.Written
		}
	}
	slices.SortStableFunc(queue, func(a, b *Record) int {
		order := cmp.Compare(rank(a.Notice.Act), rank(b.Notice.Act))
		if order == 0 && a.Notice.Act != notify.Update {
			order = cmp.Compare(a.delay(), b.delay())
		}
		if order == 0 && a.Notice.Act == notify.Update {
			order = cmp.Or(since[a.Notice.Page].Compare(since[b.Notice.Page]),
				cmp.Compare(a.Notice.Page, b.Notice.Page), cmp.Compare(b.Notice.Version, a.Notice.Version))
		}
		return cmp.Or(order, a.Written.Compare(b.Written), cmp.Compare(a.Notice.Key, b.Notice.Key))
	})
	return queue
}

// delay is the rank of a notice among those with the same act.
func (r *Record) delay() int {
	switch {
	case r.Limited:
		return 2
	case r.Stage == Sending:
		return 1
	}
	return 0
}

func rank(a notify.Act) int {
	return slices.Index([]notify.Act{notify.Post, notify.Reply, notify.Update, notify.Close}, a)
}

// ByPage returns the indexes of notices, together for each page.
func ByPage(notices []notify.Notice) (pages [][]int) {
	index := map[string]int{}
	for i, n := range notices {
		page := cmp.Or(n.Page, n.Key)
		if _, known := index[page]; !known {
			index[page] = len(pages)
			pages = append(pages, nil)
		}
		pages[index[page]] = append(pages[index[page]], i)
	}
	return pages
}
