package opsgenie

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Do is what a person does to the alert with this id in the pager's own app:
// "acknowledge", "unacknowledge" or "close".
func (s *Server) Do(id, action, user string) error {
	switch action {
	case "acknowledge", "unacknowledge", "close":
	default:
		return fmt.Errorf("alert %s: no action is called %q", id, action)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.find("id", id)
	if a == nil {
		return fmt.Errorf("alert %s: not found", id)
	}
	if ok, status := s.act(a, action, Act{User: user}); !ok {
		return fmt.Errorf("alert %s: %s", id, status)
	}
	return nil
}

// controls is what the package comment lists below /_control/opsgenie/.
func (s *Server) controls() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_control/opsgenie/state", func(w http.ResponseWriter, _ *http.Request) {
		say(w, s.Snapshot())
	})
	mux.HandleFunc("POST /_control/opsgenie/clear", func(w http.ResponseWriter, _ *http.Request) {
		s.Clear()
		say(w, object{"ok": true})
	})
	mux.Handle("/_control/opsgenie/faults", &s.Knobs)
	mux.HandleFunc("POST /_control/opsgenie/lag", s.controlLag)
	mux.HandleFunc("POST /_control/opsgenie/act", s.controlAct)
	return mux
}

func (s *Server) controlLag(w http.ResponseWriter, r *http.Request) {
	var want struct{ Lag string }
	if !decode(w, r, &want) {
		return
	}
	lag, err := time.ParseDuration(want.Lag)
	if err != nil || lag < 0 {
		http.Error(w, `lag must be a duration such as "2s"`, http.StatusBadRequest)
		return
	}
	s.LagRequests(lag)
	say(w, object{"ok": true})
}

func (s *Server) controlAct(w http.ResponseWriter, r *http.Request) {
	var want struct{ ID, Action, User string }
	if !decode(w, r, &want) {
		return
	}
	if err := s.Do(want.ID, want.Action, want.User); err != nil {
		say(w, object{"ok": false, "error": err.Error()})
		return
	}
	say(w, object{"ok": true})
}

func say(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v)
}
