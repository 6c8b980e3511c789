package opsgenie

import (
	"strings"
	"testing"
)

func TestOnlyOpsGenieEnds(t *testing.T) {
	for url, ends := range map[string]bool{
		"": true, "api.opsgenie.com": true, "https://api.eu.opsgenie.com/v2": true,
		"api.atlassian.com/jsm/ops/integration": false, "http://127.0.0.1:9700": false, "myopsgenie.com": false,
	} {
		if got := (Config{Key: "k", BaseURL: url}).Ends(); (got != "") != ends || ends && !strings.Contains(got, "OPSGENIE_API_URL") {
			t.Errorf("%s: %q", url, got)
		}
	}
	if got := (Config{}).Ends(); got != "" {
		t.Errorf("without a key: %q", got)
	}
}

func TestBaseURL(t *testing.T) {
	for _, tt := range []struct{ raw, want string }{
		{"", "https://api.opsgenie.com"},
		{"api.eu.opsgenie.com", "https://api.eu.opsgenie.com"},
		{"https://api.opsgenie.com/", "https://api.opsgenie.com"},
		{"https://api.opsgenie.com/v2/", "https://api.opsgenie.com"},
		{"api.atlassian.com/jsm/ops/integration", "https://api.atlassian.com/jsm/ops/integration"},
		{"https://api.atlassian.com/jsm/ops/integration/v2", "https://api.atlassian.com/jsm/ops/integration"},
		{"127.0.0.1:9700", "http://127.0.0.1:9700"},
		{"http://localhost:9700/jsm/ops/integration/", "http://localhost:9700/jsm/ops/integration"},
		{"https://[::1]:9", "https://[::1]:9"},
		{"http://api.opsgenie.com", ""},
		{"ftp://api.opsgenie.com", ""},
		{"https://user@api.opsgenie.com", ""},
		{"https://api.opsgenie.com?x=1", ""},
		{"https://", ""},
		{"::", ""},
	} {
		got := ""
		if u, err := baseURL(tt.raw); err == nil {
			got = u.String()
		}
		if got != tt.want {
			t.Errorf("baseURL(%q) = %q, want %q", tt.raw, got, tt.want)
		}
	}
}

func TestValidate(t *testing.T) {
	if p := (Config{Key: "k"}).Validate(); len(p) != 0 {
		t.Errorf("valid: %v", p)
	}
	if p := (Config{BaseURL: "http://x.example"}).Validate(); len(p) != 2 || p[0].Path != "OPSGENIE_API_KEY" || p[1].Path != "OPSGENIE_API_URL" {
		t.Errorf("both wrong: %v", p)
	}
}
