package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// Whatever is wrong with the configuration, the handler serves, and says the
// same line everywhere: what, where, and the cure.
func TestAWrongConfigurationIsOneClearLineEverywhere(t *testing.T) {
	t.Parallel()
	with := func(old, new string) string {
		if !strings.Contains(shop, old) {
			t.Fatalf("%q is not in the configuration", old)
		}
		return strings.Replace(shop, old, new, 1)
	}
	for _, tt := range []struct {
		name    string
		config  string
		setting string
		want    []string
		mute    bool // the channel cannot be told
	}{
		{
			name: "bad connection string", setting: "ServiceBus=Endpoint=sb://never-shown.example",
			want: []string{"ServiceBus: ", "no SharedAccessKeyName", "copy the connection string"},
		},
		{
			name: "no connection string", setting: "ServiceBus=",
			want: []string{"ServiceBus: missing", "ServiceBus__fullyQualifiedNamespace"},
		},
		{
			name: "missing token", setting: "SLACK_BOT_TOKEN=", mute: true,
			want: []string{"SLACK_BOT_TOKEN: missing", "xoxb-"},
		},
		{
			name: "a key vault that says no", setting: "OPSGENIE_API_KEY=@Microsoft.KeyVault(SecretUri=https://never-shown.example/)",
			want: []string{"OPSGENIE_API_KEY: ", "Key Vault", "read the secret"},
		},
		{
			name: "unknown key", config: with("  sources:", "  sorces:"),
			want: []string{"busbell.yaml:3:3: ", "sorces", "did you mean", "sources"},
		},
		{
			name: "wrong type", config: with("name: billing", "name: [billing]"),
			want: []string{"busbell.yaml:5:", "name"},
		},
		{
			name: "bad CEL", config: with("failure.messageType", "failure.mesageType"),
			want: []string{"busbell.yaml:8:23: ", "watch.page[0].when", "mesageType", "messageType"},
		},
		{
			name: "CEL that is no condition", config: with(`'event.Level in ["Gold", "Platinum"]'`, `'event.Level in ["Gold"'`),
			want: []string{"busbell.yaml:13:", "features[0].when"},
		},
		{
			name: "broken YAML", config: with("environment: e2e", "environment: [e2e"), mute: true,
			want: []string{"busbell.yaml:"},
		},
		{
			name: "no file", config: "-", mute: true,
			want: []string{"busbell.yaml: ", "no such file", "BUSBELL_CONFIG"},
		},
		{
			name: "all at once", config: with("  sources:", "  sorces:"), setting: "ServiceBus=",
			want: []string{"ServiceBus: missing", "sorces"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.leaks = []string{"never-shown"}
			config := tt.config
			switch config {
			case "":
				config = shop
			case "-":
				config = ""
			}
			h := w.start(config, tt.setting)
			line := wantError(t, h.tick(), tt.want...)
			if again := wantError(t, h.tick()); again != line {
				t.Errorf("first %q, then %q", line, again)
			}
			if strings.Contains(line, "never-shown") {
				t.Errorf("shows a value: %s", line)
			}
			if got := h.call(http.MethodGet, "/", nil); got != (reply{http.StatusOK, "{}"}) {
				t.Errorf("GET / answered %d %s", got.status, got.body)
			}
			log := w.log.String()
			if whole, each := strings.Count(log, `level=ERROR msg="nothing is watched"`), strings.Count(log, `level=ERROR msg="invocation failed"`); whole != 1 || each != 2 ||
				strings.Count(log, "level=ERROR") != 3 {
				t.Errorf("logged %d times as a whole and for %d invocations, want 1 and 2:\n%s", whole, each, log)
			}
			w.wantTold(tt.mute, tt.want)
		})
	}
}

// wantTold checks that the channel was told once what is wrong, or never.
func (w *world) wantTold(mute bool, parts []string) {
	w.t.Helper()
	if mute {
		if calls := w.slack.Snapshot().Calls; len(calls) != 0 {
			w.t.Errorf("Slack was called: %v", calls)
		}
		return
	}
	w.log.until(w.t, `msg="notice sent"`, 1)
	m := w.only("bus-errors")
	wantShown(w.t, m, black, "watches nothing", "mend it and deploy again")
	// Slack's markup sets what could be formatting in a fixed-width face.
	text := strings.NewReplacer("`", "", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(shown(w.t, m))
	for _, part := range parts {
		if !strings.Contains(text, part) {
			w.t.Errorf("the channel is not told %q:\n%s", part, text)
		}
	}
}

func TestAWarningStopsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(shop+"recovery: {rate: 50}\n", "OPSGENIE_API_KEY=", "STATE_TABLE_ENDPOINT=")
	w.fail("error", refund, 1)
	h.pass()
	wantShown(t, w.only("bus-errors"), red, "RefundRequested")
	log := w.log.String()
	for _, part := range []string{"OPSGENIE_API_KEY", "not yet: recovery", "no storage for the ledger"} {
		if strings.Count(log, part) != 1 {
			t.Errorf("%q is not warned of once:\n%s", part, log)
		}
	}
	if n := len(w.pager.Snapshot().Calls); n != 0 {
		t.Errorf("%d calls of the pager without a key", n)
	}
}

func TestAMissingQueueIsSaidAndDisturbsNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.start(strings.Replace(shop, "- queue: error", "- queue: error\n    - queue: eror", 1))
	w.fail("error", order, 1)
	for range 3 {
		h.pass()
	}
	if n := len(w.roots("bus-errors")); n != 2 {
		t.Errorf("%d messages, want 2: %q", n, headlines(w.roots("bus-errors")))
	}
	wantShown(t, w.about("bus-errors", "Cannot read", "eror"), black, "it does not exist", "watch.sources")
	wantShown(t, w.about("bus-errors", "1 failed"), red, "OrderPlaced")
	w.take("error")
	h.pass()
	wantShown(t, w.about("bus-errors", "1 failed"), green)
	wantShown(t, w.about("bus-errors", "Cannot read", "eror"), black)
}

func TestAnUnknownChannelIsNamedAndWhatItMissedIsToldLater(t *testing.T) {
	t.Parallel()
	d := newDriver(t)
	d.Chat.To = "#bus-erors"
	d.fail(1)
	d.pass()
	if n := len(d.roots("bus-errors")); n != 0 {
		t.Fatalf("%d messages in a channel that nobody named", n)
	}
	for _, part := range []string{"#bus-erors", "the bot sees no channel of this name", "bus-errors", "/invite"} {
		if !strings.Contains(d.log.String(), part) {
			t.Errorf("the log does not say %q:\n%s", part, d.log)
		}
	}
	wantAlerts(t, d.world, 1)

	d.workspace("bus-errors", "bus-erors")
	d.nextInstance()
	d.clock.forward(2 * time.Minute)
	d.pass()
	wantShown(t, d.only("bus-erors"), red, "OrderPlaced")
	d.clock.forward(2 * time.Minute)
	d.pass()
	d.only("bus-erors")
	wantAlerts(t, d.world, 1)
}
