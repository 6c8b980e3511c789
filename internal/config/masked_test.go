package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/feature"
)

// Problems are shown in Slack and logged.
func TestASecretInASettingThatIsNoneIsNotRepeated(t *testing.T) {
	const (
		token = "xox" + "b-1234567890-abcdefghij0123"
		bus   = "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=c2VjcmV0"
	)
	file := filepath.Join(t.TempDir(), "busbell.yaml")
	text := "environment: test\nwatch:\n  sources: [{queue: error}]\n  slack: {channel: \"#bus\"}\n  remindAfter: " + token + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"BUSBELL_CONFIG": file, "ERROR_QUEUE_SCHEDULE": token, "FEATURE_EVENTS_QUEUE": bus, "RECOVERY_QUEUE": "password=hunter2 x"}
	wrong, warnings := Load(func(name string) string { return env[name] }).Lines()
	all := strings.Join(append(wrong, warnings...), "\n")
	for _, want := range []string{"ERROR_QUEUE_SCHEDULE", "FEATURE_EVENTS_QUEUE", "RECOVERY_QUEUE", "remindAfter", "[key]"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in\n%s", want, all)
		}
	}
	for _, secret := range []string{token[:12], "c2Vj", "hunter2"} {
		if strings.Contains(all, secret) {
			t.Errorf("%s is in\n%s", secret, all)
		}
	}
}

func TestWhatIsUnsetIsSaid(t *testing.T) {
	var s Setup
	none := strings.Join(s.Unset(), "\n")
	for _, want := range []string{"ERROR_QUEUE_SCHEDULE: missing", "SLACK_SIGNING_SECRET: missing"} {
		if !strings.Contains(none, want) {
			t.Errorf("no %q in\n%s", want, none)
		}
	}
	if strings.Contains(none, "FEATURE_EVENTS_QUEUE") {
		t.Errorf("without features:\n%s", none)
	}
	s.Config.Features = make([]feature.Config, 1)
	if got := strings.Join(s.Unset(), "\n"); !strings.Contains(got, "FEATURE_EVENTS_QUEUE: missing") {
		t.Errorf("with features:\n%s", got)
	}
	s.Settings.Schedule, s.Settings.EventsQueue, s.Settings.SigningSecret = "0 */2 * * * *", "busbell-events", "s"
	if got := s.Unset(); got != nil {
		t.Errorf("all set: %q", got)
	}
	s.Settings.OpsGenie.Key = "k"
	if got := strings.Join(s.Unset(), "\n"); !strings.Contains(got, "5 April 2027") || !strings.Contains(got, "api.atlassian.com/jsm/ops/integration") {
		t.Errorf("with OpsGenie:\n%s", got)
	}
}
