package failure

import (
	"fmt"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/failure/frame"
	"github.com/busbell/busbell/internal/failure/jsonerror"
	"github.com/busbell/busbell/internal/message"
)

// A Config says whose stack frames are the team's own.
type Config struct {
	// Own lists the name spaces of own frames, "Shop.". Empty means all that
	// no known framework owns.
	Own []string
	// Framework lists further name spaces that are no own code,
	// "Acme.Messaging.". Where both lists match, the longer name decides.
	Framework []string

	// Types and Exceptions are where messages say their type and what was thrown,
	// before all else.
	Types, Exceptions message.Places
}

// A Reader understands failed messages. It keeps nothing of them and may be
// used from many goroutines at once.
type Reader struct {
	code              frame.Code
	types, exceptions message.Places
}

// NewReader returns a Reader for cfg, whose zero value suits most teams.
func NewReader(cfg Config) *Reader {
	return &Reader{frame.New(cfg.Own, cfg.Framework), cfg.Types, cfg.Exceptions}
}

// Read understands one message, now. It never fails: what the message does
// not say stays empty.
func (r *Reader) Read(m *message.Message, now time.Time) Failure {
	window := m.Window(now)
	f := Failure{
		Framework:   m.Framework(),
		MessageType: r.messageType(m),
		Identity:    m.Identity(),
		TraceID:     m.TraceID(),
		Reason:      property(m, deadLetterReason),
		Description: property(m, deadLetterDescription),
	}
	switch f.Framework {
	case message.Rebus:
		r.rebus(m, &f, window)
	case message.NServiceBus:
		r.nserviceBus(m, &f)
	case message.MassTransit:
		r.massTransit(m, &f)
	case message.Wolverine:
		r.wolverine(m, &f)
	default:
		r.described(m, &f) // of Brighter, Dapr, the plain SDK or Azure Functions, or the broker's own
	}
	for _, place := range r.exceptions {
		if text := place.Text(m); text != "" {
			r.outright(&f, text)
			f.FromBody = place.InBody()
			break
		}
	}
	f.date(window)
	if f.FailingQueue == "" && !f.Ignore {
		f.FailingQueue = queue(m)
	}
	return f
}

func (r *Reader) messageType(m *message.Message) string {
	if len(r.types) > 0 {
		if types := r.types.Types(m); len(types) > 0 {
			return types[0]
		}
		return ""
	}
	return m.Type()
}

// outright reads the exception that stands where the configuration says: what
// else the message tells of one does not count.
func (r *Reader) outright(f *Failure, text string) {
	f.ExceptionType, f.ExceptionMessage, f.FirstOwnFrame, f.Trace, f.Attempts = "", "", "", "", 0
	f.InnerType, f.InnerMessage = "", ""
	if !r.told(f, text) {
		f.ExceptionType = reasonType(text)
		f.ExceptionMessage = words(text)
		if f.ExceptionType != "" || jsonerror.Is(text) {
			f.ExceptionMessage = ""
		}
	}
}

// date settles when the message failed: when its headers say, if that counts,
// else when it was enqueued.
func (f *Failure) date(w message.Window) {
	if f.Dated = w.Has(f.FailedAt); !f.Dated {
		f.FailedAt = w.Enqueued
		f.Dated = f.Framework == message.Rebus && !w.Enqueued.IsZero() // Rebus moves a message at once
	}
}

// queue is where a message failed whose headers do not say it: where the
// broker forwarded it from, else the entity whose dead-letter queue it lies in.
func queue(m *message.Message) string {
	if m.DeadLetterSource != "" {
		parent, _ := deadLetterParent(m.DeadLetterSource)
		return parent
	}
	parent, ok := deadLetterParent(m.Entity)
	if !ok {
		return ""
	}
	return parent
}

// deadLetterParent is the entity of a dead-letter sub-queue, or the entity
// itself where it is none.
func deadLetterParent(entity string) (parent string, ok bool) {
	for _, sub := range []string{"/$transfer/$deadletterqueue", "/$transferdeadletterqueue", "/$deadletterqueue"} {
		if cut := len(entity) - len(sub); cut > 0 && strings.EqualFold(entity[cut:], sub) {
			return entity[:cut], true
		}
	}
	return entity, false
}

// property is a property as text, whatever its type: senders and brokers
// write numbers and times where a text is the rule.
func property(m *message.Message, key string) string {
	switch v := m.Properties[key].(type) {
	case nil:
		return ""
	case string:
		return v
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case []byte:
		return ""
	default:
		return fmt.Sprint(v)
	}
}
