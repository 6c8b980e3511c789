package notify

import (
	"sync"
	"time"
)

// A Pace is how fast a channel is spoken to. Zero fields are no limit.
type Pace struct {
	// Posts: one Every so long in each place, after a Burst of as many at once.
	Every time.Duration
	Burst int

	// Edits: so many in any minute, in all places together.
	Edits int
}

// paces keep count. They are of this process: what others post meanwhile
// the channel itself holds against its limits.
type paces struct {
	mu   sync.Mutex
	next map[string]time.Time // by what is counted: when its bucket is empty
}

// A bucket is what is counted together: one may be taken Every so long, after
// a burst of as many at once. Zero is no limit.
type bucket struct {
	name  string
	every time.Duration
	burst int
}

// bucket is what a notice is counted in: posts by their place, edits by their
// channel. Half of the edits may come at once, which is what a pass wants; the
// others are spread, so that no minute has more than there may be.
func (of Pace) bucket(n Notice) bucket {
	if n.Act != Update {
		return bucket{n.place().String(), of.Every, max(of.Burst, 1)}
	}
	if of.Edits == 0 {
		return bucket{}
	}
	burst := max(of.Edits/2, 1)
	return bucket{n.Channel + " edits", time.Minute / time.Duration(max(of.Edits-burst, 1)), burst}
}

// wait is how long to wait before one may be taken from a bucket.
func (p *paces) wait(b bucket, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left(b, now)
}

func (p *paces) left(b bucket, now time.Time) time.Duration {
	return max(p.next[b.name].Add(-time.Duration(b.burst-1)*b.every).Sub(now), 0)
}

// take says how long to wait and, if that is not at all, counts one.
func (p *paces) take(b bucket, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := p.left(b, now); wait > 0 || b.every == 0 {
		return wait
	}
	if p.next == nil {
		p.next = map[string]time.Time{}
	}
	empty := p.next[b.name]
	if empty.Before(now) {
		empty = now
	}
	p.next[b.name] = empty.Add(b.every)
	return 0
}
