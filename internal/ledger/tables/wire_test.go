package tables

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// A wire lies before a service. Calls go through it until it has a fault.
type wire struct {
	service http.Handler

	mu     sync.Mutex
	faults []fault
	calls  []string // method and path of all that came
}

// A fault is what happens to one call instead of its answer. Those that are
// after acceptance let the service do what it was asked, and lose its answer.
type fault struct {
	name   string
	after  bool                                                  // after acceptance
	silent bool                                                  // nothing is answered
	do     func(http.ResponseWriter, *http.Request)              // in place of the answer
	cut    func(http.ResponseWriter, *httptest.ResponseRecorder) // or with a part of it
	only   func(*http.Request) bool                              // nil: any call
	first  func()                                                // done before anything else
}

func (w *wire) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	f, met := w.meet(r)
	if !met {
		w.service.ServeHTTP(out, r)
		return
	}
	if f.first != nil {
		f.first()
	}
	recorder := httptest.NewRecorder()
	if f.after || f.cut != nil {
		w.service.ServeHTTP(recorder, r)
	}
	if f.cut != nil {
		f.cut(out, recorder)
		return
	}
	f.do(out, r)
}

// meet takes the next fault that is meant for a call.
func (w *wire) meet(r *http.Request) (fault, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, r.Method+" "+r.URL.Path)
	if len(w.faults) == 0 || w.faults[0].only != nil && !w.faults[0].only(r) {
		return fault{}, false
	}
	f := w.faults[0]
	w.faults = w.faults[1:]
	return f, true
}

// fail has the next calls meet these faults, one each.
func (w *wire) fail(faults ...fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults, w.calls = faults, nil
}

// left is how many faults were not met, and how many calls came meanwhile.
func (w *wire) left() (faults, calls int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.faults), len(w.calls)
}

// status answers with one, and with text that must not get into an error.
func status(code int, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "<html><h1>no</h1> "+r.Header.Get("Authorization")+" "+r.URL.String()+"</html>")
	}
}

func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// wait answers nothing until the caller has gone.
func wait(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// halved sends an answer up to its middle.
func halved(w http.ResponseWriter, whole *httptest.ResponseRecorder) {
	text := whole.Body.Bytes()
	if len(text) == 0 {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), whole.Header())
	w.WriteHeader(whole.Code)
	_, _ = w.Write(text[:len(text)/2])
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

// passingFaults are those after which the same call may work.
var passingFaults = []fault{
	{name: "connection cut", do: drop},
	{name: "connection cut after acceptance", after: true, do: drop},
	{name: "answer cut in two", cut: halved},
	{name: "500", do: status(500)},
	{name: "500 after acceptance", after: true, do: status(500, "x-ms-error-code", "OperationTimedOut")},
	{name: "503", do: status(503, "x-ms-error-code", "ServerBusy")},
	{name: "503 after acceptance", after: true, do: status(503)},
	{name: "429", do: status(429)},
	{name: "408", do: status(408)},
	{name: "HTML", do: status(200, "Content-Type", "text/html")},
	{name: "HTML after acceptance", after: true, do: status(200, "Content-Type", "text/html")},
	{name: "HTML that says created", after: true, do: status(201)},
	{name: "a page to sign in", do: status(302)},
	{name: "a bad gateway", do: status(502, "Content-Type", "text/html")},
	{name: "no answer", silent: true, do: wait},
	{name: "no answer after acceptance", after: true, silent: true, do: wait},
}

// lastingFaults are those that another try would meet again.
var lastingFaults = []fault{
	{name: "400", do: status(400)},
	{name: "401", do: status(401)},
	{name: "403", do: status(403, "x-ms-error-code", "AuthenticationFailed")},
	{name: "403 with a code that is none", do: status(403, "x-ms-error-code", "sig=never shown ? at all")},
	{name: "404 of something on the way", do: status(404)},
	{name: "409 of something on the way", do: status(409)},
	{name: "412 of something on the way", do: status(412)},
}

// often is a fault that is met by each of n calls.
func often(f fault, n int) []fault {
	all := make([]fault, n)
	for i := range all {
		all[i] = f
	}
	return all
}

// slow answers after a while.
func slow(d time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}
