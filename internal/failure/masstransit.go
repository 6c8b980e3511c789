package failure

import (
	"cmp"
	"strconv"
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
		if r.described(m, f); skipped(m) {
			f.Remark = "No consumer of this queue takes messages of this type."
		}
		return
	}
	f.caught(typ, property(m, "MT-Fault-Message"), stack)
	f.Attempts += count(m, "MT-Fault-RetryCount")
	r.frames(f, stack)
}

// massTransitQueue is the queue of the input address, else the name of the
// queue that MassTransit moved the message to without its ending.
func massTransitQueue(m *message.Message) string {
	if q := addressedPath(property(m, "MT-Fault-InputAddress")); q != "" {
		return q
	}
	name := movedTo(m)
	for _, ending := range []string{"_error", "_skipped"} {
		if q, ok := strings.CutSuffix(name, ending); ok && q != "" {
			return q
		}
	}
	return ""
}

// movedTo is the queue that MassTransit moved the message to.
func movedTo(m *message.Message) string {
	name, _ := deadLetterParent(cmp.Or(m.DeadLetterSource, m.Entity))
	return name
}

// skipped reports whether MassTransit says that nobody takes the message.
func skipped(m *message.Message) bool {
	reason := property(m, "MT-Reason")
	return reason == "dead-letter" || reason == "" && strings.HasSuffix(movedTo(m), "_skipped")
}

// maxCount is more than anybody tries.
const maxCount = 100_000

// count reads a property that counts something; 0 where it does not.
func count(m *message.Message, key string) int {
	n, err := strconv.Atoi(property(m, key))
	if err != nil || n < 0 || n > maxCount {
		return 0
	}
	return n
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
