package control

import (
	"bytes"
	"io"
	"maps"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Serve answers one call of method with do, unless a fault stands in its way.
// refuse writes the service's own refusal.
func (k *Knobs) Serve(w http.ResponseWriter, r *http.Request, method string, do http.HandlerFunc, refuse func(http.ResponseWriter, Fault)) {
	f, ok := k.Take(func(f Fault) bool { return f.Method == "" || f.Method == method })
	if !ok {
		do(w, r)
		return
	}
	switch f.Kind {
	case ServerErrorAfterAccept, DropAfterAccept, DelayAfterAccept, HTMLAfterAccept:
		kept := &answer{header: http.Header{}, status: http.StatusOK}
		do(kept, r)
		f.answerLate(w, r, kept)
	default:
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 8<<20)) // so that the caller has sent all of it
		f.answer(w, refuse)
	}
}

func (f Fault) answer(w http.ResponseWriter, refuse func(http.ResponseWriter, Fault)) {
	switch f.Kind {
	case RateLimit:
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
		}
		writeJSON(w, http.StatusTooManyRequests, `{"ok":false,"error":"ratelimited","message":"You are making too many requests!"}`)
	case ServerError:
		writeJSON(w, http.StatusInternalServerError, `{"ok":false,"error":"internal_error","message":"Internal error"}`)
	case HTML:
		writeHTML(w)
	case Refuse:
		refuse(w, f)
	default: // Drop
		panic(http.ErrAbortHandler)
	}
}

func (f Fault) answerLate(w http.ResponseWriter, r *http.Request, kept *answer) {
	switch f.Kind {
	case ServerErrorAfterAccept:
		writeJSON(w, http.StatusInternalServerError, `{"ok":false,"error":"fatal_error","message":"Internal error"}`)
	case HTMLAfterAccept:
		writeHTML(w)
	case DelayAfterAccept:
		select {
		case <-time.After(f.Delay):
			kept.send(w)
		case <-r.Context().Done():
		}
	default: // DropAfterAccept
		panic(http.ErrAbortHandler)
	}
}

func writeJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func writeHTML(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<!DOCTYPE html><title>Service</title><p>We will be right back.</p>")
}

// An answer is one that was written but is not sent yet.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes())
}
