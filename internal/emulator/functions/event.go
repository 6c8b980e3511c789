package functions

import (
	"fmt"
	"log/slog"
	"time"
)

// A Kind says what an [Event] is about.
type Kind string

// What there is to tell.
const (
	Started Kind = "started" // a handler process was started
	Ready   Kind = "ready"   // it answered for the first time
	Exited  Kind = "exited"  // it ended, or was ended
	Ran     Kind = "ran"     // an invocation succeeded
	Failed  Kind = "failed"  // an invocation failed
	Line    Kind = "line"    // the handler wrote a line, or returned one in Logs
	Problem Kind = "problem" // a function or its listener is in trouble, the others run
	Stopped Kind = "stopped" // the host has ended
)

// An Event is something that happened in the host. Its texts hold what the
// handler answered and wrote, so they are for local eyes only.
type Event struct {
	Kind     Kind
	Level    slog.Level
	Function string        // empty where it concerns the host or the process
	ID       string        // the invocation's
	Took     time.Duration // of Ran and Failed
	Line     string        // of Line
	Err      error         // of Failed, Problem, Exited and Stopped; nil where nothing was wrong
}

// String tells the event in one line for a console.
func (e Event) String() string {
	took := e.Took.Round(100 * time.Microsecond)
	switch e.Kind {
	case Started:
		return "handler started"
	case Ready:
		return "handler ready"
	case Exited:
		return fmt.Sprintf("handler ended: %v", e.Err)
	case Ran:
		return fmt.Sprintf("%s ran in %v", e.Function, took)
	case Failed:
		return fmt.Sprintf("%s failed after %v: %v", e.Function, took, e.Err)
	case Line:
		return e.Line
	case Problem:
		if e.Function == "" {
			return e.Err.Error()
		}
		return fmt.Sprintf("%s: %v", e.Function, e.Err)
	case Stopped:
		if e.Err == nil {
			return "host stopped"
		}
		return fmt.Sprintf("host stopped: %v", e.Err)
	}
	return string(e.Kind)
}
