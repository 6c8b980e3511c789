package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
	"github.com/busbell/busbell/internal/ledger/tables"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/notify/slack"
	"github.com/busbell/busbell/internal/triage"
	"github.com/busbell/busbell/internal/triage/explain"
)

// lived leaves in a ledger what the life of an incident leaves there, with a
// Slack that cannot be reached.
func lived(t *testing.T, l ledger.Ledger, environment string) {
	t.Helper()
	at := time.Date(2026, 4, 17, 8, 34, 1, 0, time.UTC)
	store := incident.Store{Ledger: l, Environment: environment}
	to := incident.Target{Channel: "slack", To: "#bus-errors"}
	i := incident.Incident{
		Fingerprint: "1-b99c68b90936757a", Generation: 1, State: incident.Open, FirstSeen: at, LastSeen: at, Peak: 2, Priority: "P1",
		Cause:   triage.Cause(failure.Failure{MessageType: "Shop.Orders.OrderPlaced", FailingQueue: "shop.billing", ExceptionType: "Shop.CardExpired"}, nil),
		Sources: map[string]incident.Seen{"error": {Name: "error", Count: 2, Oldest: at}},
	}
	i.Pages = []incident.Page{{To: to, Key: i.PageKey(to)}}
	i.AddDecision(incident.Decision{At: at, Why: []string{"first seen", "escalated"}})
	i.Touch(at)
	channel := slack.New(slack.Config{Token: "xoxb-test", BaseURL: "http://127.0.0.1:1/"}, nil)
	d := &outbox.Delivery{Ledger: l, Environment: environment, Log: slog.New(slog.DiscardHandler), Channels: map[string]notify.Channel{"slack": channel}}
	voice := notice.Deployment{Environment: environment}
	if err := store.Save(t.Context(), incident.Stored{Incident: i}); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), notice.Post(voice, &i, to, "first seen")); err != nil {
		t.Fatal(err)
	}
	_, _ = d.Deliver(t.Context()) // nobody is there
	deed := lifecycle.Action{Subjects: []string{i.Subject()}, By: "U0123", At: at.Add(time.Hour)}
	j := &incident.Journal{Ledger: l, Environment: environment, Records: store, Delivery: d, Log: d.Log}
	if _, err := (&lifecycle.Tracker{Incidents: store, Journal: j, Deployment: voice}).Apply(t.Context(), deed); err != nil {
		t.Fatal(err)
	}
}

func TestTheLifeOfAnIncidentIsExplained(t *testing.T) {
	address := ledgertest.Azurite(t)
	l, err := tables.Open(tables.Config{Endpoint: address})
	if err != nil {
		t.Fatal(err)
	}
	environment := "explain-" + rand.Text()
	lived(t, l, environment)
	folder := t.TempDir()
	config := "environment: " + environment + "\nwatch:\n  sources: [{queue: error}]\n  slack: {channel: \"#bus-errors\"}\n"
	if err := os.WriteFile(filepath.Join(folder, "busbell.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var text, asJSON bytes.Buffer
	for _, tt := range []struct {
		args []string
		out  *bytes.Buffer
	}{{[]string{"--incident", "1-b99c"}, &text}, {[]string{"--json", "--incident", "incident/1-b99c68b90936757a/1"}, &asJSON}} {
		t.Chdir(folder)
		t.Setenv("STATE_TABLE_ENDPOINT", address)
		cmd := explainCommand()
		cmd.SetArgs(tt.args)
		cmd.SetOut(tt.out)
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"2 failed OrderPlaced in shop.billing: CardExpired", "acknowledged by U0123",
		"2026-04-17 08:34:01 UTC  life 1, 2 messages: first seen, escalated", "acknowledged by U0123",
		"waiting      slack #bus-errors post, because first seen", "not tried yet: slack #bus-errors", "connection refused",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in:\n%s", want, text.String())
		}
	}
	var record explain.Life
	if err := json.Unmarshal(asJSON.Bytes(), &record); err != nil || record.Incident.State != incident.Acknowledged || len(record.Notices) != 3 || len(record.Decisions) != 2 {
		t.Errorf("%v: %s", err, asJSON.String())
	}
}
