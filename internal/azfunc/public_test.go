package azfunc

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// endless is a body that counts what is read of it, and ends after 8 MiB.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read >= 8<<20 {
		return 0, io.EOF
	}
	e.read += len(p)
	return len(p), nil
}

func knock(h http.Handler, body io.Reader, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/knock", body)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAStrangerFillsNeitherMemoryNorLog(t *testing.T) {
	var log strings.Builder
	serving, leave := make(chan bool), make(chan bool)
	door := &Door{Log: slog.New(slog.NewTextHandler(&log, nil)), Routes: map[string]Route{
		"/api/knock": {Function: OnPublicHTTP(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			serving <- true
			<-leave
		}), func(w http.ResponseWriter, r *http.Request) (bool, error) {
			if r.Header.Get("Signature") == "" {
				w.WriteHeader(http.StatusUnauthorized)
				return false, nil
			}
			return true, nil
		})},
	}}
	h := door.Handler(t.Context())

	var unsigned, long endless
	if w := knock(h, &unsigned); w.Code != http.StatusUnauthorized || unsigned.read != 0 {
		t.Errorf("without a signature: %d, and %d bytes were read", w.Code, unsigned.read)
	}
	if w := knock(h, &long, "Signature", "x"); w.Code != http.StatusRequestEntityTooLarge || long.read > 2*MaxPublicBody || !strings.Contains(w.Body.String(), "1 MiB") {
		t.Errorf("a long body: %d %s, and %d bytes were read", w.Code, w.Body, long.read)
	}
	if w := knock(h, strings.NewReader(strings.Repeat("x", MaxPublicBody+1)), "Signature", "x"); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a long body that says so: %d", w.Code)
	}

	answered := make(chan bool)
	begin := func() {
		go func() { knock(h, strings.NewReader("x"), "Signature", "x"); answered <- true }()
		<-serving
	}
	for range maxPublicBodies {
		begin()
	}
	var fifth endless
	w := knock(h, &fifth, "Signature", "x")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || fifth.read != 0 {
		t.Errorf("the fifth at once: %d, Retry-After %q, and %d bytes were read", w.Code, w.Header().Get("Retry-After"), fifth.read)
	}
	leave <- true
	<-answered
	begin()
	for range maxPublicBodies {
		leave <- true
		<-answered
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", &log)
	}
}

// A host before April 2025 takes enableProxyingHttpRequest in silence and posts
// envelopes to the names of functions that answer HTTP.
func TestAnEnvelopeThatShouldBeARequestIsSaidOnce(t *testing.T) {
	var log strings.Builder
	door := &Door{Log: slog.New(slog.NewTextHandler(&log, nil)), Routes: map[string]Route{"/api/check": {Function: OnHTTP(http.NotFoundHandler())}}}
	h := door.Handler(t.Context())
	ask := func(path, invocation string) {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(`{"Data":{"req":{}},"Metadata":{}}`))
		if invocation != "" {
			r.Header.Set("X-Azure-Functions-InvocationId", invocation)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: answered %d", path, w.Code)
		}
	}
	ask("/Check", "")
	ask("/a/b", "1")
	if log.Len() > 0 {
		t.Errorf("logged %s", &log)
	}
	for range 3 {
		ask("/Check", "1")
		ask("/SlackActions", "1")
	}
	got := log.String()
	if strings.Count(got, "level=WARN") != 2 || !strings.Contains(got, "path=/Check") || !strings.Contains(got, "path=/SlackActions") || !strings.Contains(got, "update the Functions host") {
		t.Errorf("logged %s", got)
	}
}

// A check that answers 503 has not failed itself.
func TestUnavailableIsAnAnswerAndNoFailure(t *testing.T) {
	var log strings.Builder
	door := &Door{Log: slog.New(slog.NewTextHandler(&log, nil)), Routes: map[string]Route{
		"/api/knock": {Function: OnHTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))},
	}}
	if w := knock(door.Handler(t.Context()), http.NoBody); w.Code != http.StatusServiceUnavailable || log.Len() > 0 {
		t.Errorf("answered %d, logged %s", w.Code, &log)
	}
}

func TestAKnownErrorIsLoggedInBriefEachTime(t *testing.T) {
	var log strings.Builder
	known := Known(errors.New("1 problem: " + strings.Repeat("é", 400)))
	door := &Door{Log: slog.New(slog.NewTextHandler(&log, nil)), Routes: map[string]Route{
		"/F": {Function: OnTimer(func(context.Context) error { return nil }), Ready: func(context.Context) error { return known }},
		"/api/knock": {Function: OnPublicHTTP(http.NotFoundHandler(), func(http.ResponseWriter, *http.Request) (bool, error) {
			return false, known
		})},
	}}
	h := door.Handler(t.Context())
	for range 2 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/F", strings.NewReader(`{"Data":{"timer":{}},"Metadata":{}}`)))
	}
	if w := knock(h, http.NoBody); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "1 problem") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if got := log.String(); strings.Count(got, "invocation failed") != 3 || strings.Count(got, "1 problem") != 3 || strings.Contains(got, strings.Repeat("é", 300)) || !strings.Contains(got, "…") {
		t.Errorf("logged %s", got)
	}
}
