package scan

import (
	"time"
)

// Gaps count messages that no pass has seen, by missing sequence numbers. Such
// messages came and went between two passes: another tool takes them.
type Gaps struct {
	Seen   int64     `json:"seen,omitempty"`   // the highest number so far
	Passes int       `json:"passes,omitempty"` // how many found a gap since First
	Unseen int64     `json:"unseen,omitempty"` // how many messages were missing
	First  time.Time `json:"first,omitzero"`   // the first gap
	Last   time.Time `json:"last,omitzero"`    // the last gap
}

// A few messages may be taken by hand, and the broker may skip numbers: only
// repeated gaps mean that another tool takes messages.
const (
	someGaps = 3
	gapsLast = 7 * 24 * time.Hour // how long gaps count without a new one
)

// after adds the result of a pass: the highest number, and the number of messages
// above all earlier numbers.
func (g Gaps) after(highest, above int64, now time.Time) Gaps {
	if !g.Last.IsZero() && now.Sub(g.Last) > gapsLast {
		g = Gaps{Seen: g.Seen}
	}
	if missing := highest - g.Seen - above; g.Seen > 0 && highest > g.Seen && missing > 0 {
		if g.Passes == 0 {
			g.First = now
		}
		g.Passes, g.Unseen, g.Last = g.Passes+1, g.Unseen+missing, now
	}
	g.Seen = max(g.Seen, highest)
	return g
}

// Drained reports whether another tool takes messages.
func (g Gaps) Drained() bool { return g.Passes >= someGaps }
