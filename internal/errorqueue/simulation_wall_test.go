package errorqueue_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// wall is a channel as people see it, with the faults of a bad day: answers
// that are lost after the message was taken, refusals, outages.
type wall struct {
	mu    sync.Mutex
	rand  *rand.Rand
	calm  bool
	check func(notify.Notice)
	pages map[string]*sheet // by the key of the announcement
	said  map[string]int    // by key, how often something was posted
}

// A sheet is what one page shows now.
type sheet struct {
	notice notify.Notice
	ended  bool
}

func (w *wall) Send(_ context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	luck := w.rand.IntN(100)
	switch {
	case w.calm:
	case luck < 8:
		return notify.Receipt{}, &notify.LaterError{After: time.Minute, Err: errors.New("rate limited")}
	case luck < 14:
		return notify.Receipt{}, notify.ErrUnknown
	}
	w.check(n)
	id := page.ID
	switch n.Act {
	case notify.Announce:
		id = n.Key
		w.said[n.Key]++
		w.pages[n.Key] = &sheet{notice: n}
	case notify.Revise:
		w.pages[n.Page].notice = n
	case notify.Remark:
		w.said[n.Key]++
	case notify.End:
		if p := w.pages[n.Page]; p != nil { // one that is not there needs no closing
			p.ended = true
		}
	}
	if !w.calm && luck < 22 {
		return notify.Receipt{}, fmt.Errorf("the answer was lost: %w", notify.ErrUnknown)
	}
	return notify.Receipt{Place: "C1", ID: id}, nil
}

func (w *wall) Find(_ context.Context, n notify.Notice, page notify.Receipt, _ time.Time) (notify.Receipt, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n.Act == notify.Announce || n.Act == notify.Remark {
		if !w.calm && w.rand.IntN(10) == 0 {
			return notify.Receipt{}, false, errors.New("no history now")
		}
		id := n.Key
		if n.Act == notify.Remark {
			id = page.ID
		}
		return notify.Receipt{Place: "C1", ID: id}, w.said[n.Key] > 0, nil
	}
	return notify.Receipt{}, false, nil
}
