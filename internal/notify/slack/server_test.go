package slack

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

const (
	token = "xoxb-0000-demo-0000"
	place = "C0BUSERRORS"
)

// A call is one that reached the server.
type call struct {
	method string
	form   url.Values
}

// A server answers each method as it is told and remembers the calls.
type server struct {
	*httptest.Server
	mu      sync.Mutex
	calls   []call
	answers map[string][]http.HandlerFunc // by method, one after the other; the last one stays
}

// serve starts a server that knows the channel #bus-errors and takes all
// that is posted there.
func serve(t *testing.T) *server {
	t.Helper()
	s := &server{answers: map[string][]http.HandlerFunc{
		"conversations.list": {say(`{"ok":true,"channels":[{"id":"C0GENERAL","name":"general"},{"id":"C0BUSERRORS","name":"bus-errors"}]}`)},
		"chat.postMessage":   {say(`{"ok":true,"channel":"C0BUSERRORS","ts":"1795000000.000100"}`)},
		"chat.update":        {say(`{"ok":true,"channel":"C0BUSERRORS","ts":"1795000000.000100"}`)},
		"chat.delete":        {say(`{"ok":true,"channel":"C0BUSERRORS","ts":"1795000000.000100"}`)},
	}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(raw))
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	s.mu.Lock()
	s.calls = append(s.calls, call{method, form})
	answers := s.answers[method]
	if len(answers) > 1 {
		s.answers[method] = answers[1:]
	}
	s.mu.Unlock()
	if len(answers) == 0 {
		http.NotFound(w, r)
		return
	}
	answers[0](w, r)
}

func (s *server) on(method string, answers ...http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[method] = answers
}

// got returns the forms of the calls of a method.
func (s *server) got(method string) []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	var forms []url.Values
	for _, c := range s.calls {
		if c.method == method {
			forms = append(forms, c.form)
		}
	}
	return forms
}

func (s *server) channel() *Channel {
	return New(Config{Token: token, BaseURL: s.URL, Timeout: 2 * time.Second}, nil)
}

// say answers 200 with a body.
func say(body string) http.HandlerFunc { return status(http.StatusOK, body) }

func status(code int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

func refuse(code string) http.HandlerFunc { return say(fmt.Sprintf(`{"ok":false,"error":%q}`, code)) }

// hangUp takes the call and drops the connection.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func opened() notify.Notice {
	return notify.Notice{
		Key: "incident/f00/1@slack:#bus-errors", Origin: notify.Origin{Environment: "shop", Ledger: "LEDGER"}, Channel: "slack", To: "#bus-errors", Act: notify.Post,
		Reason: "first seen", Subject: "incident/f00/1", State: notify.Open, Mention: "<!subteam^S0123>",
		Headline: notify.Text{notify.Ours("3 failed "), notify.Bold("OrderPlaced"), notify.Ours(" in "), notify.Bold("shop.billing")},
		Facts: []notify.Fact{
			{Name: "Exception", Value: notify.Text{notify.Foreign("Shop.CardExpired")}},
			{Name: "Our code", Value: notify.Text{notify.Code("Shop.Billing.Charge`1")}},
			{Name: "First failed", Value: notify.Text{notify.At(1_795_000_000)}},
		},
		Trace:  "Shop.CardExpired: declined\n   at Shop.Billing.Charge()",
		Footer: notify.Text{notify.Ours("told because: first seen")},
	}
}

// on is the receipt of a page that stands.
var on = notify.Receipt{Destination: place, ID: "1795000000.000100"}

func decode(t *testing.T, raw string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(raw), into); err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
}
