package errorqueue

import (
	"fmt"
	"strings"

	"github.com/busbell/busbell/internal/source"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
)

// A group is the failures with one fingerprint in one source.
type group struct {
	fingerprint string
	tally
	failure failure.Failure // the newest, unmasked
	message message.Message // the newest, unmasked; zero once its fields are extracted
	fields  []incident.Field

	// earlier marks a group that only earlier passes found. Its failure is as
	// the incident holds it, masked, and its message is not known.
	earlier bool

	kind incident.Kind // "" for failures
}

// maxGroups bounds the groups of one source. Failures beyond it are one more
// group, so that many distinct failures cannot fill the memory.
const maxGroups = 500

// groups are those of one source, by fingerprint.
type groups map[string]*group

// add counts one failure in its group.
func (all groups) add(fingerprint string, f failure.Failure, m *message.Message) *group {
	g := all[fingerprint]
	if g == nil {
		g = &group{fingerprint: fingerprint}
		all[fingerprint] = g
	}
	g.count++
	if !f.FailedAt.Before(g.newest) {
		g.failure, g.message = f, *m
	}
	g.failed(f.FailedAt)
	g.sample(sample{m.SequenceNumber, f.Identity, f.FailedAt})
	return g
}

// dropBodies keeps of the newest message of each group only the fields that may
// be shown, and copies the failure's texts: a message may be large, and there
// are many groups.
func (w *Watch) dropBodies(all groups) {
	for _, g := range all {
		if g.message.Entity == "" && g.message.SequenceNumber == 0 {
			continue
		}
		g.fields, g.message = w.fields(&g.message), message.Message{}
		f := &g.failure
		for _, text := range []*string{
			&f.MessageType, &f.FailingQueue, &f.ExceptionType, &f.ExceptionMessage, &f.FirstOwnFrame, &f.Handler, &f.Identity, &f.TraceID, &f.Reason, &f.Trace,
		} {
			*text = strings.Clone(*text) // not a substring of the message
		}
		for i := range g.samples {
			g.samples[i].Identity = strings.Clone(g.samples[i].Identity)
		}
	}
}

// overflow are the failures beyond the groups that a source may have.
func overflow(source source.Source, f failure.Failure) (string, failure.Failure) {
	f = failure.Failure{FailingQueue: source.Entity(), MessageType: "other failures", FailedAt: f.FailedAt}
	return f.Fingerprint(source.Entity(), ""), f
}

// understand reads a message. A message that cannot be read or understood is a
// failure too, of which only the source is known.
func (w *Watch) understand(m *message.Message) (f failure.Failure) {
	if m.Unreadable != "" {
		return notUnderstood(m, "The Service Bus library cannot read it: "+m.Unreadable)
	}
	defer func() {
		if r := recover(); r != nil {
			f = notUnderstood(m, fmt.Sprint("It cannot be understood: ", r))
			f.FailedAt = m.EnqueuedAt
		}
	}()
	return w.Reader.Read(m, w.now())
}

func notUnderstood(m *message.Message, why string) failure.Failure {
	return failure.Failure{Framework: message.Plain, FailingQueue: m.Entity, MessageType: "unreadable message", ExceptionMessage: why}
}
