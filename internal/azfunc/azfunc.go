// Package azfunc is the door of the handler: it speaks the protocol of the
// Azure Functions host, and nothing else of ours knows that protocol or a
// status code of it.
//
// First [Listen], before anything slow: the host probes the port from the
// moment it has started the process. Then [Door.Serve], which for every
// request finds its route by the exact path, reads the body up to [MaxBody],
// asks the route whether it is ready, decodes the trigger, runs the function
// under the route's deadline, writes one log line if it failed, and answers:
// 200 and {} for success, 500 and {"error":"…"} for an error, a panic or an
// envelope that cannot be read, 413 for a body that is too long, 404 for all
// else. No answer is ever
// empty, since the host waits for ever on an empty success, and none is a
// redirect, since the host would follow it with a GET. At last, when the
// context ends or the parent process is gone, what runs is finished and Serve
// returns.
//
// The host may kill the process at any moment, and may deliver a message
// again although we answered 200: what runs behind the door has to bear both.
package azfunc

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// A Door serves the functions of one app. Its fields must not change once it
// serves.
type Door struct {
	// Routes holds the functions by exact path: "/" and the name of the
	// function's folder, or "/api/…" for one that answers HTTP. Only POST
	// reaches them. "/" itself belongs to the host's probe.
	Routes map[string]Route

	// Log gets one line for each failed invocation, at level Error, and one
	// for each other at Debug. It must not be nil.
	Log *slog.Logger

	// Grace bounds how long Serve waits at the end for what still runs.
	// Zero means ten seconds, which is what the host allows itself.
	Grace time.Duration

	// Parent returns the process id of the parent; a change means that the
	// host is gone. Nil means os.Getppid.
	Parent func() int
}

// A Route is one function and how long one invocation of it may take.
type Route struct {
	Function Function

	// Ready is asked before a trigger's envelope is looked at. Its error fails
	// the invocation, whatever the host sent. Nil means always. A route for
	// HTTP answers for itself and is not asked.
	Ready func(context.Context) error

	// Deadline ends the context of an invocation. It has to be shorter than
	// functionTimeout in host.json, at which the host kills the process and
	// all other invocations with it. Zero means no deadline.
	Deadline time.Duration
}

// Handler returns the door as a handler, for tests and servers of one's own.
// Invocations run under life, not under the context of their request: a host
// that goes away does not stop work half-way.
func (d *Door) Handler(life context.Context) http.Handler {
	log := slog.New(LogHandler(d.Log.Handler()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath() // as sent: /%45x is not /Ex
		if path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			succeed(w)
			return
		}
		route, ok := d.Routes[path]
		if !ok || r.Method != http.MethodPost {
			fail(w, http.StatusNotFound, "no such function")
			return
		}
		route.serve(life, log, w, r)
	})
}
