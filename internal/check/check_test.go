package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/source"

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/emulator/servicebus"
	"github.com/busbell/busbell/internal/setting"
)

func TestAFactSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		err          error
		detail, cure string
	}{
		{errors.New("no luck"), "no luck", "try again; if it stays so, see docs/operations.md"},
		{errors.New("it answered\n 403; give the role"), "it answered 403", "give the role"},
		{fmt.Errorf("read error: %w", setting.Cure(errors.New("not allowed"), "give the role; wait")), "not allowed", "give the role; wait"},
		{fmt.Errorf("peek: %w", context.DeadlineExceeded), "no answer in time", "try again; if it stays so, see what stands between"},
		{errors.New("auth.test: context deadline exceeded"), "no answer in time", "try again; if it stays so, see what stands between"},
		{
			errors.New("read error: ManagedIdentityCredential authentication failed.\nnot found\nGET http://169.254.169.254/?client_id=1\n---"),
			"read error: ManagedIdentityCredential authentication failed. not found",
			"give the app its identity, and see that the settings that end in __clientId name it; on a laptop: az login",
		},
	} {
		if got := Wrong("x", tt.err); got.OK || got.Detail != tt.detail || got.Cure != tt.cure {
			t.Errorf("%v: %+v", tt.err, got)
		}
	}
}

func TestAClockThatIsWrongIsWorthALookFromHalfAMinuteOn(t *testing.T) {
	theirs := time.Date(2026, 4, 17, 8, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		skew   time.Duration
		ok     bool
		detail string
	}{
		{0, true, "right within half a minute"},
		{29 * time.Second, true, "right within half a minute"},
		{-29 * time.Second, true, "right within half a minute"},
		{30 * time.Second, true, "30s ahead of Slack's"},
		{-45 * time.Second, true, "45s behind Slack's"},
		{110 * time.Second, true, "1m50s ahead of Slack's"},
		{121 * time.Second, false, "2m ahead of Slack's: signatures go wrong with it"},
		{-24 * time.Hour, false, "1d behind Slack's: signatures go wrong with it"},
	} {
		ours := theirs.Add(tt.skew)
		got := clockFact(theirs, ours, ours)
		if got.OK != tt.ok || got.Detail != tt.detail || (got.Cure == "") != strings.HasPrefix(tt.detail, "right") {
			t.Errorf("%s: %+v", tt.skew, got)
		}
	}
	if slow := clockFact(theirs, theirs.Add(-time.Minute), theirs.Add(time.Minute)); !slow.OK || slow.Cure != "" {
		t.Errorf("an answer that took two minutes says nothing of the clock: %+v", slow)
	}
}

func TestTheIDOfAnotherNamespaceIsWorthALook(t *testing.T) {
	for id, want := range map[string]int{"Shop": 1, "other": 2} {
		c := &checkup{Setup: config.Setup{Settings: config.Settings{
			Bus: config.Bus{Namespace: "shop.servicebus.windows.net"}, NamespaceID: "/subscriptions/0/resourceGroups/rg/providers/Microsoft.ServiceBus/namespaces/" + id,
		}}}
		facts := c.told(t.Context())
		if len(facts) != want || !Well(facts) {
			t.Errorf("%s: %+v", id, facts)
		}
	}
}

func TestOneFunctionThatCannotBeReadHidesNoOther(t *testing.T) {
	root := t.TempDir()
	for file, text := range map[string]string{
		"host.json": "{}", "A/function.json": "{", "ErrorQueueTimer/function.json": `{"bindings": [{"schedule": "%ERROR_QUEUE_SCHEDULE%"}]}`,
		"Old/function.json": "{}", "SlackActions/function.json": `{"bindings": [{"type": "httpTrigger", "route": "slack/actions"}]}`,
	} {
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environment := map[string]string{"FUNCTIONS_APP_ROOT_PATH": root, "ERROR_QUEUE_SCHEDULE": "0 * * * * *"}
	c := &checkup{Options: Options{
		Getenv: func(name string) string { return environment[name] },
		Routes: []string{"/ErrorQueueTimer", "/FeatureEventTrigger", "/api/check", "/api/slack/actions"},
	}}
	facts := map[string]Fact{}
	for _, f := range c.functions(t.Context()) {
		facts[f.Name] = f
	}
	for name, detail := range map[string]string{
		"function A":                   "unexpected end of JSON",
		"function ErrorQueueTimer":     "settings are there",
		"function Old":                 "no route /Old",
		"function FeatureEventTrigger": "no folder",
		"function SlackActions":        "settings are there",
	} {
		if f := facts[name]; !strings.Contains(f.Detail, detail) || f.OK != strings.HasPrefix(detail, "settings") {
			t.Errorf("%s: %+v, want %q", name, f, detail)
		}
	}
	if f, said := facts["function api/check"]; said { // perhaps A is that one
		t.Errorf("said %+v", f)
	}
}

// Where names are not answered, as where a firewall swallows what goes to
// Azure's resource manager, sources are read all the same.
func TestAListingThatHangsHidesNoSource(t *testing.T) {
	bus, err := servicebus.Start(servicebus.Config{Queues: []servicebus.Queue{{Name: "error"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	u, _ := url.Parse(strings.TrimPrefix(strings.Split(bus.ConnectionString(), ";")[0], "Endpoint="))
	settings := config.Settings{Bus: config.Bus{ConnectionString: setting.Secret(strings.Replace(bus.ConnectionString(), u.Host, onlyAMQP(t, u.Host), 1))}}
	c := &checkup{Options: Options{Getenv: func(string) string { return "" }}, Setup: config.Setup{Settings: settings}, listing: 100 * time.Millisecond}
	c.Config.Environment = "test"
	c.Config.Watch.Sources = []source.Source{{Queue: "error"}, {Queue: "*_error"}}
	facts := map[string]Fact{}
	for _, f := range c.bus(t.Context()) {
		facts[f.Name] = f
	}
	for name, ok := range map[string]bool{"connection": true, "source error": true, "source *_error": false, "unwatched": true} {
		if f := facts[name]; f.OK != ok || f.Detail == "" || !ok && !strings.HasPrefix(f.Detail, "no answer in time") {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := facts["unwatched"]; !strings.Contains(f.Detail, "not known") || !strings.Contains(f.Detail, "no answer in time") || f.Cure == "" {
		t.Errorf("%+v", f)
	}
}

// onlyAMQP hands AMQP on to the address, and holds everything else for good.
func onlyAMQP(t *testing.T, to string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go hand(from, to)
		}
	}()
	return l.Addr().String()
}

func hand(from net.Conn, to string) {
	first := make([]byte, 4)
	if _, err := io.ReadFull(from, first); err != nil || string(first) != "AMQP" {
		return
	}
	onward, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	_, _ = onward.Write(first)
	go func() { _, _ = io.Copy(from, onward) }()
	_, _ = io.Copy(onward, from)
}

// What a panic of a library leaves is a fact, and the program.
func TestAPanicEndsOnlyItsPart(t *testing.T) {
	facts := runPart(t.Context(), func(context.Context) []Fact { panic("odd") })
	if len(facts) != 1 || facts[0].OK {
		t.Errorf("%+v", facts)
	}
}
