// Package triage says what failed messages mean: what failed, which problem it
// is, and which rules of the configuration apply to it.
//
// A [Triage] understands each message, masks what may be shown of it, and
// counts it in the [Group] with its fingerprint. Its [Rules] say who is told.
// It decides nothing about incidents, reads no source and writes nothing.
package triage

import (
	"fmt"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/privacy/quoted"
)

// A Triage is what the configuration says of failures.
type Triage struct {
	Reader *failure.Reader
	Masker *privacy.Masker
	Rules  Rules
}

// Understand reads a message. A message that cannot be read or understood is a
// failure too, of which only the source is known.
func (t *Triage) Understand(m *message.Message, now time.Time) (f failure.Failure) {
	if m.Unreadable != "" {
		return notUnderstood(m, "The Service Bus library cannot read it: "+m.Unreadable)
	}
	defer func() {
		if r := recover(); r != nil {
			f = notUnderstood(m, fmt.Sprint("It cannot be understood: ", r))
			f.FailedAt = m.EnqueuedAt
		}
	}()
	f = t.Reader.Read(m, now)
	f.Carried = t.Rules.carries.of(m)
	return f
}

func notUnderstood(m *message.Message, why string) failure.Failure {
	return failure.Failure{Framework: message.Plain, FailingQueue: m.Entity, MessageType: "unreadable message", ExceptionMessage: why}
}

// Limits of a failure's stored texts, in bytes.
const (
	MaxMessage = 1000
	maxTrace   = 2000
	MaxName    = 300
)

// Shown is a failure as it may be stored and shown: masked and cut, and without
// its texts where the configuration hides them.
func (t *Triage) Shown(f failure.Failure) failure.Failure {
	f = t.Masked(f)
	if !t.Masker.Hidden() {
		return f
	}
	for _, name := range names(&f) {
		if strings.ContainsAny(*name, " \n") {
			*name = "" // a sentence, not a name
		}
	}
	f.ExceptionMessage, f.InnerMessage, f.Description, f.Trace = "", "", "", ""
	return f
}

// Masked is a failure with what is secret or personal masked, and cut.
func (t *Triage) Masked(f failure.Failure) failure.Failure {
	for _, name := range names(&f) {
		*name = t.Masker.Sample(*name, MaxName)
	}
	f.ExceptionMessage = t.Masker.Sample(f.ExceptionMessage, MaxMessage)
	f.InnerMessage = t.Masker.Sample(f.InnerMessage, MaxMessage)
	f.Description = t.Masker.Sample(f.Description, MaxMessage)
	f.Trace, f.Carried = t.Masker.Sample(f.Trace, maxTrace), nil
	return f
}

// WithoutBody is a failure whose texts quote nothing of its message's body,
// unless the configuration says that the exception stands there.
func WithoutBody(f failure.Failure, m *message.Message) failure.Failure {
	if f.FromBody {
		return f
	}
	body, err := m.Content()
	if err != nil {
		return f // nothing of it is text
	}
	for _, text := range []*string{&f.ExceptionMessage, &f.InnerMessage, &f.Description, &f.Trace, &f.Reason} {
		*text = quoted.Without(*text, body)
	}
	return f
}

// names are the texts of a failure that should be names.
func names(f *failure.Failure) []*string {
	return []*string{&f.MessageType, &f.FailingQueue, &f.ExceptionType, &f.InnerType, &f.FirstOwnFrame, &f.Handler, &f.Reason, &f.Identity}
}
