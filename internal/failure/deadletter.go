package failure

import (
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
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
// text, or its stack alone, or a sentence. Without it the reason may be such
// a text.
func (r *Reader) described(m *message.Message, f *Failure) {
	description := property(m, deadLetterDescription)
	if description == "" {
		if t, ok := trace.Read(f.Reason); ok && !brokerReasons[f.Reason] && t.Message+t.Frames != "" {
			r.take(f, t)
			return
		}
		f.ExceptionType = reasonType(f.Reason)
		return
	}
	if t, ok := trace.Read(description); ok {
		r.take(f, t)
		return
	}
	if !trace.IsFrame(trace.FirstLine(description)) {
		f.ExceptionType, f.ExceptionMessage = reasonType(f.Reason), trace.UnixLines(description)
		return
	}
	f.ExceptionType, f.ExceptionMessage = reasonText(f.Reason)
	r.frames(f, description)
	f.Trace, f.Attempts = trace.UnixLines(description), 1
}

// reasonType is the exception type that a reason is, or "". A single word
// that ends in Error is more often an application's own.
func reasonType(reason string) string {
	typ, rest, ok := trace.Header(reason)
	if !ok || rest != "" || brokerReasons[reason] || !trace.IsException(typ) {
		return ""
	}
	if !strings.Contains(typ, ".") && strings.HasSuffix(typ, "Error") && !slices.Contains(scriptErrors, typ) {
		return ""
	}
	return typ
}

// scriptErrors are the single words that JavaScript and Python raise.
var scriptErrors = []string{
	"TypeError", "RangeError", "ReferenceError", "SyntaxError", "EvalError", "URIError", "AggregateError",
	"ValueError", "KeyError", "IndexError", "AttributeError", "ImportError", "ModuleNotFoundError", "NameError", "OSError",
	"RuntimeError", "AssertionError", "ZeroDivisionError", "OverflowError", "ArithmeticError", "LookupError", "UnicodeDecodeError",
	"NotImplementedError", "RecursionError", "PermissionError", "FileNotFoundError", "ConnectionError", "TimeoutError", "MemoryError",
}

// reasonText is what a reason says beside a stack without a head: a type, a
// type and its message, or a sentence.
func reasonText(reason string) (typ, msg string) {
	if typ = reasonType(reason); typ != "" {
		return typ, ""
	}
	for _, sign := range []string{" - ", ": "} {
		if typ, msg, ok := strings.Cut(reason, sign); ok && reasonType(typ) != "" {
			return typ, trace.UnixLines(msg)
		}
	}
	if strings.Contains(reason, " ") && !brokerReasons[reason] {
		return "", trace.UnixLines(reason)
	}
	return "", ""
}

// take puts what a trace says into f.
func (r *Reader) take(f *Failure, t trace.Trace) {
	f.ExceptionType, f.ExceptionMessage = t.Type, t.Message
	f.Trace, f.Attempts = trace.UnixLines(t.Text), max(f.Attempts, 1)
	r.frames(f, t.Frames)
}
