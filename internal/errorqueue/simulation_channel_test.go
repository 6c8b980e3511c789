package errorqueue_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// A faultyChannel is a channel as people see it, with many faults: answers that are
// lost after the message was posted, refusals, outages, rate limits, and a history that
// lags.
type faultyChannel struct {
	rand    *rand.Rand
	calm    bool
	check   func(notify.Notice)
	pages   map[string]*shownPage // by the key of the announcement
	said    map[string]int        // by key, how often something was posted
	at      map[string]time.Time  // by key, when
	limited map[int]time.Time     // processes that the channel leaves waiting, until when
}

// A shownPage is what one page shows now.
type shownPage struct {
	notice notify.Notice
	ended  bool
}

// How the history is searched, as the adapters do.
const (
	lag      = 20 * time.Second
	lookBack = 5 * time.Minute
)

func (c *faultyChannel) Send(process int, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	luck := c.rand.IntN(100)
	switch wait := time.Until(c.limited[process]); {
	case c.calm:
	case wait > 0:
		return notify.Receipt{}, &notify.LaterError{After: wait, Err: errors.New("rate limited")}
	case luck < 2:
		c.limited[process] = time.Now().Add(time.Duration(c.rand.IntN(240)) * time.Second)
		return notify.Receipt{}, &notify.LaterError{After: time.Until(c.limited[process]), Err: errors.New("rate limited")}
	case luck < 8:
		return notify.Receipt{}, notify.ErrUnknown
	}
	c.check(n)
	id := page.ID
	switch n.Act {
	case notify.Post:
		id = n.Key
		c.post(n)
		c.pages[n.Key] = &shownPage{notice: n}
	case notify.Update:
		c.pages[n.Page].notice = n
	case notify.Reply:
		c.post(n)
	case notify.Close:
		if p := c.pages[n.Page]; p != nil { // one that is not there needs no closing
			p.ended = true
		}
	}
	if !c.calm && luck < 18 {
		return notify.Receipt{}, fmt.Errorf("%w: %w", errUnheard, notify.ErrUnknown)
	}
	return notify.Receipt{Destination: "C1", ID: id}, nil
}

func (c *faultyChannel) post(n notify.Notice) {
	c.said[n.Key]++
	c.at[n.Key] = time.Now()
}

func (c *faultyChannel) Find(process int, n notify.Notice, page notify.Receipt, since time.Time) (notify.Receipt, bool, error) {
	if n.Act != notify.Post && n.Act != notify.Reply {
		return notify.Receipt{}, false, nil
	}
	if !c.calm && (c.rand.IntN(10) == 0 || time.Now().Before(c.limited[process])) {
		return notify.Receipt{}, false, errors.New("no history now")
	}
	id := n.Key
	if n.Act == notify.Reply {
		id = page.ID
	}
	at, there := c.at[n.Key]
	there = there && time.Since(at) >= lag && !at.Before(since.Add(-lookBack))
	return notify.Receipt{Destination: "C1", ID: id}, there, nil
}
