package errorqueue

import (
	"fmt"
	"time"
)

// gaps is what a source's sequence numbers tell of messages that no pass has
// seen: they came and went between two passes, so another tool takes them.
type gaps struct {
	seen   int64     // the highest number so far
	passes int       // how many found a gap since first
	unseen int64     // how many messages were missing
	first  time.Time // the first gap
	last   time.Time // the last gap
}

// A few messages may be taken by hand, and the broker may skip numbers: only
// repeated gaps say that another tool is at work.
const (
	someGaps = 3
	gapsLast = 7 * 24 * time.Hour // how long gaps count without a new one
)

// after adds what a pass found: the highest number, and how many messages had a
// number above all earlier ones.
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

// String says what happened and what to do.
func (g gaps) String() string {
	return fmt.Sprintf("In %d passes since %s numbers were skipped: %d messages came and went without being seen here. "+
		"Another tool seems to take them out of the queue; let it look without receiving, or watch the place that it moves them to.",
		g.passes, clock(g.first), g.unseen)
}
