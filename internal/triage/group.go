package triage

import (
	"strings"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/source"
)

// A Group is the failures with one fingerprint in one source.
type Group struct {
	Fingerprint string
	Tally
	Failure failure.Failure // the newest, unmasked
	Message message.Message // the newest, unmasked; zero once its fields are extracted
	Fields  []incident.Fact

	// Shortened marks a group whose trace has lost its end, to save memory.
	Shortened bool

	// Earlier marks a group that only earlier passes found. Its failure is as
	// the incident holds it, masked, and its message is not known.
	Earlier bool
}

// MaxGroups bounds the groups of one source. Failures beyond it are one more
// group, so that many distinct failures cannot fill the memory.
const MaxGroups = 500

// Groups are those of one source, by fingerprint.
type Groups map[string]*Group

// Add counts one failure in its group.
func (all Groups) Add(fingerprint string, f failure.Failure, m *message.Message) *Group {
	g := all[fingerprint]
	if g == nil {
		g = &Group{Fingerprint: fingerprint}
		all[fingerprint] = g
	}
	g.Count++
	if !f.FailedAt.Before(g.Newest) {
		g.Failure, g.Message, g.Shortened = f, *m, false
	}
	g.failed(f.FailedAt)
	g.sample(Sample{m.SequenceNumber, f.Identity, f.FailedAt})
	return g
}

// How much of a failure's texts is kept: of a message, of the whole traces of
// one source together, and of each trace beyond them. Only a problem that is
// posted alone shows its whole trace, and many new ones share a message.
const (
	maxKept   = 2 << 10
	maxTraces = 256 << 10
	shortened = 1000
)

// DropBodies keeps of the newest message of each group only the fields that may
// be shown, and copies the failure's texts, few of them whole: a message may be
// large, and there are many groups.
func (t *Triage) DropBodies(all Groups) {
	traces := 0
	for _, g := range all {
		traces += len(g.Failure.Trace)
	}
	for _, g := range all {
		if g.Message.Entity == "" && g.Message.SequenceNumber == 0 {
			continue
		}
		g.Failure = WithoutBody(g.Failure, &g.Message)
		g.Fields, g.Message = t.FieldsOf(&g.Message), message.Message{}
		f := &g.Failure
		for _, text := range []*string{&f.ExceptionMessage, &f.InnerMessage, &f.Description} {
			*text = beginning(*text)
		}
		if whole := len(f.Trace); whole > shortened && traces > maxTraces+len(all)*shortened {
			f.Trace, g.Shortened = t.Masker.Sample(f.Trace, shortened), true // masked while it is whole
			traces -= whole - len(f.Trace)
		}
		for _, text := range []*string{
			&f.MessageType, &f.FailingQueue, &f.ExceptionType, &f.ExceptionMessage, &f.InnerType, &f.InnerMessage, &f.FirstOwnFrame, &f.Handler, &f.Identity, &f.TraceID, &f.Reason, &f.Description, &f.Trace,
		} {
			*text = strings.Clone(*text) // not a substring of the message
		}
		for i := range g.Samples {
			g.Samples[i].Identity = strings.Clone(g.Samples[i].Identity)
		}
	}
}

// beginning is what is kept of a message.
func beginning(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxKept)], "") }

// Overflow are the failures beyond the groups that a source may have.
func Overflow(source source.Source, f failure.Failure) (string, failure.Failure) {
	f = failure.Failure{FailingQueue: source.Entity(), MessageType: "other failures", FailedAt: f.FailedAt}
	return f.Fingerprint(source.Entity(), ""), f
}
