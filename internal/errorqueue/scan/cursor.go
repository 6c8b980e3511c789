package scan

// A phase is the purpose of the next poll of a source.
type phase int

// The phases of a scan.
const (
	fullScan phase = iota // from the cursor on
	tail                  // new messages, from the watermark on
	confirm               // another receiver confirms that nothing more is there
	finished
)

// A cursor is the position of one pass in one source. A full scan that does not
// end in one poll goes on in the next pass. Where the source can have a
// watermark, new messages are read besides; a full scan that has reached the
// watermark reads the new messages itself and goes on while there is time.
//
// A cursor decides and reads nothing.
type cursor struct {
	phase
	next      int64 // where the full scan goes on
	watermark int64 // everything below it was read once; 0 is nothing

	watermarked bool // the source can have a watermark
	doubts      int  // how often the end was not confirmed

	complete bool // the full scan has ended
	late     bool // there may be new messages that this pass did not read
}

// maxDoubts is how often the end of a full scan is polled again.
const maxDoubts = 3

// A pollResult is the result of one poll.
type pollResult struct {
	next     int64 // where the next poll would go on
	messages int
	ended    bool // nothing more came
	full     bool // it reached the limit of a batch; neither ended nor full: it was cut off

	// missing is set if the poll did not find a message that was there before. The
	// cause may be an outage.
	missing bool
}

// from is where the next poll begins.
func (c *cursor) from() int64 {
	if c.phase == tail {
		return c.watermark
	}
	return c.next
}

// atWatermark reports whether the full scan has reached the new messages.
func (c *cursor) atWatermark() bool { return c.watermarked && c.next >= c.watermark }

// after chooses the phase that follows a poll.
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
