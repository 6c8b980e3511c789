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

// descriptionLimit is how much of a reason or a description the SDKs take,
// in UTF-16 units: senders cut there, often without a mark.
const descriptionLimit = 4_096

// brokerReasons look like exceptions, some of them, and are the broker's own.
var brokerReasons = map[string]bool{
	"MaxDeliveryCountExceeded": true, "TTLExpiredException": true, "HeaderSizeExceeded": true,
	"MaxTransferHopCountExceeded": true, "Session ID is null.": true,
}

// described reads reason and description, for messages that carry no
// exception in headers of their framework. The description is an exception's
// text, or its stack alone, or a sentence. Without it the reason may be such
// a text.
func (r *Reader) described(m *message.Message, f *Failure) {
	description := property(m, deadLetterDescription)
	if description == "" {
		if t, ok := exceptionText(f.Reason); ok && !brokerReasons[f.Reason] && t.message+t.frames != "" {
			r.take(f, t)
			return
		}
		f.ExceptionType = reasonType(f.Reason)
		return
	}
	if t, ok := exceptionText(description); ok {
		r.take(f, t)
		return
	}
	if !isFrame(firstLine(description)) {
		f.ExceptionType, f.ExceptionMessage = reasonType(f.Reason), unixLines(description)
		return
	}
	f.ExceptionType, f.ExceptionMessage = reasonText(f.Reason)
	r.frames(f, description)
	f.Trace, f.Attempts = unixLines(description), 1
}

// reasonType is the exception type that a reason is, or "". A single word
// that ends in Error is more often an application's own.
func reasonType(reason string) string {
	typ, rest, ok := header(reason)
	if !ok || rest != "" || brokerReasons[reason] || !exceptional(typ) {
		return ""
	}
	if !strings.Contains(typ, ".") && strings.HasSuffix(typ, "Error") && !scriptErrors[typ] {
		return ""
	}
	return typ
}

// scriptErrors are the single words that JavaScript and Python raise.
var scriptErrors = set(
	"TypeError", "RangeError", "ReferenceError", "SyntaxError", "EvalError", "URIError", "AggregateError",
	"ValueError", "KeyError", "IndexError", "AttributeError", "ImportError", "ModuleNotFoundError", "NameError", "OSError",
	"RuntimeError", "AssertionError", "ZeroDivisionError", "OverflowError", "ArithmeticError", "LookupError", "UnicodeDecodeError",
	"NotImplementedError", "RecursionError", "PermissionError", "FileNotFoundError", "ConnectionError", "TimeoutError", "MemoryError",
)

// reasonText is what a reason says beside a stack without a head: a type, a
// type and its message, or a sentence.
func reasonText(reason string) (typ, msg string) {
	if typ = reasonType(reason); typ != "" {
		return typ, ""
	}
	for _, sign := range []string{" - ", ": "} {
		if typ, msg, ok := strings.Cut(reason, sign); ok && reasonType(typ) != "" {
			return typ, unixLines(msg)
		}
	}
	if strings.Contains(reason, " ") && !brokerReasons[reason] {
		return "", unixLines(reason)
	}
	return "", ""
}

// take puts what a trace says into f.
func (r *Reader) take(f *Failure, t trace) {
	f.ExceptionType, f.ExceptionMessage = t.typ, t.message
	f.Trace, f.Attempts = unixLines(t.text), max(f.Attempts, 1)
	r.frames(f, t.frames)
}

// frames finds the first own frame, and the handler: the type of the last
// own frame before the framework's first. Frames of the framework on top of
// the handler's, where it was sending, are not meant, unless they show that
// the framework was still receiving and no handler ran.
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
			reached = reached || last != "" || receiving(line)
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
