package failure

import (
	"strings"
	"time"

	"github.com/busbell/busbell/internal/failure/trace"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/typename"
)

// NServiceBus writes a header for each fact.
const (
	nsbException = "NServiceBus.ExceptionInfo."
)

func (r *Reader) nserviceBus(m *message.Message, f *Failure) {
	if m.Has("ServiceControl.Retry.Successful") {
		f.Ignore = true // an endpoint tells ServiceControl that a retry went well
		return
	}
	f.FailingQueue = property(m, "NServiceBus.FailedQ")
	f.Handler = property(m, nsbException+"Data.Handler type")
	f.FailedAt = nsbTimeOf(m.Properties["NServiceBus.TimeOfFailure"])
	typ, stack := property(m, nsbException+"ExceptionType"), property(m, nsbException+"StackTrace")
	if typ == "" && stack == "" && property(m, nsbException+"Message") == "" {
		r.described(m, f)
		return
	}
	// The stack is the exception's whole text: type and message again, then
	// the inner exceptions and the frames.
	msg := property(m, nsbException+"Message")
	rest, known := strings.CutPrefix(stack, typ+": "+msg)
	if !known {
		rest, known = strings.CutPrefix(trace.UnixLines(stack), typ+": "+trace.UnixLines(msg))
	}
	t := trace.Trace{Text: stack, Type: typ, Message: trace.UnixLines(msg)}
	switch {
	case typ != "" && strings.HasPrefix(typ+": "+msg, stack):
		// no stack, or one that was cut within the message
	case known:
		p := trace.Parse(rest, false)
		t.Frames, t.Inner = p.Frames, p.Inner
	default:
		p := trace.Parse(stack, false)
		t.Frames, t.Inner = p.Frames, p.Inner
		if typ == "" {
			t.Type = p.Type
		}
		if !m.Has(nsbException + "Message") {
			t.Message = p.Message
		}
	}
	t.Type = typename.Of(t.Type)
	r.take(f, t)
}

// nsbTimeOf reads a time in NServiceBus' own form, "2006-01-02 15:04:05:999999 Z".
func nsbTimeOf(v any) time.Time {
	if s, ok := v.(string); ok {
		// Parse knows a fraction only behind a point or a comma.
		if i := strings.LastIndexByte(s, ':'); i == len("2006-01-02 15:04:05") {
			s = s[:i] + "." + s[i+1:]
		}
		if t, err := time.Parse("2006-01-02 15:04:05.999999 Z", s); err == nil {
			return t
		}
	}
	return stampOf(v)
}
