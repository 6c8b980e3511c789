// Package opsgenie stands in for OpsGenie, and for the part of Jira Service
// Management that speaks its protocol, on one machine.
//
// A request is held against its key, its fault played if one is due, its
// fields against OpsGenie's limits, and answered 202; only then is it carried
// out, at once or after a lag. One alert at most is open per alias: another
// create counts up on it, and after its close opens a new one. What was done
// can be asked by the request's id, as with OpsGenie: a close of an alert that
// does not exist is a 202 whose outcome is a failure.
//
// What the pager then holds is there to read: [Server.Snapshot],
// [Server.Changed], [Server.Wait] and [Server.Watch].
//
// For programs in other processes there is /_control/opsgenie/, open to this
// machine only and not to web pages of other origins:
//
//	GET    state           the Snapshot as JSON
//	POST   clear           forget all alerts
//	GET    faults          the faults still to come
//	POST   faults          add one: {"method":"alerts.create","kind":"serverError","times":1}
//	DELETE faults          take all back
//	POST   lag             {"lag":"2s"}: how long after its 202 a request is carried out
//	POST   act             {"id":"…","action":"acknowledge","user":"ann"}: what a person does in the app;
//	                       acknowledge, unacknowledge or close
//
// The kinds of faults and their fields are those of package control. The
// methods are alerts.create, .close, .acknowledge, .unacknowledge, .snooze,
// .notes, .get, .list, .request and heartbeats.ping.
package opsgenie

import (
	"net/http"
	"sync"
	"time"

	"github.com/busbell/busbell/internal/emulator/control"
)

// Config says what the pager is like. Its zero value takes any key and
// carries requests out at once.
type Config struct {
	Key string        // the only key that is good; "" takes any
	Lag time.Duration // between the 202 and the doing

	Now func() time.Time // nil is time.Now
}

// A Server is one pager. It serves /v2/, below /jsm/ops/integration/ what Jira
// Service Management has of it, and /_control/opsgenie/.
type Server struct {
	control.Knobs

	cfg Config
	mux *http.ServeMux

	mu       sync.Mutex
	rev      int64
	cleared  int64
	changed  chan struct{} // closed at the next change
	lag      time.Duration
	alerts   []*Alert // oldest first
	tiny     int
	waiting  []func()            // requests to carry out, oldest first
	outcomes map[string]*outcome // by request id
	beats    map[string]int
	calls    map[string]int
}

// New makes a pager without alerts.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{
		cfg:      cfg,
		lag:      cfg.Lag,
		changed:  make(chan struct{}),
		outcomes: map[string]*outcome{},
		beats:    map[string]int{},
		calls:    map[string]int{},
	}
	s.mux = s.routes()
	return s
}

// ServeHTTP answers a request. A fault that cuts the connection panics with
// [http.ErrAbortHandler], which net/http understands.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// LagRequests sets how long after its 202 a request is carried out.
func (s *Server) LagRequests(lag time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = lag
}
