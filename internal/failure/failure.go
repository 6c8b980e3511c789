// Package failure understands failed messages: which event failed, in which
// queue, why, at which line of the team's own code.
//
// A [Reader] reads one message after the other: the message's framework
// decides which headers and texts hold the facts, a .NET trace is taken apart
// into its exceptions and frames, frameworks' frames are skipped, and what is
// left is a [Failure]. Its fingerprint is the key of "the same problem" over
// days, machines and cultures. Nothing here is masked: what is shown or
// stored goes through package privacy first.
package failure

import (
	"time"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/message"
)

// Cause is what failed: type and message of the innermost exception that says
// something, or of the only one.
func (f Failure) Cause() (typ, msg string) {
	if f.InnerType != "" {
		return f.InnerType, f.InnerMessage
	}
	return f.ExceptionType, f.ExceptionMessage
}

// A Failure is what we understood of one failed message. A field is empty
// where the message carries no such fact.
type Failure struct {
	Framework    message.Framework `json:"framework,omitempty"`
	MessageType  string            `json:"messageType,omitempty"`  // full name without assembly, "Shop.Orders.OrderPlaced"
	FailingQueue string            `json:"failingQueue,omitempty"` // where a retry would send it

	// ExceptionType and ExceptionMessage are those of the first, outermost
	// exception. A message without a type is a broker's or an application's
	// description, or a text that names no type.
	ExceptionType    string `json:"exceptionType,omitempty"`
	ExceptionMessage string `json:"exceptionMessage,omitempty"`

	// InnerType and InnerMessage are those of the innermost exception that says
	// something, where the outermost wraps another. What failed is that one.
	InnerType    string `json:"innerType,omitempty"`
	InnerMessage string `json:"innerMessage,omitempty"`

	FirstOwnFrame string `json:"firstOwnFrame,omitempty"` // Namespace.Type.Method of the first frame that is the team's own
	Handler       string `json:"handler,omitempty"`       // the type that handled the message
	Identity      string `json:"identity,omitempty"`      // which message it is over retries and re-sends
	TraceID       string `json:"traceId,omitempty"`       // W3C trace id, 32 hex digits

	FailedAt time.Time `json:"failedAt,omitzero"` // UTC; when it was enqueued where no header says a time that can be; zero where neither is known
	Dated    bool      `json:"dated,omitempty"`   // the message says when it failed

	// Reason is the broker's or the application's dead-letter reason.
	Reason string `json:"reason,omitempty"`

	// Description is what stands beside the reason, for rules alone: it may
	// quote the message's body, so it is neither shown nor stored.
	Description string `json:"-"`

	// Carried is what rules ask of the message itself; nil where they ask
	// nothing. It is neither shown nor stored.
	Carried *condition.Carried `json:"-"`

	// Trace is the text of the first exception with its frames, line ends \n,
	// uncut and unmasked.
	Trace string `json:"trace,omitempty"`

	// Attempts is how often it was tried, as far as the message says; 0 where it
	// tells of no exception.
	Attempts int `json:"attempts,omitempty"`

	// Remark is what the form of the message tells besides, in words of ours.
	Remark string `json:"remark,omitempty"`

	cut bool // a limit ended ExceptionMessage

	// FromBody marks an exception that stands in the body, where the configuration
	// says so.
	FromBody bool `json:"-"`

	// Ignore marks what lies in an error queue and is no failure, such as the
	// acknowledgement of a retry: never tell of it, never retry it.
	Ignore bool `json:"ignore,omitempty"`
}
