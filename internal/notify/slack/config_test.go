package slack

import "testing"

func TestBaseURL(t *testing.T) {
	for _, tt := range []struct{ raw, want string }{
		{"", "https://slack.com/api/"},
		{"slack.com", "https://slack.com/api/"},
		{"https://slack.com/api", "https://slack.com/api/"},
		{"https://slack.com/api/", "https://slack.com/api/"},
		{"https://proxy.example/slack/", "https://proxy.example/slack/api/"},
		{"127.0.0.1:9700", "http://127.0.0.1:9700/api/"},
		{"http://127.0.0.1:9700/api/", "http://127.0.0.1:9700/api/"},
		{"localhost:9700", "http://localhost:9700/api/"},
		{"http://[::1]:9700", "http://[::1]:9700/api/"},
		{"https://localhost:9700", "https://localhost:9700/api/"},
		{"http://slack.com/api/", ""},
		{"ftp://slack.com", ""},
		{"https://user:pass@slack.com/", ""},
		{"https://slack.com/api/?x=1", ""},
		{"https:///api", ""},
		{"::", ""},
	} {
		if got, _ := baseURL(tt.raw); got != tt.want {
			t.Errorf("baseURL(%q) = %q, want %q", tt.raw, got, tt.want)
		}
	}
}

func TestValidate(t *testing.T) {
	if p := (Config{Token: "xoxb-1"}).Validate(); len(p) != 0 {
		t.Errorf("valid: %v", p)
	}
	p := (Config{BaseURL: "http://x.example"}).Validate()
	if len(p) != 2 || p[0].Path != "SLACK_BOT_TOKEN" || p[0].Cure == "" || p[1].Path != "SLACK_API_URL" {
		t.Errorf("both wrong: %v", p)
	}
}
