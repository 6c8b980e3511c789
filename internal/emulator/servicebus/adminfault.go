package servicebus

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/emulator/control"
)

// withFaults lets the calls of the administration API meet their faults.
func (s *Server) withFaults(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, met := s.Take(adminCall(r.URL.Path).meets)
		switch {
		case !met:
			h.ServeHTTP(w, r)
		case f.Kind == control.Delay:
			s.linger(r, f.Delay)
			h.ServeHTTP(w, r)
		case f.Kind == control.Refuse:
			refuseAdmin(w, f)
		case f.Kind == control.Drop || f.Kind == control.ConnectionForced:
			panic(http.ErrAbortHandler)
		default:
			kept := &answerKept{ResponseWriter: w, status: http.StatusOK}
			h.ServeHTTP(kept, r)
			s.answerAdmin(kept, r, f)
		}
	})
}

// adminCall is what a request to the administration API does, to faults.
func adminCall(path string) call {
	path = strings.Trim(path, "/")
	folded := strings.ToLower(path)
	if strings.HasPrefix(folded, "$resources/") {
		return call{onList, "$Resources"}
	}
	return call{onAdminister, path}
}

// refuseAdmin refuses a call. Where a right is missing, the real one speaks of
// it in these words.
func refuseAdmin(w http.ResponseWriter, f control.Fault) {
	a := failed(http.StatusServiceUnavailable, "the emulator was told to refuse this: "+f.Error)
	if f.Error == Unauthorized {
		a = failed(http.StatusUnauthorized, "SubCode=40100. Unauthorized. Manage,EntityRead claims required for this operation.")
	}
	w.Header().Set("Content-Type", "application/atom+xml;charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = w.Write([]byte(a.body))
}

// counted is where an entity's description counts messages.
var counted = regexp.MustCompile(`(MessageCount>)\d+<`)

// answerAdmin answers a call that was carried out, as the fault says.
func (s *Server) answerAdmin(kept *answerKept, r *http.Request, f control.Fault) {
	body := kept.body.Bytes()
	switch f.Kind {
	case control.ZeroCounts:
		body = counted.ReplaceAll(body, []byte("${1}0<"))
	case control.DelayAfterAccept:
		s.linger(r, f.Delay)
	case control.LoseAnswer:
		s.linger(r, time.Hour)
		panic(http.ErrAbortHandler)
	case control.DropAfterAccept:
		panic(http.ErrAbortHandler)
	}
	kept.ResponseWriter.WriteHeader(kept.status)
	_, _ = kept.ResponseWriter.Write(body)
}

// linger waits, until the client leaves or the server is closed at the latest.
func (s *Server) linger(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-s.closing:
	}
}

// An answerKept is one that was written but is not sent yet.
type answerKept struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (a *answerKept) WriteHeader(status int)      { a.status = status }
func (a *answerKept) Write(b []byte) (int, error) { return a.body.Write(b) }
