package errorqueue

// A stage is what the next look at a place is for.
type stage int

// The stages of a pass through one place.
const (
	calling    stage = iota // the roll call, from where it stands
	catchingUp              // what is new, from the mark on
	confirming              // is there really nothing more?
	over
)

// A course is the way of one pass through one place. A roll call that cannot
// be ended in one look goes on in the next pass. Where there is a mark, what
// is new is looked for besides; a roll call that is at the mark, or beyond,
// looks at the news itself and goes on as long as there is time.
//
// It decides and reads nothing.
type course struct {
	stage
	next int64 // where the roll call goes on
	mark int64 // all below it has been read once; 0 is nothing

	marked bool // the place can have a mark
	doubts int  // how often the end was not believed

	complete bool // the roll call has ended
	late     bool // there may be news that this pass did not come to
}

// mostDoubts is how often the end of a roll call is looked at again.
const mostDoubts = 3

// A glance is what one look met.
type glance struct {
	at       int64 // where the next look would go on
	messages int
	ended    bool // nothing more came
	full     bool // it stopped by itself; neither means that it was cut off

	// missing says that something is not there which we thought was. A glance
	// that ended in that way may have met an outage.
	missing bool
}

// from is where the next look begins.
func (c *course) from() int64 {
	if c.stage == catchingUp {
		return c.mark
	}
	return c.next
}

// atMark reports whether the roll call has come to what is new.
func (c *course) atMark() bool { return c.marked && c.next >= c.mark }

// after decides what comes after a look.
func (c *course) after(g glance) {
	if c.stage == catchingUp {
		c.mark = g.at
		switch {
		case g.ended:
			c.stage = over
		case !g.full:
			c.stage, c.late = over, true
		}
		return
	}
	c.next = g.at
	switch {
	case g.ended && (!g.missing || c.stage == confirming && g.messages == 0):
		c.stage, c.complete = over, true
	case g.ended && c.doubts == mostDoubts:
		c.stage = over
	case g.ended:
		c.stage, c.doubts = confirming, c.doubts+1
	case !g.full:
		c.stage, c.late = over, true
	case !c.marked:
		c.stage, c.late = over, true
	case c.atMark():
		c.stage = calling
	default:
		c.stage = catchingUp
	}
}
