package docs

import (
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestTheManifestAsksForWhatIsUsedAndExplained(t *testing.T) {
	var manifest struct {
		OAuth struct {
			Scopes struct{ Bot []string }
		} `yaml:"oauth_config"`
		Settings struct {
			Interactivity struct {
				Enabled bool   `yaml:"is_enabled"`
				URL     string `yaml:"request_url"`
			}
		}
	}
	readYAML(t, "slack-app.yaml", &manifest)
	want := []string{
		"channels:history", "channels:read", "chat:write", "files:write",
		"groups:history", "groups:read", "metadata.message:read", "usergroups:read",
	}
	got := slices.Sorted(slices.Values(manifest.OAuth.Scopes.Bot))
	if !slices.Equal(got, want) {
		t.Errorf("scopes %q, want %q", got, want)
	}
	page, err := os.ReadFile("slack.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, scope := range got {
		if !strings.Contains(string(page), "`"+scope+"`") {
			t.Errorf("slack.md does not say what %s is for", scope)
		}
	}
	m := regexp.MustCompile(`(?m)^\[create\]: (https://api\.slack\.com/apps\?\S+)$`).FindSubmatch(page)
	if m == nil {
		t.Fatal("slack.md has no link that makes the app")
	}
	link, err := url.Parse(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	var carried, kept any
	if err := yaml.Unmarshal([]byte(link.Query().Get("manifest_yaml")), &carried); err != nil {
		t.Fatal(err)
	}
	readYAML(t, "slack-app.yaml", &kept)
	if !reflect.DeepEqual(carried, kept) || link.Query().Get("new_app") != "1" {
		t.Errorf("the link makes another app: %v, want %v", carried, kept)
	}
	clicks := manifest.Settings.Interactivity
	if !clicks.Enabled || !strings.HasSuffix(clicks.URL, "/api/slack/actions") {
		t.Errorf("clicks: %+v", clicks)
	}
}
