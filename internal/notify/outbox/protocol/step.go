package protocol

import (
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// A Step is one thing that a worker does for a notice.
type Step int

// The steps of a delivery. A claim counts the try, so the steps before LookUp count
// their own failures.
const (
	Stop         Step = iota // nothing more for now
	Unconfigured             // find that its channel is not set up
	Start                    // read what the notice depends on
	Pace                     // ask whether the pace allows it
	Resolve                  // ask the channel for the id of the destination
	Edit                     // change the page
	LookUp                   // ask the channel whether an earlier send arrived
	Ask                      // ask whether the notice is still needed
	Upload                   // store its file in the channel
	Send                     // post, reply or close
)

// String names a step as rows do.
func (s Step) String() string {
	return [...]string{"stop", "unconfigured", "start", "pace", "resolve", "edit", "lookUp", "ask", "upload", "send"}[s]
}

// Call is the step that calls the channel next for a notice that waits.
func (r *Record) Call() Step {
	switch {
	case r.Notice.Act == notify.Update:
		return Edit
	case r.Stage == Sending:
		return LookUp
	}
	return Send
}

// An Outcome is what a step led to.
type Outcome struct {
	Step Step
	Err  error
	Over bool // the time of the caller is over

	First    *Record        // Start: the notice that comes first, nil if there is none
	Wait     time.Duration  // Start, Pace: until the pace allows it
	Receipt  notify.Receipt // LookUp, Edit, Send
	Found    bool           // LookUp: it arrived
	Obsolete bool           // Ask: nobody needs it
	FileID   string         // Upload

	Editor string         // the name by which this worker locks a page
	Page   notify.Receipt // of the page or destination that was used
}

// A Transition is what follows from an outcome: rows to store, the page before
// the notice, and what to do then.
type Transition struct {
	Then   Step
	Notice *Record // nil: it stays as it is
	Page   *Record // nil: it stays as it is

	Keep bool          // with Stop: the notice stays in the queue
	Wait time.Duration // and is not tried before; 0: until another notice is done
	Err  error         // why the notice is not sent

	// What to store about the destination.
	Pause   time.Duration // the channel must not be called for so long
	Held    Step          // by calls of this step to the notice's destination alone; Stop: by all
	Outage  error         // the destination takes no notices
	NewID   bool          // its id may have changed
	Arrived bool          // the destination took a notice
}

// A Panic is the error of a step that ended in a panic.
type Panic struct{ Value any }

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }
