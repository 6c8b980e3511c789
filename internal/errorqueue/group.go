package errorqueue

import (
	"cmp"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
)

// A group is the failures with one fingerprint in one place.
type group struct {
	fingerprint    string
	count          int
	oldest, newest time.Time       // when they failed; zero where none of them says
	expires        time.Time       // when the first of them ends by its time to live; zero is never
	hours          map[int64]int   // how many failed in each Unix hour of the last day
	samples        []sample        // the newest, newest first; at most mostSamples
	failure        failure.Failure // the newest, unmasked
	message        message.Message // the newest, unmasked

	trouble incident.Trouble // what it is about where it is a problem of ours
}

// A sample is one message of a group: enough to find it again.
type sample struct {
	SequenceNumber int64
	Identity       string // unmasked
	FailedAt       time.Time
}

// mostSamples is how many messages of a group are remembered one by one.
const mostSamples = 3

// mostGroups bounds what one place may bring; what is beyond it is one more
// group, so that a flood of distinct failures cannot fill the memory.
const mostGroups = 500

// add counts one message of a place in its group.
func (w *Watch) add(r *reading, m *message.Message) {
	f := w.understand(m)
	if f.Ignore {
		return
	}
	r.messages++
	fingerprint := w.Rules.fingerprint(f, r.place)
	g := r.groups[fingerprint]
	if g == nil && len(r.groups) >= mostGroups {
		f = failure.Failure{FailingQueue: r.place.Entity(), MessageType: "other failures", FailedAt: f.FailedAt}
		fingerprint = f.Fingerprint(r.place.Entity(), "")
		g = r.groups[fingerprint]
	}
	if g == nil {
		g = &group{fingerprint: fingerprint, oldest: f.FailedAt, newest: f.FailedAt, failure: f, message: *m}
		r.groups[fingerprint] = g
	}
	g.count++
	if f.FailedAt.Before(g.oldest) {
		g.oldest = f.FailedAt
	}
	if !f.FailedAt.Before(g.newest) {
		g.newest, g.failure, g.message = f.FailedAt, f, *m
	}
	g.sample(sample{m.SequenceNumber, f.Identity, f.FailedAt})
	if r.since.Before(f.FailedAt) {
		g.hour(f.FailedAt.Unix()/3600, 1)
	}
	if m.TimeToLive > 0 && !r.place.subQueue() { // nothing expires in a sub-queue
		g.end(m.EnqueuedAt.Add(m.TimeToLive))
	}
}

// sample keeps one more message if it is among the newest.
func (g *group) sample(s sample) {
	at, _ := slices.BinarySearchFunc(g.samples, s, func(a, b sample) int {
		return cmp.Or(b.FailedAt.Compare(a.FailedAt), cmp.Compare(b.SequenceNumber, a.SequenceNumber))
	})
	if at == mostSamples {
		return
	}
	if len(g.samples) == mostSamples {
		g.samples = g.samples[:mostSamples-1]
	}
	g.samples = slices.Insert(g.samples, at, s)
}

// hour counts failures of an hour.
func (g *group) hour(at int64, n int) {
	if g.hours == nil {
		g.hours = map[int64]int{}
	}
	g.hours[at] += n
}

// end takes over when a message ends, if it is the first to.
func (g *group) end(at time.Time) {
	if g.expires.IsZero() || at.Before(g.expires) {
		g.expires = at
	}
}

// understand reads a message; one that the library could not read is a
// failure too, of which only the place is known.
func (w *Watch) understand(m *message.Message) failure.Failure {
	if m.Unreadable != "" {
		return failure.Failure{
			Framework: message.Plain, FailingQueue: m.Entity, MessageType: "unreadable message",
			ExceptionMessage: "The Service Bus library cannot read it: " + m.Unreadable,
		}
	}
	return w.Reader.Read(m)
}
