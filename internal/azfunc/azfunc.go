// Package azfunc is the door of the handler: the only package that speaks the
// protocol of the Azure Functions host.
//
// Call [Listen] before anything slow, because the host probes the port as soon
// as it has started the process. Then call [Door.Serve]. For each request it
// finds the route by the exact path, reads the body up to [MaxBody], asks the
// route whether it is ready, decodes the trigger, runs the function under the
// route's deadline, and logs one line if it failed. It answers 200 and {} for
// success; 500 and {"error":"…"} for an error, a panic or an envelope that
// cannot be read; 413 for a body that is too long; 503 for more public requests
// than are served at once; and 404 for anything else.
// No answer is empty, because the host waits for ever on an empty success. None
// is a redirect, because the host would follow it with a GET. When the context
// ends or the parent process is gone, Serve finishes what runs and returns.
//
// The host may kill the process at any moment, and may deliver a message
// again after an answer of 200. Functions must tolerate both.
package azfunc

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A Door serves the functions of one app. Its fields must not change while it
// serves.
type Door struct {
	// Routes holds the functions by exact path: "/" and the name of the
	// function's folder, or "/api/…" for one that answers HTTP. Only POST
	// reaches them. "/" itself belongs to the host's probe.
	Routes map[string]Route

	// Log gets one line for each invocation: at level Error if it failed, at
	// Debug otherwise. It must not be nil.
	Log *slog.Logger

	// Grace is how long Serve waits at its end for running invocations. Zero
	// means ten seconds, the time that the host allows itself.
	Grace time.Duration

	// Parent returns the process id of the parent; a change means that the
	// host is gone. Nil means os.Getppid.
	Parent func() int
}

// A Route is one function and how long one invocation of it may take.
type Route struct {
	Function Function

	// Ready is called before a trigger's envelope is decoded. Its error fails
	// the invocation. Nil means always ready. It is not called for HTTP routes.
	Ready func(context.Context) error

	// Deadline limits the context of an invocation. It must be shorter than
	// functionTimeout in host.json: at that time the host kills the process
	// with all its invocations. Zero means no deadline.
	Deadline time.Duration
}

// Handler returns the door as an [http.Handler], for tests and other servers.
// Invocations run under life and not under the context of their request: when
// the host disconnects, running work goes on.
func (d *Door) Handler(life context.Context) http.Handler {
	log := slog.New(LogHandler(d.Log.Handler()))
	var missed sync.Map // paths of envelopes that no route takes
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath() // as sent: /%45x is not /Ex
		if path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			succeed(w)
			return
		}
		route, ok := d.Routes[path]
		if !ok || r.Method != http.MethodPost {
			if fromHost(r) && once(&missed, path) {
				log.WarnContext(withInvocation(life, r), "the host sends an envelope where it should pass the request on", "path", path,
					"cure", "update the Functions host or the Core Tools: enableProxyingHttpRequest of host.json needs a version of April 2025 or later")
			}
			fail(w, http.StatusNotFound, "no such function")
			return
		}
		route.serve(life, log, w, r)
	})
}

// fromHost reports whether the host asks for a function by its name. Who knows
// enableProxyingHttpRequest asks for the route of one that answers HTTP.
func fromHost(r *http.Request) bool {
	name, _ := strings.CutPrefix(r.URL.EscapedPath(), "/")
	return r.Method == http.MethodPost && name != "" && len(name) <= 128 && !strings.Contains(name, "/") && r.Header.Get("X-Azure-Functions-InvocationId") != ""
}

// once reports whether a path comes for the first time.
func once(paths *sync.Map, path string) bool {
	_, known := paths.LoadOrStore(path, true)
	return !known
}
