package board_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/opsgenie/opsgenie-go-sdk-v2/alert"
	"github.com/opsgenie/opsgenie-go-sdk-v2/client"
	"github.com/sirupsen/logrus"
	api "github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/emulator/board"
	"github.com/busbell/busbell/internal/emulator/opsgenie"
	"github.com/busbell/busbell/internal/emulator/slack"
)

const hostile = `<script>alert(1)</script> <!channel> " ' &`

// serve starts a board and returns its address.
func serve(t *testing.T) (*board.Board, string) {
	t.Helper()
	b := board.New(slack.New(slack.Config{Channels: []string{"bus-errors"}}), opsgenie.New(opsgenie.Config{}))
	ts := httptest.NewServer(b)
	t.Cleanup(ts.Close)
	t.Cleanup(b.Close) // before the server, which waits for its streams
	return b, ts.URL
}

// say posts text and raises an alert with it, both through the SDKs.
func say(t *testing.T, at, text string) {
	t.Helper()
	bot := api.New("xoxb-emulator", api.OptionAPIURL(at+"/api/"))
	if _, _, err := bot.PostMessageContext(t.Context(), "bus-errors", api.MsgOptionText(text, false)); err != nil {
		t.Fatal(err)
	}
	quiet := logrus.New()
	quiet.SetOutput(io.Discard)
	pager, err := alert.NewClient(&client.Config{ApiKey: "k", OpsGenieAPIURL: client.ApiUrl(strings.TrimPrefix(at, "http://")), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pager.Create(t.Context(), &alert.CreateAlertRequest{Message: text}); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, verb, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), verb, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		} else {
			r.Header.Set(header[i], header[i+1])
		}
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
	return resp, string(b)
}

func TestPageBringsAllItNeedsAndAllowsNothingElse(t *testing.T) {
	_, at := serve(t)
	page, html := ask(t, "GET", at+"/")
	if page.StatusCode != 200 || !strings.Contains(html, "Busbell") {
		t.Fatalf("page: %s", page.Status)
	}
	policy := page.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %s", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || page.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("policy %q, nosniff %q", policy, page.Header.Get("X-Content-Type-Options"))
	}
	inline := regexp.MustCompile(`(?i)\son[a-z]+=|style=|<script>|<style|https?://`)
	if found := inline.FindString(html); found != "" {
		t.Errorf("the page has %q, which the policy forbids", found)
	}
	wanted := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(html, -1)
	if len(wanted) == 0 {
		t.Error("the page wants no assets")
	}
	for _, m := range wanted {
		if resp, _ := ask(t, "GET", at+m[1]); resp.StatusCode != 200 {
			t.Errorf("%s: %s", m[1], resp.Status)
		}
	}
	for _, gone := range []string{"/assets/", "/assets/none.js", "/assets/..%2fboard.go", "/index.html"} {
		if resp, _ := ask(t, "GET", at+gone); resp.StatusCode < 400 {
			t.Errorf("%s: %s, want it refused", gone, resp.Status)
		}
	}
}

// What was posted may only become text: no script of the page knows another way.
func TestScriptsMakeNoMarkup(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser|createContextualFragment|setHTML`)
	imported := regexp.MustCompile(`from '\./([^']+)'`)
	files := os.DirFS("assets")
	names, err := fs.Glob(files, "*.js")
	if err != nil || len(names) == 0 {
		t.Fatalf("scripts: %v, %v", names, err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		if found := forbidden.Find(text); found != nil {
			t.Errorf("%s uses %s", name, found)
		}
		for _, m := range imported.FindAllSubmatch(text, -1) {
			if _, err := fs.Stat(files, string(m[1])); err != nil {
				t.Errorf("%s imports %s: %v", name, m[1], err)
			}
		}
	}
}

func TestOtherOriginsAndHostsAreRefused(t *testing.T) {
	_, at := serve(t)
	host := strings.TrimPrefix(at, "http://")
	port := host[strings.LastIndexByte(host, ':'):]
	for _, p := range []string{"/", "/state.json", "/events", "/assets/app.js", "/api/auth.test", "/v2/alerts", "/_control/slack/state"} {
		for _, header := range [][]string{
			{"Host", "evil.example"},
			{"Host", "127.0.0.1.evil.example" + port},
			{"Host", "192.168.1.4" + port},
			{"Origin", "https://evil.example"},
			{"Origin", "http://localhost:1"},
			{"Origin", "null"},
			{"Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "same-site"},
		} {
			if resp, _ := ask(t, "GET", at+p, header...); resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %v: %s, want 403", p, header, resp.Status)
			}
		}
	}
	for _, header := range [][]string{{"Host", "localhost" + port}, {"Host", "[::1]" + port}, {"Origin", at}, {"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"}} {
		if resp, _ := ask(t, "GET", at+"/state.json", header...); resp.StatusCode != 200 {
			t.Errorf("with %v: %s, want 200", header, resp.Status)
		}
	}
	if resp, _ := ask(t, "POST", at+"/clear", "Origin", "https://evil.example"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("clear from another origin: %s", resp.Status)
	}
}

func TestEventsBringAllThenChanges(t *testing.T) {
	b, at := serve(t)
	say(t, at, "before")
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, "GET", at+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("Content-Type = %s", kind)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	next := func() (s board.State) {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &s); err != nil {
					t.Fatal(err)
				}
				return s
			}
		}
		t.Fatalf("stream ended: %v", lines.Err())
		return s
	}
	if s := next(); !s.Full || len(s.Slack.Channel("bus-errors").Roots()) != 1 || len(s.Pager.Alerts) != 1 {
		t.Errorf("first event = %+v, want all there is", s)
	}
	say(t, at, hostile)
	said, raised := 0, 0
	for said == 0 || raised == 0 {
		s := next()
		for _, m := range s.Slack.Channel("bus-errors").Messages {
			if said++; m.Text != hostile {
				t.Errorf("message %q came, want only what is new", m.Text)
			}
		}
		raised += len(s.Pager.Alerts)
		if s.Full {
			t.Error("a later event says that it is everything")
		}
	}
	b.Close()
	for lines.Scan() { // to the end, which Close brings
	}
	if ctx.Err() != nil {
		t.Error("Close did not end the stream")
	}
}

func TestStateIsExportedAndCleared(t *testing.T) {
	_, at := serve(t)
	say(t, at, hostile)
	resp, body := ask(t, "GET", at+"/state.json")
	var s board.State
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		t.Fatal(err)
	}
	if s.Slack.Channel("bus-errors").Roots()[0].Text != hostile || s.Pager.Alerts[0].Message != hostile {
		t.Errorf("state = %s", body)
	}
	if kind := resp.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		t.Errorf("Content-Type = %s", kind)
	}
	if resp, _ := ask(t, "POST", at+"/clear"); resp.StatusCode != http.StatusNoContent {
		t.Errorf("clear: %s", resp.Status)
	}
	if _, body := ask(t, "GET", at+"/state.json"); strings.Contains(body, "alert(1)") {
		t.Errorf("after clear: %s", body)
	}
}

func TestFilesAreOnlyEverText(t *testing.T) {
	_, at := serve(t)
	bot := api.New("xoxb-emulator", api.OptionAPIURL(at+"/api/"))
	f, err := bot.UploadFileContext(t.Context(), api.UploadFileParameters{
		Filename: "trace.html", FileSize: len(hostile), Content: hostile, Channel: slack.ChannelID("bus-errors"),
	})
	if err != nil {
		t.Fatal(err)
	}
	resp, body := ask(t, "GET", at+path.Join("/files", f.ID))
	if body != hostile || resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("file: %q as %v", body, resp.Header)
	}
	if resp, _ := ask(t, "GET", at+"/files/F0"); resp.StatusCode != 404 {
		t.Errorf("unknown file: %s", resp.Status)
	}
}
