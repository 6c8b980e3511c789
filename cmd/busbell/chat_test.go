package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/busbell/busbell/internal/emulator/board"
	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/opsgenie"
	"github.com/busbell/busbell/internal/emulator/slack"
)

// startChat runs a Slack and an OpsGenie until the script ends, and sets their
// settings: chat channels=bus-errors others=loyalty scopes=chat:write
// token=xoxb-other key=other skew=1h. The last four are what goes wrong.
func startChat(ts *testscript.TestScript, neg bool, args []string) {
	said := map[string]string{"token": "xoxb-script", "key": "script"}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || neg {
			ts.Fatalf("usage: chat [name=value...]")
		}
		said[name] = value
	}
	cfg := slack.Config{Token: said["token"], Channels: strings.Fields(strings.ReplaceAll(said["channels"], ",", " ")), Strict: true}
	if said["others"] != "" {
		cfg.Others = strings.Split(said["others"], ",")
	}
	if said["scopes"] != "" {
		cfg.Scopes = strings.Split(said["scopes"], ",")
	}
	next := board.New(slack.New(cfg), opsgenie.New(opsgenie.Config{Key: said["key"]}))
	var skew time.Duration
	if said["skew"] != "" {
		var err error
		skew, err = time.ParseDuration(said["skew"])
		ts.Check(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
		next.ServeHTTP(w, r)
	}))
	ts.Defer(server.Close)
	for name, value := range map[string]string{
		"SLACK_API_URL": server.URL, "SLACK_BOT_TOKEN": "xoxb-script",
		"OPSGENIE_API_URL": server.URL, "OPSGENIE_API_KEY": "script", "STATE_TABLE_ENDPOINT": "memory:",
	} {
		ts.Setenv(name, value)
	}
}

// refuse has the bus of the script refuse an entity: refuse error
// amqp:unauthorized-access.
func refuse(ts *testscript.TestScript, neg bool, args []string) {
	bus := ts.Value(runningBus{}).(*running).bus
	if neg || len(args) != 2 || bus == nil {
		ts.Fatalf("usage, after bus: refuse entity condition")
	}
	bus.Fail(control.Fault{Kind: control.Refuse, Entity: args[0], Error: args[1]})
}
