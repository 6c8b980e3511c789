package opsgenie

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/notify"
)

func TestAnnounceRaisesAnAlert(t *testing.T) {
	s := serve(t, taken)
	r, err := s.channel("").Send(t.Context(), page(), notify.Receipt{})
	if err != nil {
		t.Fatal(err)
	}
	if want := (notify.Receipt{ID: "busbell-0123456789abcdef"}); r != want {
		t.Errorf("receipt = %v, want %v", r, want)
	}
	got := s.got()
	if len(got) != 1 || got[0].path != "/v2/alerts" || got[0].key != "GenieKey "+key {
		t.Fatalf("requests = %+v", got)
	}
	want := map[string]any{
		"message": "3 failed OrderPlaced in shop.billing", "alias": "busbell-0123456789abcdef", "priority": "P1",
		"description": "3 failed OrderPlaced in shop.billing\n\nException: Shop.CardExpired\nFirst failed: 2026-11-18T11:06:40Z\n\n" +
			"Shop.CardExpired: declined\n   at Shop.Billing.Charge()\n\nrunbook (https://example.org/runbook)",
		"details": map[string]any{"Reason": "escalated", "Exception": "Shop.CardExpired", "First failed": "2026-11-18T11:06:40Z"},
		"tags":    []any{"busbell"}, "entity": "incident/f00/1", "source": "Busbell",
	}
	if diff := cmp.Diff(want, got[0].body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestOtherActs(t *testing.T) {
	on := notify.Receipt{ID: "busbell-0123456789abcdef"}
	for _, tt := range []struct {
		act        notify.Act
		path, note string
	}{
		{notify.Close, "/v2/alerts/busbell-0123456789abcdef/close", "3 failed OrderPlaced in shop.billing\nall taken away"},
		{notify.Reply, "/v2/alerts/busbell-0123456789abcdef/notes", "3 failed OrderPlaced in shop.billing\nall taken away"},
		{notify.Update, "", ""},
	} {
		t.Run(string(tt.act), func(t *testing.T) {
			s := serve(t, taken)
			n := page()
			n.Act, n.Alias, n.Trace = tt.act, "", ""
			n.Lines = []notify.Text{{notify.Ours("all taken away")}}
			if r, err := s.channel("").Send(t.Context(), n, on); err != nil || r != on {
				t.Fatalf("Send = %v, %v", r, err)
			}
			got := s.got()
			if tt.path == "" {
				if len(got) != 0 {
					t.Errorf("requests = %+v, want none", got)
				}
				return
			}
			if len(got) != 1 || got[0].path != tt.path || got[0].query != "identifierType=alias" || got[0].body["note"] != tt.note {
				t.Errorf("requests = %+v", got)
			}
		})
	}
}

func TestPathPrefixOfJiraServiceManagement(t *testing.T) {
	s := serve(t, taken)
	c := s.channel("/jsm/ops/integration/v2/")
	if _, err := c.Send(t.Context(), page(), notify.Receipt{}); err != nil {
		t.Fatal(err)
	}
	if got := s.got()[0].path; got != "/jsm/ops/integration/v2/alerts" {
		t.Errorf("path = %q", got)
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	later := errors.New("later")
	for _, tt := range []struct {
		name     string
		answer   http.HandlerFunc
		kind     error
		after    time.Duration
		contains string
		requests int
	}{
		{"bad key", say(401, `{"message":"Key format is not valid!","took":0.1,"requestId":"1"}`), notify.ErrRejected, 0, "set OPSGENIE_API_KEY", 1},
		{"a key of another form", say(422, `{"message":"Key format is not valid!","took":0.1,"requestId":"1"}`), notify.ErrRejected, 0, "set OPSGENIE_API_KEY", 1},
		{"plan without the API", say(402, `{"message":"Your plan does not allow this"}`), notify.ErrRejected, 0, "402 Your plan does not allow this; the account's plan", 1},
		{"OpsGenie has ended", say(410, `{"message":"Gone"}`), notify.ErrRejected, 0, "set OPSGENIE_API_URL to api.atlassian.com/jsm/ops/integration", 1},
		{"OpsGenie has ended, says a page", say(410, `<html>gone</html>`), notify.ErrRejected, 0, "5 April 2027", 1},
		{"not allowed", say(403, `{"message":"You are not authorized"}`), notify.ErrRejected, 0, "set OPSGENIE_API_KEY", 1},
		{"bad content", say(422, `{"message":"Request body is not processable","errors":{"message":"too long"}}`), notify.ErrRejected, 0, "message: too long", 2},
		{"throttled for a while", say(429, `{"message":"slow down"}`, "Retry-After", "7"), later, 7 * time.Second, "429", 1},
		{"throttled", say(429, ``), later, 0, "429", 1},
		{"wrong path", say(404, `<html>no</html>`), later, 0, "check OPSGENIE_API_URL", 1},
		{"redirected", say(302, ``, "Location", "https://login.example/"), later, 0, "check OPSGENIE_API_URL", 1},
		{"broken", say(500, `{"message":"oops"}`), notify.ErrUnknown, 0, "500 oops", 1},
		{"unavailable", say(503, `<html>busy</html>`), notify.ErrUnknown, 0, "503", 1},
		{"a page instead", say(200, `<html>hello</html>`), notify.ErrUnknown, 0, "200", 1},
		{"dropped", hangUp, notify.ErrUnknown, 0, "EOF", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answer)
			_, err := s.channel("").Send(t.Context(), page(), notify.Receipt{})
			e, isLater := errors.AsType[*notify.LaterError](err)
			if isLater != errors.Is(tt.kind, later) || !isLater && !errors.Is(err, tt.kind) {
				t.Errorf("err = %v, want kind %v", err, tt.kind)
			}
			if isLater && e.After != tt.after {
				t.Errorf("after = %v, want %v", e.After, tt.after)
			}
			if !strings.Contains(err.Error(), tt.contains) {
				t.Errorf("err = %v, want it to contain %q", err, tt.contains)
			}
			if n := len(s.got()); n != tt.requests {
				t.Errorf("%d requests, want %d", n, tt.requests)
			}
		})
	}
}

func TestRefusedContentIsPagedByItsHeadline(t *testing.T) {
	s := serve(t, say(422, `{"message":"no"}`), taken)
	if _, err := s.channel("").Send(t.Context(), page(), notify.Receipt{}); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"message": "3 failed OrderPlaced in shop.billing", "alias": "busbell-0123456789abcdef", "priority": "P1", "source": "Busbell",
	}
	if diff := cmp.Diff(want, s.got()[1].body); diff != "" {
		t.Errorf("second body (-want +got):\n%s", diff)
	}
}

// silent is a service that takes each request and never answers.
type silent struct{ requests int }

func (s *silent) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests++
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A fake clock: under load a real deadline may pass before the request is sent.
func TestSlowServiceIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s silent
		c := New(Config{Key: key, BaseURL: "https://opsgenie.example", Timeout: 50 * time.Millisecond}, &s)
		if _, err := c.Send(t.Context(), page(), notify.Receipt{}); !errors.Is(err, notify.ErrUnknown) {
			t.Errorf("own timeout: %v, want unknown", err)
		}
		c.caller.timeout = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := c.Send(ctx, page(), notify.Receipt{}); !errors.Is(err, notify.ErrUnknown) {
			t.Errorf("caller's deadline: %v, want unknown", err)
		}
		if s.requests != 2 {
			t.Errorf("%d requests, want 2", s.requests)
		}
		if _, err := c.Send(ctx, page(), notify.Receipt{}); !errors.Is(err, notify.ErrNotSent) {
			t.Errorf("context over before: %v, want unsaid", err)
		}
	})
}

func isLater(err error) bool {
	_, ok := errors.AsType[*notify.LaterError](err)
	return ok
}

func TestNoConnectionIsLater(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	_, err = New(Config{Key: key, BaseURL: addr}, nil).Send(t.Context(), page(), notify.Receipt{})
	if !isLater(err) || !strings.Contains(err.Error(), "OPSGENIE_API_URL") {
		t.Errorf("err = %v, want later", err)
	}
}

func TestClosingAnAlertThatIsGone(t *testing.T) {
	n := page()
	n.Act = notify.Close
	gone := serve(t, say(404, `{"message":"Alert with alias [x] does not exist","took":0.1,"requestId":"1"}`))
	if _, err := gone.channel("").Send(t.Context(), n, notify.Receipt{}); err != nil {
		t.Errorf("alert gone: %v", err)
	}
	wrong := serve(t, say(404, `{"message":"Api Not Found!"}`))
	if _, err := wrong.channel("").Send(t.Context(), n, notify.Receipt{}); !isLater(err) {
		t.Errorf("path unknown: %v, want later", err)
	}
}

func TestAliasesThatBreakThePathAreRefused(t *testing.T) {
	for _, alias := range []string{"", "dlq/orders", "a b", "a\nb", "..", strings.Repeat("x", 251)} {
		s := serve(t, taken)
		n := page()
		n.Alias = alias
		if _, err := s.channel("").Send(t.Context(), n, notify.Receipt{}); !errors.Is(err, notify.ErrRejected) || len(s.got()) != 0 {
			t.Errorf("alias %q: %v, %d requests", alias, err, len(s.got()))
		}
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("日本\n<b>&\u202e", 500)
	n := page()
	n.Headline, n.Trace = notify.Text{notify.Foreign(long)}, long
	for range 60 {
		n.Facts = append(n.Facts, notify.Fact{Name: long, Value: notify.Text{notify.Foreign(long)}})
		n.Lines = append(n.Lines, notify.Text{notify.Foreign(long)})
	}
	r := create(n, n.Alias)
	for _, tt := range []struct {
		name, text string
		most       int
	}{
		{"message", r.Message, 130},
		{"description", r.Description, 15_000},
		{"note", note(n), 25_000},
		{"entity", r.Entity, 512},
	} {
		if got := utf8.RuneCountInString(tt.text); got > tt.most || !utf8.ValidString(tt.text) || strings.ContainsRune(tt.text, '\u202e') {
			t.Errorf("%s has %d runes, want at most %d", tt.name, got, tt.most)
		}
	}
	total := 0
	for name, value := range r.Details {
		total += utf8.RuneCountInString(name) + utf8.RuneCountInString(value)
	}
	if total > 8000 || len(r.Tags) > 20 {
		t.Errorf("details hold %d runes, %d tags", total, len(r.Tags))
	}
	if strings.Contains(r.Message, "\n") {
		t.Errorf("message has more than one line: %q", r.Message)
	}
}

func TestErrorsKeepTheKey(t *testing.T) {
	echo := say(400, `{"message":"bad key `+key+`"}`)
	for name, c := range map[string]*Channel{
		"echoed": serve(t, echo).channel(""),
		"bad":    New(Config{Key: key, BaseURL: "http://pager.example"}, nil),
	} {
		_, err := c.Send(t.Context(), page(), notify.Receipt{})
		if err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	for _, p := range (Config{Key: key + "\n", BaseURL: "https://me:" + key + "@x.example/?" + key}).Validate() {
		if strings.Contains(p.String(), key) {
			t.Errorf("problem prints the key: %v", p)
		}
	}
}

func TestFindNeverFinds(t *testing.T) {
	if _, found, err := serve(t, taken).channel("").Find(t.Context(), page(), notify.Receipt{}, time.Now()); found || err != nil {
		t.Errorf("Find = %v, %v", found, err)
	}
}

func TestSendsSideBySide(t *testing.T) {
	s := serve(t, taken)
	c := s.channel("")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := c.Send(t.Context(), page(), notify.Receipt{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
