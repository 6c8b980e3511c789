package servicebus

import (
	"encoding/json"
	"net/http"
	"time"
)

// Controls serves what tests in other processes turn on the server, below
// /_control/servicebus/:
//
//	GET    faults   those still to come
//	POST   faults   add one: {"kind":"drop","entity":"orders","skip":20,"times":1}
//	DELETE faults   take all back
//	GET    clock    {"now":"2026-01-02T03:04:05.678Z"}
//	POST   clock    {"advance":"5m"}: move it ahead
//
// It is meant to stand behind [control.Local], and not on the administration
// port, where every path is an entity's name.
func (s *Server) Controls() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/_control/servicebus/faults", s.Knobs)
	mux.HandleFunc("GET /_control/servicebus/clock", func(w http.ResponseWriter, _ *http.Request) { s.tellTime(w) })
	mux.HandleFunc("POST /_control/servicebus/clock", func(w http.ResponseWriter, r *http.Request) {
		var move struct{ Advance string }
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&move)
		if err != nil {
			http.Error(w, "clock: "+err.Error(), http.StatusBadRequest)
			return
		}
		d, err := time.ParseDuration(move.Advance)
		if err != nil || d < 0 {
			http.Error(w, `clock: advance must be a duration such as "5m"`, http.StatusBadRequest)
			return
		}
		s.Advance(d)
		s.tellTime(w)
	})
	return mux
}

func (s *Server) tellTime(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(map[string]time.Time{"now": s.Now().UTC()})
}
