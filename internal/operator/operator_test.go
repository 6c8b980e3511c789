package operator_test

import (
	"os"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/operator"
)

// What func start reads, the command line reads too; the environment wins,
// also with nothing in it.
func TestLocalSettingsCountWhereTheEnvironmentIsSilent(t *testing.T) {
	t.Chdir(t.TempDir())
	environment := map[string]string{"RECOVERY_QUEUE": "of-the-environment", "OPSGENIE_API_KEY": ""}
	open := func() *operator.Tools {
		return operator.New(func(name string) (string, bool) {
			value, ok := environment[name]
			return value, ok
		})
	}
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("local.settings.json", "\ufeff"+`{"IsEncrypted": false, "Values": {"FEATURE_EVENTS_QUEUE": "of-the-file", "RECOVERY_QUEUE": "of-the-file", "OPSGENIE_API_KEY": "of-the-file"}}`)
	if o := open(); o.Getenv("FEATURE_EVENTS_QUEUE") != "" || o.Local() != nil {
		t.Errorf("away from host.json: %q, %v", o.Getenv("FEATURE_EVENTS_QUEUE"), o.Local())
	}
	put("host.json", "{}")
	o := open()
	if err := o.Local(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"FEATURE_EVENTS_QUEUE": "of-the-file", "RECOVERY_QUEUE": "of-the-environment", "OPSGENIE_API_KEY": "", "SLACK_BOT_TOKEN": ""} {
		if got := o.Getenv(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	put("local.settings.json", "{")
	if err := open().Local(); err == nil || !strings.HasPrefix(err.Error(), "local.settings.json: ") {
		t.Errorf("a broken file: %v", err)
	}
	if err := os.Remove("local.settings.json"); err != nil {
		t.Fatal(err)
	}
	if o := open(); o.Getenv("FEATURE_EVENTS_QUEUE") != "" || o.Local() != nil {
		t.Errorf("without a file: %q, %v", o.Getenv("FEATURE_EVENTS_QUEUE"), o.Local())
	}
}
