package opsgenie

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/setting"
)

const key = "00000000-demo-key-0000"

// A request is one that reached the server.
type request struct {
	path, query, key, contentType string
	body                          map[string]any
}

// A server answers as it is told and remembers what was asked.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	answers  []http.HandlerFunc // one after the other; the last one stays
}

func serve(t *testing.T, answers ...http.HandlerFunc) *server {
	t.Helper()
	s := &server{answers: answers}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	got := request{
		path: r.URL.EscapedPath(), query: r.URL.RawQuery,
		key: r.Header.Get("Authorization"), contentType: r.Header.Get("Content-Type"),
	}
	_ = json.Unmarshal(raw, &got.body)
	s.mu.Lock()
	s.requests = append(s.requests, got)
	next := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	s.mu.Unlock()
	next(w, r)
}

func (s *server) got() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

func (s *server) channel(path string) *Channel {
	return New(Config{Key: setting.Secret(key), BaseURL: s.URL + path, Timeout: 2 * time.Second}, nil)
}

// say answers with a status and a body.
func say(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

var taken = say(http.StatusAccepted, `{"result":"Request will be processed","took":0.1,"requestId":"5b1f"}`)

// hangUp takes the request and drops the connection.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func page() notify.Notice {
	return notify.Notice{
		Key: "incident/f00/1@opsgenie:/P1", Channel: "opsgenie", Act: notify.Post, Reason: "escalated",
		Subject: "incident/f00/1", State: notify.Open, Priority: "P1", Alias: "busbell-0123456789abcdef",
		Headline: notify.Text{notify.Ours("3 failed "), notify.Bold("OrderPlaced"), notify.Ours(" in "), notify.Bold("shop.billing")},
		Facts: []notify.Fact{
			{Name: "Exception", Value: notify.Text{notify.Foreign("Shop.CardExpired")}},
			{Name: "First failed", Value: notify.Text{notify.At(1_795_000_000)}},
		},
		Trace:  "Shop.CardExpired: declined\n   at Shop.Billing.Charge()",
		Footer: notify.Text{{Ours: "runbook", URL: "https://example.org/runbook"}},
	}
}
