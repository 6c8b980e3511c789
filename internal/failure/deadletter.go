package failure

import (
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/failure/jsonerror"
	"github.com/busbell/busbell/internal/failure/trace"
	"github.com/busbell/busbell/internal/failure/trace/runtimes"
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
// text, or its stack alone, or a sentence, beside which properties may tell
// more. Without it the reason may be such a text. JSON of which no key tells of
// an error may be the payload, and is left out.
func (r *Reader) described(m *message.Message, f *Failure) {
	description, reason := property(m, deadLetterDescription), f.Reason
	if jsonerror.Is(reason) {
		f.Reason = ""
	}
	switch {
	case r.told(f, description):
	case trace.IsFrame(trace.FirstLine(description)):
		f.ExceptionType, f.ExceptionMessage = reasonText(reason)
		r.frames(f, description)
		f.Trace, f.Attempts = trace.UnixLines(description), 1
	case r.thrown(m, f):
	case description == "" && !brokerReasons[reason] && reasonType(reason) == "" && r.told(f, reason):
	case jsonerror.Is(description):
		f.ExceptionType = reasonType(reason)
	default:
		f.ExceptionType, f.ExceptionMessage = reasonType(reason), words(description)
	}
}

// words are a sentence that says why, without payloads in it.
func words(text string) string { return jsonerror.Words(trace.UnixLines(text)) }

// told reads a text that is an exception's, or JSON that tells of one, perhaps
// behind a few words.
func (r *Reader) told(f *Failure, text string) bool {
	t, ok := runtimes.Read(text)
	if !ok {
		t, ok = jsonerror.Read(text)
	}
	if at := strings.IndexByte(text[:min(len(text), maxWords)], '{'); !ok && at > 0 {
		t, ok = jsonerror.Read(text[at:])
		ok = ok && t.Type != ""
	}
	if ok {
		r.take(f, t)
	}
	return ok
}

// maxWords is how far behind the front of a text JSON may begin.
const maxWords = 200

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
		head, msg, ok := strings.Cut(reason, sign)
		if typ, rest, typed := trace.Header(head); ok && typed && rest == "" && strings.Contains(typ, ".") {
			return typ, trace.UnixLines(msg)
		}
		if ok && reasonType(head) != "" {
			return head, trace.UnixLines(msg)
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
	f.InnerType, f.InnerMessage, f.cut = t.Inner.Type, t.Inner.Message, t.Cut
	f.Trace, f.Attempts = trace.UnixLines(t.Text), max(f.Attempts, 1)
	r.frames(f, t.Frames)
}
