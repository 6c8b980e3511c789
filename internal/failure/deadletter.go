package failure

import (
	"strings"

	"github.com/busbell/busbell/internal/message"
)

// Application properties of a dead letter, written by the broker or by
// whoever dead-lettered it.
const (
	deadLetterReason      = "DeadLetterReason"
	deadLetterDescription = "DeadLetterErrorDescription"
)

// brokerReasons look like exceptions, some of them, and are the broker's own.
var brokerReasons = map[string]bool{
	"MaxDeliveryCountExceeded": true, "TTLExpiredException": true, "HeaderSizeExceeded": true,
	"MaxTransferHopCountExceeded": true, "Session ID is null.": true,
}

// described reads reason and description, for messages that carry no
// exception in headers of their framework. The description is an exception's
// text, or its stack alone, or a sentence.
func (r *Reader) described(m *message.Message, f *Failure) {
	description := property(m, deadLetterDescription)
	if description == "" {
		f.ExceptionType = reasonType(f.Reason)
		return
	}
	if t, ok := exceptionText(description); ok {
		r.take(f, t)
		return
	}
	f.ExceptionType = reasonType(f.Reason)
	if !isFrame(firstLine(description)) {
		f.ExceptionMessage = unixLines(description)
		return
	}
	if typ, msg, ok := strings.Cut(f.Reason, " - "); ok && reasonType(typ) != "" {
		f.ExceptionType, f.ExceptionMessage = reasonType(typ), unixLines(msg)
	}
	r.frames(f, description)
	f.Trace, f.Attempts = unixLines(description), 1
}

// reasonType is the exception type that a reason is, or "".
func reasonType(reason string) string {
	if brokerReasons[reason] || !strings.HasSuffix(reason, "Exception") && !strings.HasSuffix(reason, "Error") {
		return ""
	}
	typ, rest, ok := header(reason)
	if !ok || rest != "" {
		return ""
	}
	return typ
}

// take puts what a trace says into f.
func (r *Reader) take(f *Failure, t trace) {
	f.ExceptionType, f.ExceptionMessage = t.typ, t.message
	f.Trace, f.Attempts = unixLines(t.text), max(f.Attempts, 1)
	r.frames(f, t.frames)
}

// frames finds the first own frame, and the handler: the type of the last
// own frame before the framework's first.
func (r *Reader) frames(f *Failure, text string) {
	last, reached := "", false
	for line := range strings.Lines(text) {
		name, ok := frameName(line)
		if !ok {
			continue
		}
		switch {
		case pipeline(f.Framework, name):
			if !reached && last != "" && f.Handler == "" {
				f.Handler = typeOf(r.method(last))
			}
			reached = true
		case r.isOwn(name):
			last = name
			if f.FirstOwnFrame == "" {
				f.FirstOwnFrame = r.method(name)
			}
		}
		if reached && f.FirstOwnFrame != "" {
			return
		}
	}
}
