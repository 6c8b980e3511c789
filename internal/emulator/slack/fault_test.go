package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	api "github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/slack"
)

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fault  control.Fault
		want   func(error) bool
		posted int // whether the message is there although the call failed
	}{
		{"429 with Retry-After", control.Fault{Kind: control.RateLimit, RetryAfter: 1500 * time.Millisecond}, func(err error) bool {
			e, ok := errors.AsType[*api.RateLimitedError](err)
			return ok && e.RetryAfter == 2*time.Second
		}, 0},
		{"429 without", control.Fault{Kind: control.RateLimit}, status(429), 0},
		{"500", control.Fault{Kind: control.ServerError}, status(500), 0},
		{"500 after accepting", control.Fault{Kind: control.ServerErrorAfterAccept}, status(500), 1},
		{"cut", control.Fault{Kind: control.Drop}, func(err error) bool { return errors.Is(err, io.EOF) }, 0},
		{"accepted, then cut", control.Fault{Kind: control.DropAfterAccept}, func(err error) bool { return errors.Is(err, io.EOF) }, 1},
		{"accepted, then too slow", control.Fault{Kind: control.DelayAfterAccept, Delay: time.Minute}, func(err error) bool {
			return errors.Is(err, context.DeadlineExceeded)
		}, 1},
		{"HTML", control.Fault{Kind: control.HTML}, func(err error) bool { _, ok := errors.AsType[*json.SyntaxError](err); return ok }, 0},
		{"HTML after accepting", control.Fault{Kind: control.HTMLAfterAccept}, func(err error) bool { _, ok := errors.AsType[*json.SyntaxError](err); return ok }, 1},
		{"a chosen refusal", control.Fault{Kind: control.Refuse, Error: "is_archived"}, func(err error) bool {
			e, ok := errors.AsType[api.SlackErrorResponse](err)
			return ok && e.Err == "is_archived"
		}, 0},
		{"a refusal without a word", control.Fault{Kind: control.Refuse}, func(err error) bool { return err == nil }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, bot := serve(t, open())
			tt.fault.Method, tt.fault.Times = "chat.postMessage", 1
			s.Fail(tt.fault)
			ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
			if tt.fault.Delay > 0 {
				ctx, stop = context.WithTimeout(t.Context(), 50*time.Millisecond)
			}
			defer stop()
			if _, err := bot.AuthTestContext(t.Context()); err != nil {
				t.Errorf("auth.test: %v, want another method untouched", err)
			}
			_, _, err := bot.PostMessageContext(ctx, "bus-errors", api.MsgOptionText("x", false))
			if !tt.want(err) {
				t.Errorf("error = %T %v", err, err)
			}
			if n := len(s.Snapshot().Channel("bus-errors").Roots()); n != tt.posted {
				t.Errorf("messages = %d, want %d", n, tt.posted)
			}
			post(t, bot, api.MsgOptionText("spent", false))
		})
	}
}

func status(code int) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[api.StatusCodeError](err)
		return ok && e.Code == code
	}
}

func TestHistoryCanLagAndBeForbidden(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	cfg := open()
	cfg.Now = func() time.Time { return now }
	s, bot := serve(t, cfg)
	s.LagHistory(2 * time.Second)
	read := func() (int, error) {
		got, err := bot.GetConversationHistoryContext(t.Context(), &api.GetConversationHistoryParameters{ChannelID: slack.ChannelID("bus-errors")})
		if err != nil {
			return 0, err
		}
		return len(got.Messages), nil
	}
	post(t, bot, api.MsgOptionText("x", false))
	if n, err := read(); n != 0 || err != nil {
		t.Errorf("history at once = %d, %v; want none yet", n, err)
	}
	now = now.Add(2 * time.Second)
	if n, err := read(); n != 1 || err != nil {
		t.Errorf("history after the lag = %d, %v; want the message", n, err)
	}
	s.ForbidHistory(true)
	_, err := read()
	wantRefusal(t, err, "missing_scope")
}

func TestControlsAreForThisMachineOnly(t *testing.T) {
	s := slack.New(open())
	ts := httptest.NewServer(s)
	defer ts.Close()
	ask := func(verb, path, body string, header ...string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), verb, ts.URL+"/_control/slack/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			if header[i] == "Host" {
				r.Host = header[i+1]
			}
			r.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	fault := `{"method":"chat.update","kind":"delayAfterAccept","delay":"1.5s","times":2,"skip":1}`
	for _, header := range [][]string{
		{"Host", "evil.example"}, {"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"},
	} {
		if code, _ := ask("POST", "faults", fault, header...); code != http.StatusForbidden {
			t.Errorf("with %v: status %d, want 403", header, code)
		}
	}
	if code, body := ask("POST", "faults", fault); code != 200 || !strings.Contains(body, `"delay":"1.5s"`) {
		t.Errorf("add a fault: %d %s", code, body)
	}
	if got := s.Faults(); len(got) != 1 || got[0].Delay != 1500*time.Millisecond || got[0].Skip != 1 || got[0].Times != 2 {
		t.Errorf("faults = %+v", got)
	}
	if code, _ := ask("DELETE", "faults", ""); code != 200 || len(s.Faults()) != 0 {
		t.Errorf("take back: %d, left %v", code, s.Faults())
	}
	for _, bad := range []string{`{"kind":"flood"}`, `{"kind":"drop","delay":"soon"}`, `{`} {
		if code, _ := ask("POST", "faults", bad); code != 400 {
			t.Errorf("fault %s: status %d, want 400", bad, code)
		}
	}
	if code, body := ask("GET", "state", ""); code != 200 || !strings.Contains(body, `"name":"bus-errors"`) {
		t.Errorf("state: %d %s", code, body)
	}
	if code, _ := ask("POST", "history", `{"lag":"2s","scope":false}`); code != 200 {
		t.Errorf("history: %d", code)
	}
	if code, body := ask("POST", "click", `{"channel":"C","ts":"1","action_id":"a","user":"U0ANN"}`); code != 200 || !strings.Contains(body, `"ok":false`) {
		t.Errorf("click on nothing: %d %s", code, body)
	}
	if code, _ := ask("POST", "clear", ""); code != 200 {
		t.Errorf("clear: %d", code)
	}
}
