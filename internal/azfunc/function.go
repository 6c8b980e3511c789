package azfunc

import (
	"context"
	"errors"
	"net/http"
)

// A Function is what a route runs. [OnTimer], [OnMessage] and [OnHTTP] make one.
// Functions must return when their context ends: otherwise the host restarts the
// process after its own timeout.
type Function struct {
	trigger func(ctx context.Context, body []byte) error
	http    http.Handler // if there is no trigger
	public  *public      // of an http handler that anybody may call
}

// A public handler is guarded against strangers.
type public struct {
	admit  func(http.ResponseWriter, *http.Request) (bool, error)
	bodies chan struct{} // has room for those that may be read and served at once
}

// OnTimer runs f for a timer trigger. After an error the host counts the run as
// failed, and does not run it again before the next one is due.
//
// Runs do not overlap. The host may start a manual run during a scheduled one:
// it then waits, and all waiting runs share one call of f and its result. The
// context of that call has the values of the first run, and lives until the
// latest deadline, or until all of the runs are cancelled.
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
// "dataType": "binary". With other data types the host changes bodies, and bodies
// may overwrite metadata; such messages are decoded as far as possible. After an
// error the broker delivers the message again at once, up to the queue's maximum
// delivery count. If the trigger has many messages, f gets them one by one, even
// after one has failed; the host then has all of them delivered again.
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

// OnHTTP passes a request to h as the caller sent it, and returns h's answer: the
// host proxies HTTP triggers that way with enableProxyingHttpRequest. The body is
// read before h is called. The context of the request has the route's deadline,
// and does not end when the caller disconnects. An answer of 500 or more, or a
// panic, is logged as a failed invocation. 503 is no failure: a check answers
// so that something is wrong elsewhere.
func OnHTTP(h http.Handler) Function { return Function{http: h} }

// OnPublicHTTP is OnHTTP for a route that anybody may call. Before a body is
// read, admit looks at the request's head, and answers what it does not admit;
// its error fails the invocation. Of the others four are read and served at once, up to [MaxPublicBody] each;
// more are told to come again.
func OnPublicHTTP(h http.Handler, admit func(http.ResponseWriter, *http.Request) (bool, error)) Function {
	return Function{http: h, public: &public{admit, make(chan struct{}, maxPublicBodies)}}
}
