package azfunc

import (
	"context"
	"errors"
	"net/http"
)

// A Function is what one route runs. [OnTimer], [OnMessage] and [OnHTTP] make
// them. Functions must honour their context: one that does not holds its
// invocation until the host runs out of patience and restarts the process.
type Function struct {
	trigger func(ctx context.Context, body []byte) error
	http    http.Handler // if there is no trigger
}

// OnTimer runs f for a timer trigger. An error makes the host count the run
// as failed; it does not try again before the next one is due.
//
// Runs never overlap, though the host starts a manual run while a scheduled
// one is going: it then waits, and all runs that wait share one following
// call of f and its result. Its context has the values of the first of them
// and lives until the last of their deadlines, or until all of them are
// cancelled.
func OnTimer(f func(context.Context) error) Function {
	var runs coalescer
	return Function{trigger: func(ctx context.Context, body []byte) error {
		if _, err := open(body); err != nil {
			return err
		}
		return runs.do(ctx, f)
	}}
}

// OnMessage runs f for a Service Bus trigger whose function.json declares
// "dataType": "binary". The other data types change bodies, and let them
// overwrite metadata; they are understood as far as that is possible. An error
// makes the broker deliver the message again at once, until it has been
// delivered as often as the queue allows. If the trigger hands over many
// messages, f gets one after the other, all of them even if one fails; the
// host then has all of them delivered again.
func OnMessage(f func(context.Context, Message) error) Function {
	return Function{trigger: func(ctx context.Context, body []byte) error {
		messages, err := decodeMessages(body)
		if err != nil {
			return err
		}
		if len(messages) == 1 {
			return f(ctx, messages[0])
		}
		var errs []error
		for _, m := range messages {
			errs = append(errs, Guard(func() error { return f(ctx, m) }))
		}
		return errors.Join(errs...)
	}}
}

// OnHTTP passes a request to h as the caller sent it, and h's answer back: the
// host proxies HTTP triggers that way with enableProxyingHttpRequest. The
// whole body has been read when h begins; the request's context carries the
// deadline and outlives the caller. An answer of 500 or more, or a panic, is
// logged as a failed invocation.
func OnHTTP(h http.Handler) Function { return Function{http: h} }
