package errorqueue

// A stage is what the next look at a place is for.
type phase int

// The stages of a pass through one place.
const (
	fullScan phase = iota // the roll call, from where it stands
	tail                  // what is new, from the mark on
	confirm               // is there really nothing more?
	finished
)

// A course is the way of one pass through one place. A roll call that cannot
// be ended in one look goes on in the next pass. Where there is a mark, what
// is new is looked for besides; a roll call that is at the mark, or beyond,
// looks at the news itself and goes on as long as there is time.
//
// It decides and reads nothing.
type cursor struct {
	phase
	next      int64 // where the roll call goes on
	watermark int64 // all below it has been read once; 0 is nothing

	watermarked bool // the place can have a mark
	doubts      int  // how often the end was not believed

	complete bool // the roll call has ended
	late     bool // there may be news that this pass did not come to
}

// mostDoubts is how often the end of a roll call is looked at again.
const maxDoubts = 3

// A glance is what one look met.
type pollResult struct {
	next     int64 // where the next look would go on
	messages int
	ended    bool // nothing more came
	full     bool // it stopped by itself; neither means that it was cut off

	// missing says that something is not there which we thought was. A glance
	// that ended in that way may have met an outage.
	missing bool
}

// from is where the next look begins.
func (c *cursor) from() int64 {
	if c.phase == tail {
		return c.watermark
	}
	return c.next
}

// atMark reports whether the roll call has come to what is new.
func (c *cursor) atWatermark() bool { return c.watermarked && c.next >= c.watermark }

// after decides what comes after a look.
func (c *cursor) after(g pollResult) {
	if c.phase == tail {
		c.watermark = g.next
		switch {
		case g.ended:
			c.phase = finished
		case !g.full:
			c.phase, c.late = finished, true
		}
		return
	}
	c.next = g.next
	switch {
	case g.ended && (!g.missing || c.phase == confirm && g.messages == 0):
		c.phase, c.complete = finished, true
	case g.ended && c.doubts == maxDoubts:
		c.phase = finished
	case g.ended:
		c.phase, c.doubts = confirm, c.doubts+1
	case !g.full:
		c.phase, c.late = finished, true
	case !c.watermarked:
		c.phase, c.late = finished, true
	case c.atWatermark():
		c.phase = fullScan
	default:
		c.phase = tail
	}
}
