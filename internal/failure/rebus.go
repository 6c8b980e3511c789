package failure

import (
	"strings"

	"github.com/busbell/busbell/internal/failure/rebus"
	"github.com/busbell/busbell/internal/failure/trace"
	"github.com/busbell/busbell/internal/message"
)

// rebus reads the one text that Rebus writes, from its header or, natively
// dead-lettered, from the description.
func (r *Reader) rebus(m *message.Message, f *Failure, w message.Window) {
	f.FailingQueue = property(m, "rbs2-source-queue")
	text, limit := property(m, "rbs2-error-details"), rebus.HeaderLimit
	if text == "" {
		text, limit = property(m, deadLetterDescription), trace.DescriptionLimit
	}
	d, ok := rebus.Read(text, f.Reason, limit)
	if !ok {
		if r.described(m, f); limit == rebus.HeaderLimit {
			text, _ = rebus.Uncut(text, limit)
			f.ExceptionMessage = trace.UnixLines(text)
		}
		return
	}
	f.Attempts = d.Attempts
	r.take(f, d.Trace)
	if strings.HasSuffix(f.ExceptionType, ".MessageCouldNotBeDispatchedToAnyHandlersException") && strings.Contains(f.Trace, ".DispatchSecondLevelRetry(") {
		f.Remark = "No handler takes IFailed of this type, which second-level retries ask for: what failed first may be lost."
	}
	f.FailedAt = rebus.Time(d.Time, w)
	if last := rebus.Time(d.Last, w); last.After(f.FailedAt) {
		f.FailedAt = last
	}
}
