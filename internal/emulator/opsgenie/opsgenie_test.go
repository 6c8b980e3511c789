package opsgenie_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/opsgenie/opsgenie-go-sdk-v2/alert"
	"github.com/opsgenie/opsgenie-go-sdk-v2/client"
	"github.com/opsgenie/opsgenie-go-sdk-v2/heartbeat"
	"github.com/sirupsen/logrus"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/opsgenie"
)

const key = "genie"

// A detour sends the SDK's requests to the stand-in and bounds them by ctx,
// which the SDK loses.
type detour struct {
	to   *url.URL
	base string
	ctx  context.Context
}

func (d detour) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(d.ctx)
	r.URL.Scheme, r.URL.Host, r.URL.Path = "http", d.to.Host, d.base+r.URL.Path
	return http.DefaultTransport.RoundTrip(r)
}

type pager struct {
	*opsgenie.Server
	url *url.URL
}

func serve(t *testing.T, cfg opsgenie.Config) pager {
	t.Helper()
	s := opsgenie.New(cfg)
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	u, err := url.Parse(ts.URL)
	if err != nil {
		t.Fatal(err)
	}
	return pager{s, u}
}

func (p pager) config(ctx context.Context, base string) *client.Config {
	quiet := logrus.New()
	quiet.SetOutput(io.Discard)
	return &client.Config{
		ApiKey: key, Logger: quiet, OpsGenieAPIURL: "pager",
		HttpClient:  &http.Client{Transport: detour{p.url, base, ctx}},
		RetryPolicy: func(context.Context, *http.Response, error) (bool, error) { return false, nil },
	}
}

func (p pager) sdk(t *testing.T) *alert.Client { return p.sdkWith(t, t.Context(), "") }

func (p pager) sdkWith(t *testing.T, ctx context.Context, base string) *alert.Client {
	t.Helper()
	c, err := alert.NewClient(p.config(ctx, base))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantStatus(t *testing.T, err error, code int) *client.ApiError {
	t.Helper()
	e, ok := errors.AsType[*client.ApiError](err)
	if !ok || e.StatusCode != code {
		t.Fatalf("error = %v, want status %d", err, code)
	}
	return e
}

// Atlassian documents no more than this of Jira Service Management's path.
func TestJiraServiceManagementHasNoReads(t *testing.T) {
	p := serve(t, opsgenie.Config{Key: key})
	ctx := t.Context()
	c := p.sdkWith(t, ctx, "/jsm/ops/integration")
	if _, err := c.Create(ctx, &alert.CreateAlertRequest{Message: "12 failed", Alias: "k1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Acknowledge(ctx, &alert.AcknowledgeAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: "k1"}); err != nil {
		t.Error(err)
	}
	if _, err := c.AddNote(ctx, &alert.AddNoteRequest{IdentifierType: alert.ALIAS, IdentifierValue: "k1", Note: "looking"}); err != nil {
		t.Error(err)
	}
	if _, err := c.Close(ctx, &alert.CloseAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: "k1"}); err != nil {
		t.Error(err)
	}
	if a := p.Snapshot().Alias("k1"); len(a) != 1 || a[0].Status != "closed" {
		t.Errorf("alerts: %+v", a)
	}
	_, get := c.Get(ctx, &alert.GetAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: "k1"})
	_, list := c.List(ctx, &alert.ListAlertRequest{})
	_, snooze := c.Snooze(ctx, &alert.SnoozeAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: "k1", EndTime: time.Now().Add(time.Hour)})
	_, undo := c.Unacknowledge(ctx, &alert.UnacknowledgeAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: "k1"})
	_, request := c.GetRequestStatus(ctx, &alert.GetRequestStatusRequest{RequestId: "r1"})
	for _, err := range []error{get, list, snooze, undo, request} {
		_ = wantStatus(t, err, http.StatusNotFound)
	}
}

func TestAlertLives(t *testing.T) {
	for _, base := range []string{""} {
		t.Run("base "+base, func(t *testing.T) {
			p := serve(t, opsgenie.Config{Key: key})
			c := p.sdkWith(t, t.Context(), base)
			ctx := t.Context()
			made, err := c.Create(ctx, &alert.CreateAlertRequest{
				Message: "12 failed", Alias: "k1", Priority: alert.P1, Tags: []string{"bus"}, Details: map[string]string{"queue": "error"},
			})
			if err != nil {
				t.Fatal(err)
			}
			if made.RateLimitState != "OK" || made.ResponseTime == 0 {
				t.Errorf("headers: %+v", made.ResultMetadata)
			}
			status, err := made.RetrieveStatus(ctx)
			if err != nil || !status.IsSuccess || status.AlertID == "" || status.Alias != "k1" {
				t.Fatalf("status = %+v, %v", status, err)
			}
			if _, err := c.Acknowledge(ctx, &alert.AcknowledgeAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: "k1", User: "ann"}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Snooze(ctx, &alert.SnoozeAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: "k1", EndTime: time.Now().Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.AddNote(ctx, &alert.AddNoteRequest{IdentifierType: alert.ALERTID, IdentifierValue: status.AlertID, Note: "looking"}); err != nil {
				t.Fatal(err)
			}
			got, err := c.Get(ctx, &alert.GetAlertRequest{IdentifierType: alert.TINYID, IdentifierValue: "1"})
			if err != nil || got.Status != "open" || !got.Acknowledged || !got.Snoozed || got.Priority != alert.P1 || got.Details["queue"] != "error" {
				t.Fatalf("get = %+v, %v", got, err)
			}
			if _, err := c.Unacknowledge(ctx, &alert.UnacknowledgeAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: "k1"}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Close(ctx, &alert.CloseAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: "k1", User: "busbell"}); err != nil {
				t.Fatal(err)
			}
			list, err := c.List(ctx, &alert.ListAlertRequest{Query: "status: closed AND alias: k1"})
			if err != nil || len(list.Alerts) != 1 || list.Alerts[0].Report.ClosedBy != "busbell" {
				t.Fatalf("list = %+v, %v", list, err)
			}
			a := p.Snapshot().Alias("k1")[0]
			var what []string
			for _, e := range a.History {
				what = append(what, e.What)
			}
			if got, want := strings.Join(what, " "), "created acknowledged snoozed noted unacknowledged closed"; got != want {
				t.Errorf("history = %s, want %s", got, want)
			}
		})
	}
}

func TestOneOpenAlertPerAlias(t *testing.T) {
	p := serve(t, opsgenie.Config{Key: key})
	c := p.sdk(t)
	create := func() {
		if _, err := c.Create(t.Context(), &alert.CreateAlertRequest{Message: "m", Alias: "k"}); err != nil {
			t.Fatal(err)
		}
	}
	create()
	create()
	if all := p.Snapshot().Alerts; len(all) != 1 || all[0].Count != 2 || all[0].Priority != "P3" {
		t.Fatalf("alerts = %+v, want one counted twice, of priority P3", all)
	}
	if _, err := c.Close(t.Context(), &alert.CloseAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: "k"}); err != nil {
		t.Fatal(err)
	}
	create()
	if snap := p.Snapshot(); len(snap.Alias("k")) != 2 || len(snap.Open()) != 1 {
		t.Errorf("alerts = %+v, want a closed one and a new one", snap.Alerts)
	}
}

func TestRequestsAreCarriedOutLater(t *testing.T) {
	p := serve(t, opsgenie.Config{Key: key, Lag: time.Hour})
	c := p.sdk(t)
	if _, err := c.Create(t.Context(), &alert.CreateAlertRequest{Message: "m", Alias: "k"}); err != nil {
		t.Fatal(err)
	}
	if n := len(p.Snapshot().Alerts); n != 0 {
		t.Errorf("alerts right after the 202 = %d, want none yet", n)
	}
	p.Clear()
	p.LagRequests(time.Millisecond)
	made, err := c.Create(t.Context(), &alert.CreateAlertRequest{Message: "m", Alias: "k"})
	if err != nil {
		t.Fatal(err)
	}
	for snap := range p.Watch(t.Context()) {
		if len(snap.Open()) == 1 {
			break
		}
	}
	if status, err := made.RetrieveStatus(t.Context()); err != nil || !status.IsSuccess {
		t.Errorf("status = %+v, %v", status, err)
	}
	p.LagRequests(0)
	gone, err := c.Close(t.Context(), &alert.CloseAlertRequest{IdentifierType: alert.ALIAS, IdentifierValue: "other"})
	if err != nil {
		t.Fatal(err)
	}
	status, err := gone.RetrieveStatus(t.Context())
	if err != nil || status.IsSuccess || status.Status != "Alert does not exist" {
		t.Errorf("close of no alert: %+v, %v; want a 202 that failed", status, err)
	}
}

func TestPendingRequestIsNotProcessedYet(t *testing.T) {
	p := serve(t, opsgenie.Config{Lag: time.Hour})
	resp := p.do(t, "POST", "/v2/alerts", `{"message":"m"}`)
	resp = p.do(t, "GET", "/v2/alerts/requests/"+resp.Header.Get("X-Request-Id"), "")
	if kind := resp.Header.Get("X-Opsgenie-Errortype"); resp.StatusCode != 404 || kind != "RequestNotProcessed" {
		t.Errorf("status %d, X-Opsgenie-Errortype %q; want 404 RequestNotProcessed", resp.StatusCode, kind)
	}
}

// do sends a request without the SDK.
func (p pager) do(t *testing.T, verb, path, body string, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), verb, p.url.String()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "GenieKey "+key)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(strings.NewReader(string(b)))
	return resp
}

func TestBadRequests(t *testing.T) {
	p := serve(t, opsgenie.Config{Key: key})
	long := func(n int) string { return strings.Repeat("ä", n) }
	for _, tt := range []struct {
		name, field string
		ask         alert.CreateAlertRequest
	}{
		{"message", "message", alert.CreateAlertRequest{Message: long(131)}},
		{"blank message", "message", alert.CreateAlertRequest{Message: " "}},
		{"alias", "alias", alert.CreateAlertRequest{Message: "m", Alias: long(513)}},
		{"description", "description", alert.CreateAlertRequest{Message: "m", Description: long(15_001)}},
		{"tag", "tags", alert.CreateAlertRequest{Message: "m", Tags: []string{long(51)}}},
		{"tags", "tags", alert.CreateAlertRequest{Message: "m", Tags: strings.Fields(strings.Repeat("t ", 21))}},
		{"priority", "priority", alert.CreateAlertRequest{Message: "m", Priority: "P0"}},
		{"details", "details", alert.CreateAlertRequest{Message: "m", Details: map[string]string{"k": long(8000)}}},
		{"responder", "responders", alert.CreateAlertRequest{Message: "m", Responders: []alert.Responder{{Type: "team"}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := p.sdk(t).Create(t.Context(), &tt.ask)
			if e := wantStatus(t, err, http.StatusUnprocessableEntity); e.Errors[tt.field] == "" || e.RequestId == "" {
				t.Errorf("errors = %v, want one about %s", e.Errors, tt.field)
			}
		})
	}
	fits := alert.CreateAlertRequest{Message: long(130), Alias: long(512), Description: long(15_000)}
	if _, err := p.sdk(t).Create(t.Context(), &fits); err != nil {
		t.Errorf("at the limits: %v", err)
	}
	for _, tt := range []struct {
		name, verb, path, body string
		header                 []string
		want                   int
	}{
		{"no key", "POST", "/v2/alerts", `{"message":"m"}`, []string{"Authorization", ""}, 401},
		{"wrong key", "POST", "/v2/alerts", `{"message":"m"}`, []string{"Authorization", "GenieKey other"}, 403},
		{"garbage", "POST", "/v2/alerts", `{"message`, nil, 400},
		{"too large", "POST", "/v2/alerts", `{"message":"` + strings.Repeat("m", 2<<20) + `"}`, nil, 413},
		{"unknown path", "POST", "/v1/alerts", `{}`, nil, 404},
		{"alias with a slash", "POST", "/v2/alerts/a/b/close?identifierType=alias", `{}`, nil, 404},
		{"unknown identifier type", "POST", "/v2/alerts/a/close?identifierType=name", `{}`, nil, 422},
		{"snooze into the past", "POST", "/v2/alerts/a/snooze", `{"endTime":"2020-01-01T00:00:00Z"}`, nil, 422},
		{"no such alert", "GET", "/v2/alerts/a", ``, nil, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if resp := p.do(t, tt.verb, tt.path, tt.body, tt.header...); resp.StatusCode != tt.want {
				t.Errorf("status %d, want %d", resp.StatusCode, tt.want)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	api := func(code int) func(error) bool {
		return func(err error) bool {
			e, ok := errors.AsType[*client.ApiError](err)
			return ok && e.StatusCode == code
		}
	}
	any := func(err error) bool { return err != nil }
	for _, tt := range []struct {
		name   string
		fault  control.Fault
		want   func(error) bool
		raised int
	}{
		{"429", control.Fault{Kind: control.RateLimit, RetryAfter: time.Second}, api(429), 0},
		{"500", control.Fault{Kind: control.ServerError}, api(500), 0},
		{"500 after accepting", control.Fault{Kind: control.ServerErrorAfterAccept}, api(500), 1},
		{"cut", control.Fault{Kind: control.Drop}, any, 0},
		{"accepted, then cut", control.Fault{Kind: control.DropAfterAccept}, any, 1},
		{"accepted, then too slow", control.Fault{Kind: control.DelayAfterAccept, Delay: time.Minute}, any, 1},
		{"HTML", control.Fault{Kind: control.HTML}, any, 0},
		{"refused", control.Fault{Kind: control.Refuse, Error: "no such responder"}, api(422), 0},
		{"refused with a status", control.Fault{Kind: control.Refuse, Status: 403, Error: "integration disabled"}, api(403), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := serve(t, opsgenie.Config{Key: key})
			tt.fault.Method, tt.fault.Times = "alerts.create", 1
			p.Fail(tt.fault)
			ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer stop()
			ask := &alert.CreateAlertRequest{Message: "m", Alias: "k"}
			if _, err := p.sdkWith(t, ctx, "").Create(ctx, ask); !tt.want(err) {
				t.Errorf("error = %v", err)
			}
			if n := len(p.Snapshot().Alerts); n != tt.raised {
				t.Errorf("alerts = %d, want %d", n, tt.raised)
			}
			if _, err := p.sdk(t).Create(t.Context(), ask); err != nil {
				t.Errorf("after the fault: %v", err)
			}
		})
	}
}

func TestHeartbeatIsCounted(t *testing.T) {
	p := serve(t, opsgenie.Config{Key: key})
	c, err := heartbeat.NewClient(p.config(t.Context(), ""))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Ping(t.Context(), "busbell"); err != nil || !strings.Contains(got.Message, "PONG") {
		t.Fatalf("ping = %+v, %v", got, err)
	}
	if n := p.Snapshot().Heartbeats["busbell"]; n != 1 {
		t.Errorf("heartbeats = %d, want 1", n)
	}
}

func TestControls(t *testing.T) {
	p := serve(t, opsgenie.Config{Key: key})
	if _, err := p.sdk(t).Create(t.Context(), &alert.CreateAlertRequest{Message: "m", Alias: "k"}); err != nil {
		t.Fatal(err)
	}
	id := p.Snapshot().Alerts[0].ID
	p.do(t, "POST", "/_control/opsgenie/act", `{"id":"`+id+`","action":"acknowledge","user":"ann"}`)
	if a := p.Snapshot().Alerts[0]; !a.Acknowledged || a.Report.AcknowledgedBy != "ann" {
		t.Errorf("after ann's acknowledgement: %+v", a)
	}
	p.do(t, "POST", "/_control/opsgenie/faults", `{"kind":"serverError","times":1}`)
	if n := len(p.Faults()); n != 1 {
		t.Errorf("faults = %d, want 1", n)
	}
	if resp := p.do(t, "POST", "/_control/opsgenie/clear", "", "Origin", "https://evil.example"); resp.StatusCode != 403 {
		t.Errorf("clear from another origin: %d, want 403", resp.StatusCode)
	}
	p.do(t, "POST", "/_control/opsgenie/clear", "")
	if n := len(p.Snapshot().Alerts); n != 0 {
		t.Errorf("alerts after clear = %d", n)
	}
}

func FuzzCreate(f *testing.F) {
	f.Add(`{"message":"m","details":{"a":"b"},"responders":[{"type":"team"}]}`)
	f.Add(`{"message":null,"tags":[""],"priority":"P9"}`)
	f.Fuzz(func(t *testing.T, body string) {
		s := opsgenie.New(opsgenie.Config{})
		r := httptest.NewRequest(http.MethodPost, "/v2/alerts", strings.NewReader(body))
		r.Header.Set("Authorization", "GenieKey k")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if (w.Code == http.StatusAccepted) != (len(s.Snapshot().Alerts) == 1) {
			t.Errorf("status %d, but alerts %+v", w.Code, s.Snapshot().Alerts)
		}
	})
}
