// Package control is what tests and the page turn on a stand-in: the faults it
// shall have next, and the door to them over HTTP.
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
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Kind is a way in which a call goes wrong.
type Kind string

// The ways of a chat service. Those named AfterAccept carry the call out
// first, so that the caller cannot know whether it happened; the others change
// nothing.
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

// The ways that only Service Bus has. It also has Drop, DropAfterAccept,
// DelayAfterAccept and Refuse.
const (
	Delay            Kind = "delay"            // carried out after Delay
	LoseAnswer       Kind = "loseAnswer"       // carried out and never answered
	DetachForced     Kind = "detachForced"     // the link ends with Error, else amqp:link:detach-forced
	ConnectionForced Kind = "connectionForced" // the connection ends with Error, else amqp:connection:forced
	ExpiredToken     Kind = "expiredToken"     // links end as unauthorized, tokens are refused
	ShortPeek        Kind = "shortPeek"        // a peek returns Count messages at most
	ZeroCounts       Kind = "zeroCounts"       // the administration API counts no messages
)

// Chat are the kinds of a chat service.
var Chat = []Kind{
	RateLimit, ServerError, ServerErrorAfterAccept, Drop, DropAfterAccept, DelayAfterAccept, HTML, HTMLAfterAccept, Refuse,
}

// Bus are the kinds of Service Bus.
var Bus = []Kind{
	Drop, DropAfterAccept, Delay, DelayAfterAccept, LoseAnswer, DetachForced, ConnectionForced, Refuse,
	ExpiredToken, ShortPeek, ZeroCounts,
}

// A Fault is what shall go wrong with the next calls of a method.
type Fault struct {
	Method string // "chat.postMessage", "alerts.create", "send"; "" is every method
	Entity string // of Service Bus: a queue's or subscription's path; "" is every entity
	Kind   Kind
	Skip   int           // calls of the method that go well first
	Times  int           // calls that then go wrong; 0: all, until cleared
	For    time.Duration // ends it this long after it was added; 0: it lasts

	RetryAfter time.Duration // of a RateLimit, told in whole seconds; 0: no such header
	Delay      time.Duration // of a Delay or DelayAfterAccept
	Error      string        // of a Refuse: Slack's error code, OpsGenie's message, Service Bus's condition; of DetachForced and ConnectionForced: a condition
	Status     int           // of a Refuse by OpsGenie; 0: 422
	Count      int           // of a ShortPeek

	end time.Time // by For
}

// Knobs hold the faults that are still to come. The zero value has none, and
// takes those of a chat service.
type Knobs struct {
	bus    bool
	now    func() time.Time
	atOnce func(Fault) func()

	some   atomic.Bool // there are faults: most calls meet none and need no lock
	mu     sync.Mutex
	faults []Fault
}

// ForBus returns Knobs that take the faults of Service Bus. A fault's For is
// measured by now. For a fault that also happens to what is there already,
// atOnce returns how; that is then the first of its Times.
func ForBus(now func() time.Time, atOnce func(Fault) func()) *Knobs {
	return &Knobs{bus: true, now: now, atOnce: atOnce}
}

// Fail adds a fault. It panics on an unknown kind and on a negative number,
// which are mistakes of the program that calls it.
func (k *Knobs) Fail(f Fault) {
	if err := k.check(f); err != nil {
		panic("control: " + err.Error())
	}
	var act func()
	if k.atOnce != nil {
		act = k.atOnce(f)
	}
	if act == nil || f.Times != 1 {
		if act != nil && f.Times > 1 {
			f.Times--
		}
		k.add(f)
	}
	if act != nil {
		act()
	}
}

func (k *Knobs) add(f Fault) {
	if f.For > 0 {
		f.end = k.time().Add(f.For)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.faults = append(k.faults, f)
	k.some.Store(true)
}

func (k *Knobs) time() time.Time {
	if k.now == nil {
		return time.Now()
	}
	return k.now()
}

// Heal takes back all faults.
func (k *Knobs) Heal() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.faults = nil
	k.some.Store(false)
}

// Faults are those still to come, oldest first.
func (k *Knobs) Faults() []Fault {
	now := k.time()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(now)
	return slices.Clone(k.faults)
}

// forget drops the faults whose time is over.
func (k *Knobs) forget(now time.Time) {
	k.faults = slices.DeleteFunc(k.faults, func(f Fault) bool { return !f.end.IsZero() && !f.end.After(now) })
	k.some.Store(len(k.faults) > 0)
}

// Take uses up the first fault that a call meets.
func (k *Knobs) Take(meets func(Fault) bool) (Fault, bool) {
	if !k.some.Load() {
		return Fault{}, false
	}
	now := k.time()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(now)
	for i := range k.faults {
		f := &k.faults[i]
		if !meets(*f) {
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
				k.some.Store(len(k.faults) > 0)
			}
		}
		return found, true
	}
	return Fault{}, false
}

func (k *Knobs) check(f Fault) error {
	kinds := Chat
	if k.bus {
		kinds = Bus
	}
	if !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("unknown kind %q; there are %s", f.Kind, strings.Trim(fmt.Sprint(kinds), "[]"))
	}
	if min(f.Skip, f.Times, f.Count) < 0 {
		return fmt.Errorf("skip is %d, times %d, count %d: need 0 or more", f.Skip, f.Times, f.Count)
	}
	return nil
}
