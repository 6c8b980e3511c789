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

// post says how long to wait before something is posted in a place, and if
// that is not at all, counts it.
func (p *paces) post(of Pace, at Place, now time.Time) time.Duration {
	return p.take(at.String(), of.Every, max(of.Burst, 1), now)
}

// edit is post's like for edits. Half of them may come at once, which is what
// a pass wants; the others are spread, so that no minute has more than there
// may be.
func (p *paces) edit(of Pace, channel string, now time.Time) time.Duration {
	if of.Edits == 0 {
		return 0
	}
	burst := max(of.Edits/2, 1)
	return p.take(channel+" edits", time.Minute/time.Duration(max(of.Edits-burst, 1)), burst, now)
}

func (p *paces) take(what string, every time.Duration, burst int, now time.Time) time.Duration {
	if every == 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	empty := p.next[what]
	if wait := empty.Add(-time.Duration(burst-1) * every).Sub(now); wait > 0 {
		return wait
	}
	if p.next == nil {
		p.next = map[string]time.Time{}
	}
	if empty.Before(now) {
		empty = now
	}
	p.next[what] = empty.Add(every)
	return 0
}
