package failure

import (
	"strconv"
	"time"

	"github.com/busbell/busbell/internal/message"
)

// wolverine reads the headers of Wolverine's dead letters. The stack holds
// the outer exception's frames alone.
func (r *Reader) wolverine(m *message.Message, f *Failure) {
	f.FailingQueue = lastSegment(property(m, "original-destination"))
	if at, ok := unixMillis(m.Properties["failed-at"]); ok {
		f.FailedAt, f.Dated = at, true
	}
	typ, stack := property(m, "exception-type"), property(m, "exception-stack")
	if typ == "" && stack == "" && property(m, "exception-message") == "" {
		r.described(m, f)
		return
	}
	f.ExceptionType = message.TypeName(typ)
	f.ExceptionMessage = unixLines(property(m, "exception-message"))
	f.Trace, f.Attempts = headed(f.ExceptionType, f.ExceptionMessage, stack), 1
	r.frames(f, stack)
}

func unixMillis(v any) (time.Time, bool) {
	var ms int64
	switch v := v.(type) {
	case time.Time:
		return v.UTC(), true
	case int64:
		ms = v
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return time.Time{}, false
		}
		ms = n
	}
	if ms <= 0 || ms > 7_258_118_400_000 { // the year 2200
		return time.Time{}, false
	}
	return time.UnixMilli(ms).UTC(), true
}
