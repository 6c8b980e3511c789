package failure

import (
	"strconv"
	"time"

	"github.com/busbell/busbell/internal/message"
)

// wolverine reads the headers of Wolverine's dead letters. The stack holds
// the outer exception's frames alone.
func (r *Reader) wolverine(m *message.Message, f *Failure) {
	f.FailingQueue = wolverineQueue(property(m, "original-destination"))
	f.FailedAt = unixMillis(m.Properties["failed-at"])
	typ, stack := property(m, "exception-type"), property(m, "exception-stack")
	if typ == "" && stack == "" && property(m, "exception-message") == "" {
		r.described(m, f)
		return
	}
	f.caught(typ, property(m, "exception-message"), stack)
	f.Attempts = max(f.Attempts, count(m, "attempts")) // 0 where it is as it arrived
	r.frames(f, stack)
}

// unixMillis reads a time in milliseconds since 1970; zero is none.
func unixMillis(v any) time.Time {
	switch v := v.(type) {
	case int64:
		return time.UnixMilli(v).UTC()
	case string:
		if ms, err := strconv.ParseInt(v, 10, 64); err == nil {
			return time.UnixMilli(ms).UTC()
		}
	}
	return stampOf(v)
}
