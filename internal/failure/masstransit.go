package failure

import (
	"strings"
	"time"

	"github.com/busbell/busbell/internal/failure/trace"
	"github.com/busbell/busbell/internal/message"
)

// massTransit reads the fault headers. They tell of the innermost exception
// only; type and message are whole headers, the stack is frames alone. A
// broker's reason beside them only says why the message lies here.
func (r *Reader) massTransit(m *message.Message, f *Failure) {
	f.FailingQueue = massTransitQueue(m)
	f.Handler = property(m, "MT-Fault-ConsumerType")
	f.FailedAt = stampOf(m.Properties["MT-Fault-Timestamp"])
	typ, stack := property(m, "MT-Fault-ExceptionType"), property(m, "MT-Fault-StackTrace")
	if typ == "" && stack == "" && property(m, "MT-Fault-Message") == "" {
		r.described(m, f)
		return
	}
	f.caught(typ, property(m, "MT-Fault-Message"), stack)
	r.frames(f, stack)
}

// massTransitQueue is the queue of the input address, else the name of the
// queue that MassTransit moved the message to without its ending.
func massTransitQueue(m *message.Message) string {
	if q := addressedPath(property(m, "MT-Fault-InputAddress")); q != "" {
		return q
	}
	name := m.DeadLetterSource
	if name == "" {
		name = m.Entity
	}
	name, _ = deadLetterParent(name)
	for _, ending := range []string{"_error", "_skipped"} {
		if q, ok := strings.CutSuffix(name, ending); ok && q != "" {
			return q
		}
	}
	return ""
}

// stampOf reads a time in the form that all computers know; zero is none.
func stampOf(v any) time.Time {
	switch v := v.(type) {
	case time.Time:
		return v.UTC()
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// headed puts type and message in front of a stack that lacks them.
func headed(typ, msg, stack string) string {
	head := typ
	if msg != "" {
		head += ": " + msg
	}
	if stack == "" {
		return head
	}
	return head + "\n" + trace.UnixLines(stack)
}
