package slack

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/setting"
)

// The address comes out of a request, so it must not lead anywhere else.
func TestAClickIsAnsweredAtSlackOnly(t *testing.T) {
	for address, want := range map[string]bool{
		"https://hooks.slack.com/actions/T1/2/3":   true,
		"https://slack.example/respond/1":          true, // as configured
		"http://hooks.slack.com/actions/T1/2/3":    false,
		"http://slack.example/respond/1":           false,
		"https://hooks.slack.com.evil.example/1":   false,
		"https://evil.example/hooks.slack.com":     false,
		"https://hooks.slack.com@evil.example/1":   false,
		"https://ann:pw@hooks.slack.com/1":         false,
		"https://hooks.slack.com:8443/1":           false,
		"https://slack.example:8443/1":             false,
		"//hooks.slack.com/1":                      false,
		"file:///etc/passwd":                       false,
		"http://169.254.169.254/metadata/identity": false,
		"": false,
		"https://hooks.slack.com\n.evil.example/1":         false,
		"https://evil.example\\@hooks.slack.com/actions/1": false,
	} {
		var called []string
		c := New(Config{Token: token, BaseURL: "https://slack.example/api/"}, roundTrip(func(r *http.Request) *http.Response {
			called = append(called, r.URL.String())
			if h := r.Header.Get("Authorization"); h != "" {
				t.Errorf("%s: the token went out", address)
			}
			w := httptest.NewRecorder()
			_, _ = w.WriteString("ok")
			return w.Result()
		}))
		err := c.Reply(t.Context(), setting.Secret(address), notify.Text{notify.Ours("no")})
		if (err == nil) != want || (len(called) == 1) != want {
			t.Errorf("%q: %v, called %v", address, err, called)
		}
	}
}

type roundTrip func(*http.Request) *http.Response

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

func TestErrorsKeepTheAddressOfAnAnswer(t *testing.T) {
	s := serve(t)
	s.on("respond/very-secret", hangUp)
	err := s.channel().Reply(t.Context(), setting.Secret(s.URL+"/api/respond/very-secret"), notify.Text{notify.Ours("no")})
	if err == nil || strings.Contains(err.Error(), "very-secret") {
		t.Errorf("Reply: %v", err)
	}
	s.on("respond/very-secret", status(404, "used_url"))
	err = s.channel().Reply(t.Context(), setting.Secret(s.URL+"/api/respond/very-secret"), notify.Text{notify.Ours("no")})
	if err == nil || !strings.Contains(err.Error(), "404") || strings.Contains(err.Error(), "very-secret") {
		t.Errorf("Reply: %v", err)
	}
}
