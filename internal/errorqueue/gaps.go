package errorqueue

import (
	"fmt"
	"time"
)

// gaps is what a place's sequence numbers tell of messages that we never saw:
// they came and went between two passes, so somebody else takes them.
type gaps struct {
	seen   int64     // the highest number ever met
	passes int       // how many met a gap since first
	unseen int64     // how many messages that was
	first  time.Time // the first gap
	last   time.Time // the last gap
}

// Some messages may be taken by hand, or numbers be skipped by the broker:
// only what happens again and again says that another tool is at work.
const (
	someGaps = 3
	gapsLast = 7 * 24 * time.Hour // how long we believe it without a new one
)

// after takes in what a pass met: the highest number, and how many messages
// had one that is higher than all that was met before.
func (g gaps) after(highest, above int64, now time.Time) gaps {
	if !g.last.IsZero() && now.Sub(g.last) > gapsLast {
		g = gaps{seen: g.seen}
	}
	if missing := highest - g.seen - above; g.seen > 0 && highest > g.seen && missing > 0 {
		if g.passes == 0 {
			g.first = now
		}
		g.passes, g.unseen, g.last = g.passes+1, g.unseen+missing, now
	}
	g.seen = max(g.seen, highest)
	return g
}

// drained reports whether another tool is at work.
func (g gaps) drained() bool { return g.passes >= someGaps }

// String says what happened and what can be done.
func (g gaps) String() string {
	return fmt.Sprintf("In %d passes since %s numbers were skipped: %d messages came and went without being seen here. "+
		"Another tool seems to take them out of the queue; let it look without receiving, or watch the place that it moves them to.",
		g.passes, clock(g.first), g.unseen)
}
