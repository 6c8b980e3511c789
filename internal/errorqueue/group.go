package errorqueue

import (
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
)

// A group is the failures with one fingerprint in one place.
type group struct {
	fingerprint    string
	count          int
	oldest, newest time.Time       // when they failed; zero where none of them says
	failure        failure.Failure // the newest, unmasked
	message        message.Message // the newest, unmasked
}

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
