package errorqueue_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// wall is a channel as people see it, with the faults of a bad day: answers
// that are lost after the message was taken, refusals, outages, limits, and a
// history that lags.
type wall struct {
	rand    *rand.Rand
	calm    bool
	check   func(notify.Notice)
	pages   map[string]*sheet    // by the key of the announcement
	said    map[string]int       // by key, how often something was posted
	at      map[string]time.Time // by key, when
	limited map[int]time.Time    // processes that the channel leaves waiting, until when
}

// A sheet is what one page shows now.
type sheet struct {
	notice notify.Notice
	ended  bool
}

// How the history is searched, as the adapters do.
const (
	lag      = 20 * time.Second
	lookBack = 5 * time.Minute
)

func (w *wall) Send(process int, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	luck := w.rand.IntN(100)
	switch wait := time.Until(w.limited[process]); {
	case w.calm:
	case wait > 0:
		return notify.Receipt{}, &notify.LaterError{After: wait, Err: errors.New("rate limited")}
	case luck < 2:
		w.limited[process] = time.Now().Add(time.Duration(w.rand.IntN(240)) * time.Second)
		return notify.Receipt{}, &notify.LaterError{After: time.Until(w.limited[process]), Err: errors.New("rate limited")}
	case luck < 8:
		return notify.Receipt{}, notify.ErrUnknown
	}
	w.check(n)
	id := page.ID
	switch n.Act {
	case notify.Post:
		id = n.Key
		w.post(n)
		w.pages[n.Key] = &sheet{notice: n}
	case notify.Update:
		w.pages[n.Page].notice = n
	case notify.Reply:
		w.post(n)
	case notify.Close:
		if p := w.pages[n.Page]; p != nil { // one that is not there needs no closing
			p.ended = true
		}
	}
	if !w.calm && luck < 18 {
		return notify.Receipt{}, fmt.Errorf("%w: %w", errUnheard, notify.ErrUnknown)
	}
	return notify.Receipt{Destination: "C1", ID: id}, nil
}

func (w *wall) post(n notify.Notice) {
	w.said[n.Key]++
	w.at[n.Key] = time.Now()
}

func (w *wall) Find(process int, n notify.Notice, page notify.Receipt, since time.Time) (notify.Receipt, bool, error) {
	if n.Act != notify.Post && n.Act != notify.Reply {
		return notify.Receipt{}, false, nil
	}
	if !w.calm && (w.rand.IntN(10) == 0 || time.Now().Before(w.limited[process])) {
		return notify.Receipt{}, false, errors.New("no history now")
	}
	id := n.Key
	if n.Act == notify.Reply {
		id = page.ID
	}
	at, there := w.at[n.Key]
	there = there && time.Since(at) >= lag && !at.Before(since.Add(-lookBack))
	return notify.Receipt{Destination: "C1", ID: id}, there, nil
}
