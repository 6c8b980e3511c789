package opsgenie

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/emulator/control"
)

const maxBody = 1 << 20

type object = map[string]any

// An outcome is how a request went, once it is carried out.
type outcome struct {
	done    bool
	ok      bool
	action  string
	status  string
	alertID string
	alias   string
	at      time.Time
}

// integration is the path of Jira Service Management, for which Atlassian
// documents to create, acknowledge and close alerts, and to add notes. All else
// is 404 there.
const integration = "/jsm/ops/integration"

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	on := func(base, verb, path, name string, h http.HandlerFunc) {
		mux.Handle(verb+" "+base+path, s.method(name, h))
	}
	for _, base := range []string{"", integration} {
		on(base, "POST", "/v2/alerts", "alerts.create", s.serveCreate)
		for _, action := range []string{"close", "acknowledge", "notes"} {
			on(base, "POST", "/v2/alerts/{id}/"+action, "alerts."+action, s.serveAct(action))
		}
	}
	on("", "GET", "/v2/alerts", "alerts.list", s.serveList)
	on("", "GET", "/v2/alerts/{id}", "alerts.get", s.serveGet)
	on("", "GET", "/v2/alerts/requests/{id}", "alerts.request", s.serveRequest)
	on("", "GET", "/v2/heartbeats/{name}/ping", "heartbeats.ping", s.servePing)
	for _, action := range []string{"unacknowledge", "snooze"} {
		on("", "POST", "/v2/alerts/{id}/"+action, "alerts."+action, s.serveAct(action))
	}
	mux.Handle("/_control/opsgenie/", control.Local(s.controls()))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusNotFound, "", "Could not find the requested resource", nil)
	})
	return mux
}

// method counts a call, plays its fault, and lets it through with a good key.
func (s *Server) method(name string, h http.HandlerFunc) http.Handler {
	refuse := func(w http.ResponseWriter, f control.Fault) {
		fail(w, cmp.Or(f.Status, http.StatusUnprocessableEntity), "", f.Error, nil)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.calls[name]++
		s.mu.Unlock()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		s.Serve(w, r, name, func(w http.ResponseWriter, r *http.Request) {
			key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "GenieKey ")
			switch {
			case !ok || key == "":
				fail(w, http.StatusUnauthorized, "", "Could not authenticate", nil)
			case s.cfg.Key != "" && key != s.cfg.Key:
				fail(w, http.StatusForbidden, "", "Key is not valid", nil)
			default:
				h(w, r)
			}
		}, refuse)
	})
}

func (s *Server) serveCreate(w http.ResponseWriter, r *http.Request) {
	var c Create
	if !decode(w, r, &c) {
		return
	}
	if bad := c.check(); len(bad) > 0 {
		unprocessable(w, bad)
		return
	}
	s.accept(w, "Create", func(o *outcome) {
		a, status := s.create(uuid(), c)
		o.ok, o.status, o.alertID, o.alias = true, status, a.ID, a.Alias
	})
}

func (s *Server) serveAct(action string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var by Act
		if !decode(w, r, &by) {
			return
		}
		kind := r.URL.Query().Get("identifierType")
		bad := by.check(action, s.cfg.Now())
		if kind != "" && kind != "id" && kind != "alias" && kind != "tiny" {
			bad["identifierType"] = "should be one of id, alias, tiny"
		}
		if len(bad) > 0 {
			unprocessable(w, bad)
			return
		}
		value := r.PathValue("id")
		s.accept(w, action, func(o *outcome) {
			a := s.find(kind, value)
			if a == nil {
				o.status = "Alert does not exist"
				return
			}
			o.alertID, o.alias = a.ID, a.Alias
			o.ok, o.status = s.act(a, action, by)
		})
	}
}

// accept answers 202 and carries the request out, in order with the others,
// now or after the lag.
func (s *Server) accept(w http.ResponseWriter, action string, do func(*outcome)) {
	id := uuid()
	s.mu.Lock()
	o := &outcome{action: action}
	s.outcomes[id] = o
	s.waiting = append(s.waiting, func() {
		do(o)
		o.done, o.at = true, s.cfg.Now().UTC()
	})
	lag := s.lag
	s.mu.Unlock()
	if lag == 0 {
		s.carryOut()
	} else {
		time.AfterFunc(lag, s.carryOut)
	}
	answer(w, http.StatusAccepted, id, object{"result": "Request will be processed"})
}

// carryOut does the oldest request that waits.
func (s *Server) carryOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return // cleared
	}
	do := s.waiting[0]
	s.waiting = s.waiting[1:]
	do()
}

func decode(w http.ResponseWriter, r *http.Request, v any) bool {
	err := json.NewDecoder(r.Body).Decode(v)
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		fail(w, http.StatusRequestEntityTooLarge, "", "Request body is too large", nil)
		return false
	}
	if err != nil {
		fail(w, http.StatusBadRequest, "", "Could not parse request body: "+err.Error(), nil)
		return false
	}
	return true
}

func unprocessable(w http.ResponseWriter, bad wrong) {
	fail(w, http.StatusUnprocessableEntity, "", "Request body is not processable. Please check the errors.", bad)
}

func fail(w http.ResponseWriter, status int, kind, message string, bad wrong) {
	if kind != "" {
		w.Header().Set("X-Opsgenie-Errortype", kind)
	}
	body := object{"message": message}
	if len(bad) > 0 {
		body["errors"] = bad
	}
	answer(w, status, uuid(), body)
}

// answer writes a body with the headers that the SDK looks for in each.
func answer(w http.ResponseWriter, status int, id string, body object) {
	body["took"], body["requestId"] = 0.01, id
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-RateLimit-State", "OK")
	w.Header().Set("X-Response-Time", "0.01")
	w.Header().Set("X-Request-Id", id)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
