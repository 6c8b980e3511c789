package slack

import (
	"encoding/json"
	"net/http"
	"time"
)

// controls is what the package comment lists below /_control/slack/.
func (s *Server) controls() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_control/slack/state", func(w http.ResponseWriter, _ *http.Request) {
		writeAny(w, http.StatusOK, s.Snapshot())
	})
	mux.HandleFunc("POST /_control/slack/clear", func(w http.ResponseWriter, _ *http.Request) {
		s.Clear()
		writeAny(w, http.StatusOK, reply{"ok": true})
	})
	mux.Handle("/_control/slack/faults", &s.Knobs)
	mux.HandleFunc("POST /_control/slack/history", s.controlHistory)
	mux.HandleFunc("POST /_control/slack/click", s.controlClick)
	return mux
}

func (s *Server) controlHistory(w http.ResponseWriter, r *http.Request) {
	var want struct {
		Lag   *string `json:"lag"`
		Scope *bool   `json:"scope"`
	}
	if err := decode(w, r, &want); err != nil {
		http.Error(w, "history: "+err.Error(), http.StatusBadRequest)
		return
	}
	if want.Lag != nil {
		lag, err := time.ParseDuration(*want.Lag)
		if err != nil || lag < 0 {
			http.Error(w, `history: lag must be a duration such as "2s"`, http.StatusBadRequest)
			return
		}
		s.LagHistory(lag)
	}
	if want.Scope != nil {
		s.ForbidHistory(!*want.Scope)
	}
	writeAny(w, http.StatusOK, reply{"ok": true})
}

func (s *Server) controlClick(w http.ResponseWriter, r *http.Request) {
	var c Click
	if err := decode(w, r, &c); err != nil {
		http.Error(w, "click: "+err.Error(), http.StatusBadRequest)
		return
	}
	result, err := s.Click(r.Context(), c)
	answer := reply{"ok": err == nil, "status": result.Status, "ms": result.Latency.Milliseconds()}
	if err != nil {
		answer["error"] = err.Error()
	}
	writeAny(w, http.StatusOK, answer)
}

func decode(w http.ResponseWriter, r *http.Request, v any) error {
	return json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(v)
}

func writeAny(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
