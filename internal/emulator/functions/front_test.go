package functions

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// front starts a host with one HTTP function and one timer.
func front(t *testing.T, mode string, cfg Config, function string) rig {
	t.Helper()
	cfg.HTTPAddr = "127.0.0.1:0"
	return launch(t, mode, map[string]string{"SlackActions/function.json": function, "Tick/function.json": goodTimer}, cfg, quick)
}

// ask makes a request to the host itself.
func (r rig) ask(method, path, body string, header ...string) (int, http.Header, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.Addr()+path, struct{ io.Reader }{strings.NewReader(body)})
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

func TestHTTPIsProxiedRaw(t *testing.T) {
	r := front(t, "ok", Config{}, goodHTTP)
	const body = "payload=%7B%22text%22%3A%22caf%C3%A9+%2B1%22%7D"
	status, header, answer := r.ask("POST", "/api/slack/actions?x=1&x=2&y=a%20b", body,
		"X-Slack-Signature", "v0=0123abcd", "Content-Type", "application/x-www-form-urlencoded",
		"User-Agent", "Slackbot 1.0", "X-Azure-Functions-InvocationId", "forged")
	if status != http.StatusTeapot || header.Get("X-Answer") != "a" || answer != "raw answer" {
		t.Errorf("the caller got %d %v %q", status, header, answer)
	}
	got := r.call()
	if got.Path != "/api/slack/actions?x=1&x=2&y=a%20b" || got.Body != body || got.Host != r.Addr() {
		t.Errorf("the handler got %s %q for %s", got.Path, got.Body, got.Host)
	}
	id := got.Header.Get("X-Azure-Functions-InvocationId")
	for name, want := range map[string]string{
		"X-Slack-Signature": "v0=0123abcd", "Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Slackbot 1.0",
		"X-Azure-Functions-HostVersion": hostVersion, "X-Ms-Invocation-Id": id,
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if id == "forged" || id == "" {
		t.Errorf("invocation id %q", id)
	}
	if e := r.kind(Ran); e.Function != "SlackActions" || e.ID != id {
		t.Errorf("a status that is no success was told as %+v", e)
	}
}

func TestOnlyDeclaredRoutesReachTheHandler(t *testing.T) {
	r := front(t, "ok", Config{}, goodHTTP)
	for _, tt := range []struct{ method, path string }{
		{"GET", "/api/slack/actions"},
		{"POST", "/Tick"},
		{"POST", "/api/Tick"},
		{"POST", "/slack/actions"},
		{"GET", "/"},
		{"GET", "/admin/functions/Tick"},
	} {
		if status, _, _ := r.ask(tt.method, tt.path, ""); status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
			t.Errorf("%s %s: %d", tt.method, tt.path, status)
		}
	}
}

func TestKeysAreAskedForWhereTheFunctionWantsThem(t *testing.T) {
	keyed := strings.Replace(goodHTTP, "anonymous", "function", 1)
	for _, tt := range []struct {
		name, function, path string
		header               []string
		want                 int
	}{
		{"none", keyed, "/api/slack/actions", nil, http.StatusUnauthorized},
		{"wrong", keyed, "/api/slack/actions?code=x", nil, http.StatusUnauthorized},
		{"query", keyed, "/api/slack/actions?code=k", nil, http.StatusTeapot},
		{"header", keyed, "/api/slack/actions", []string{"x-functions-key", "k"}, http.StatusTeapot},
		{"anonymous", goodHTTP, "/api/slack/actions", nil, http.StatusTeapot},
		{"administration", keyed, "/admin/functions/Tick", nil, http.StatusUnauthorized},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := front(t, "ok", Config{Key: "k"}, tt.function)
			if status, _, _ := r.ask("POST", tt.path, "", tt.header...); status != tt.want {
				t.Errorf("status %d, want %d", status, tt.want)
			}
		})
	}
}

func TestACallThatBreaksIs500ForTheCaller(t *testing.T) {
	r := front(t, "ok", Config{}, goodHTTP)
	r.kind(Ready)
	r.get("/exit/0")
	r.kind(Exited)
	if status, _, body := r.ask("POST", "/api/slack/actions", ""); status != http.StatusInternalServerError || body != "" {
		t.Errorf("the caller got %d %q", status, body)
	}
	if e := r.kind(Failed); e.Function != "SlackActions" {
		t.Errorf("event %+v", e)
	}
}

func TestTheAdministrationStartsTimersWithoutWaiting(t *testing.T) {
	r := front(t, "hold", Config{}, goodHTTP)
	for range 2 { // the second while the first is held
		if status, _, _ := r.ask("POST", "/admin/functions/tick", "{}"); status != http.StatusAccepted {
			t.Errorf("status %d", status)
		}
		r.call()
	}
	if status, _, _ := r.ask("POST", "/admin/functions/Nobody", "{}"); status != http.StatusNotFound {
		t.Errorf("an unknown function: %d", status)
	}
	_, _, text := r.ask("GET", "/admin/host/status", "")
	var status struct {
		State  string
		Errors []string
	}
	if err := json.Unmarshal([]byte(text), &status); err != nil || status.State != "Running" || len(status.Errors) != 0 {
		t.Errorf("status %s", text)
	}
	r.get("/release")
}

func TestTheHostListensOnTheLoopbackOnly(t *testing.T) {
	root := script(t, map[string]string{"host.json": testHost(t, ""), "Tick/function.json": goodTimer})
	for _, addr := range []string{"0.0.0.0:0", ":0", "example.org:80", "nonsense"} {
		if _, err := Start(t.Context(), Config{Root: root, HTTPAddr: addr}); err == nil {
			t.Errorf("the host listens on %s", addr)
		}
	}
}
