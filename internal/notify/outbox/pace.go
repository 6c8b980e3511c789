package outbox

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/busbell/busbell/internal/notify"
)

// A Pace is how fast a channel is called. Zero fields are no limit.
type Pace struct {
	// Posts and replies: one Every so long to each destination, after a Burst
	// of as many at once.
	Every time.Duration
	Burst int

	// Edits: so many in any minute, in all destinations together.
	Edits int
}

// limit returns what a notice is counted in: posts by their destination, edits
// by their channel. Half of the edits may come at once, which is what a pass
// wants; the others are spread, so no minute has more than Edits.
func (p Pace) limit(n notify.Notice) (name string, every time.Duration, burst int) {
	if n.Act != notify.Update {
		return destinationOf(n).String(), p.Every, max(p.Burst, 1)
	}
	if p.Edits == 0 {
		return "", 0, 0
	}
	burst = max(p.Edits/2, 1)
	return n.Channel + " edits", time.Minute / time.Duration(max(p.Edits-burst, 1)), burst
}

// paces count what this process sends. What others send meanwhile the channel
// itself limits.
type paces struct {
	mu       sync.Mutex
	limiters map[string]*rate.Limiter
}

// wait returns how long to wait before n may be sent. take says that it is sent
// now, if that is not at all.
func (p *paces) wait(pace Pace, n notify.Notice, now time.Time, take bool) time.Duration {
	name, every, burst := pace.limit(n)
	if every == 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.limiters == nil {
		p.limiters = map[string]*rate.Limiter{}
	}
	limiter := p.limiters[name]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Every(every), burst)
		p.limiters[name] = limiter
	}
	r := limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 || !take {
		r.CancelAt(now)
	}
	return wait
}
