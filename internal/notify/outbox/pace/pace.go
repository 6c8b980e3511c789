// Package pace limits how fast a channel is called.
package pace

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/busbell/busbell/internal/notify"
)

// A Limit is how fast a channel may be called. Zero fields are no limit.
type Limit struct {
	// Posts and replies: one per Every to each destination, after a Burst at once.
	Every time.Duration
	Burst int

	// Edits: how many in any minute, in all destinations together.
	Edits int
}

// of returns the limiter of a notice: posts have one per destination, edits one per
// channel. Half of the edits may be sent at once, which suits a pass; the others are
// spread, so that no minute has more than Edits.
func (l Limit) of(n notify.Notice) (name string, every time.Duration, burst int) {
	if n.Act != notify.Update {
		return n.Destination().String(), l.Every, max(l.Burst, 1)
	}
	if l.Edits == 0 {
		return "", 0, 0
	}
	burst = max(l.Edits/2, 1)
	return n.Channel + " edits", time.Minute / time.Duration(max(l.Edits-burst, 1)), burst
}

// A Limiter counts what this process sends. The channel itself limits what all
// processes send. The zero Limiter is ready to use.
type Limiter struct {
	mu       sync.Mutex
	limiters map[string]*rate.Limiter
}

// Wait returns how long to wait before n may be sent.
func (c *Limiter) Wait(l Limit, n notify.Notice, now time.Time) time.Duration {
	return c.reserve(l, n, now, false)
}

// Take is Wait, and counts n as sent if the wait is 0.
func (c *Limiter) Take(l Limit, n notify.Notice, now time.Time) time.Duration {
	return c.reserve(l, n, now, true)
}

func (c *Limiter) reserve(l Limit, n notify.Notice, now time.Time, take bool) time.Duration {
	name, every, burst := l.of(n)
	if every == 0 {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.limiters == nil {
		c.limiters = map[string]*rate.Limiter{}
	}
	limiter := c.limiters[name]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Every(every), burst)
		c.limiters[name] = limiter
	}
	r := limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 || !take {
		r.CancelAt(now)
	}
	return wait
}
