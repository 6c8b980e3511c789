// Package control is what tests and the page turn on a stand-in for a chat
// service: the faults it shall have next, and the door to them over HTTP.
//
// A [Fault] is added to the [Knobs] of a stand-in. Each call of a matching
// method uses it up once, the oldest fault first, until it is spent. The door
// ([Local]) is open to this machine only: neither another host nor a web page
// of another origin, nor a name that was pointed at the loopback address, gets
// through.
package control

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Kind is a way in which a call goes wrong.
type Kind string

// The ways. Those named AfterAccept carry the call out first, so that the
// caller cannot know whether it happened; the others change nothing.
const (
	RateLimit              Kind = "rateLimit"              // 429, with Retry-After where RetryAfter is set
	ServerError            Kind = "serverError"            // 500
	ServerErrorAfterAccept Kind = "serverErrorAfterAccept" // carried out, then 500
	Drop                   Kind = "drop"                   // the connection is cut
	DropAfterAccept        Kind = "dropAfterAccept"        // carried out, then the connection is cut
	DelayAfterAccept       Kind = "delayAfterAccept"       // carried out, answered after Delay
	HTML                   Kind = "html"                   // 200 with a web page
	HTMLAfterAccept        Kind = "htmlAfterAccept"        // carried out, then 200 with a web page
	Refuse                 Kind = "refuse"                 // the service's own refusal, with Error
)

var kinds = []Kind{
	RateLimit, ServerError, ServerErrorAfterAccept, Drop, DropAfterAccept, DelayAfterAccept, HTML, HTMLAfterAccept, Refuse,
}

// A Fault is what shall go wrong with the next calls of a method.
type Fault struct {
	Method string // "chat.postMessage", "alerts.create"; "" is every method
	Kind   Kind
	Skip   int // calls of the method that go well first
	Times  int // calls that then go wrong; 0: all, until cleared

	RetryAfter time.Duration // of a RateLimit, told in whole seconds; 0: no such header
	Delay      time.Duration // of a DelayAfterAccept
	Error      string        // of a Refuse: Slack's error code, OpsGenie's message
	Status     int           // of a Refuse by OpsGenie; 0: 422
}

// Knobs hold the faults that are still to come. The zero value has none.
type Knobs struct {
	mu     sync.Mutex
	faults []Fault
}

// Fail adds a fault. It panics on an unknown kind, which is a mistake of the
// program that calls it.
func (k *Knobs) Fail(f Fault) {
	if err := f.check(); err != nil {
		panic("control: " + err.Error())
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.faults = append(k.faults, f)
}

// Heal takes back all faults.
func (k *Knobs) Heal() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.faults = nil
}

// Faults are those still to come, oldest first.
func (k *Knobs) Faults() []Fault {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.faults)
}

// next uses up the first fault for a call of method.
func (k *Knobs) next(method string) (Fault, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.faults {
		f := &k.faults[i]
		if f.Method != "" && f.Method != method {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		found := *f
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				k.faults = slices.Delete(k.faults, i, i+1)
			}
		}
		return found, true
	}
	return Fault{}, false
}

func (f Fault) check() error {
	if !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("unknown kind of fault %q; there are %q", f.Kind, kinds)
	}
	return nil
}
