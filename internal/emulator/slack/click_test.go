package slack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	api "github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/emulator/slack"
)

const secret = "signing-secret"

// withButton posts a message whose attachment has a button and a menu.
func withButton(t *testing.T, bot *api.Client) string {
	t.Helper()
	text := func(s string) *api.TextBlockObject { return api.NewTextBlockObject("plain_text", s, false, false) }
	hours := api.NewOptionBlockObject("1h", text("1 hour"), nil)
	row := api.NewActionBlock("",
		api.NewButtonBlockElement("acknowledge", "incident-7", text("Acknowledge")),
		api.NewOverflowBlockElement("snooze", hours))
	return post(t, bot, api.MsgOptionText("failed", false),
		api.MsgOptionMetadata(api.SlackMetadata{EventType: "incident", EventPayload: map[string]any{"key": "k"}}),
		api.MsgOptionAttachments(api.Attachment{Color: "#D00000", Blocks: api.Blocks{BlockSet: []api.Block{row}}}))
}

func TestClickIsSignedAndParses(t *testing.T) {
	s, bot := serve(t, open())
	ts := withButton(t, bot)
	got := make(chan api.InteractionCallback, 1)
	actions := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := api.NewSecretsVerifier(r.Header, secret)
		if err != nil {
			t.Errorf("headers: %v", err)
		}
		body, err := io.ReadAll(io.TeeReader(r.Body, &v))
		if err != nil {
			t.Errorf("body: %v", err)
		}
		if err := v.Ensure(); err != nil {
			t.Errorf("signature: %v", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		c, err := api.InteractionCallbackParse(r)
		if err != nil {
			t.Errorf("payload: %v", err)
		}
		got <- c
	}))
	defer actions.Close()
	s.SendClicks(actions.URL, secret)

	click := slack.Click{Channel: slack.ChannelID("bus-errors"), TS: ts, ActionID: "acknowledge", User: "U0ANN"}
	if result, err := s.Click(t.Context(), click); err != nil || result.Status != 200 {
		t.Fatalf("Click = %+v, %v", result, err)
	}
	c := <-got
	a := c.ActionCallback.BlockActions[0]
	for what, ok := range map[string]bool{
		"type":     c.Type == api.InteractionTypeBlockActions,
		"user":     c.User.ID == "U0ANN" && c.User.Name == "ann",
		"team":     c.Team.ID == slack.TeamID && c.APIAppID == slack.AppID,
		"channel":  c.Channel.ID == slack.ChannelID("bus-errors") && c.Container.MessageTs == ts,
		"message":  c.Message.Timestamp == ts && c.Message.Metadata.EventPayload["key"] == "k",
		"action":   a.ActionID == "acknowledge" && a.Value == "incident-7" && a.BlockID != "" && a.ActionTs != "",
		"response": strings.Contains(c.ResponseURL, "/respond/"),
	} {
		if !ok {
			t.Errorf("%s is wrong in %+v", what, c)
		}
	}

	click.ActionID, click.Option = "snooze", "1h"
	if _, err := s.Click(t.Context(), click); err != nil {
		t.Fatal(err)
	}
	c = <-got
	if v := c.ActionCallback.BlockActions[0].SelectedOption.Value; v != "1h" {
		t.Errorf("selected option = %q, want 1h", v)
	}
	respond(t, s, c.ResponseURL)
}

// respond checks what a response_url does, and that it wears out.
func respond(t *testing.T, s *slack.Server, url string) {
	t.Helper()
	use := func(body string) int {
		resp, err := http.Post(url, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode
	}
	if code := use(`{"text":"only you","response_type":"ephemeral"}`); code != 200 {
		t.Errorf("ephemeral answer: %d", code)
	}
	if code := use(`{"text":"replaced","replace_original":true}`); code != 200 {
		t.Errorf("replace: %d", code)
	}
	all := s.Snapshot().Channel("bus-errors").Messages
	if all[0].Text != "replaced" || all[1].Ephemeral != "U0ANN" {
		t.Errorf("messages = %+v, want the first replaced, the second for ann only", all)
	}
	for range 3 {
		use(`{"text":"again"}`)
	}
	if code := use(`{"text":"sixth"}`); code != http.StatusNotFound {
		t.Errorf("sixth use: %d, want 404", code)
	}
}

func TestClickGivesUp(t *testing.T) {
	cfg := open()
	cfg.ClickPatience = 20 * time.Millisecond
	s, bot := serve(t, cfg)
	ts := withButton(t, bot)
	click := slack.Click{Channel: slack.ChannelID("bus-errors"), TS: ts, ActionID: "acknowledge", User: "U0ANN"}
	actions := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer actions.Close()
	for url, want := range map[string]string{
		"":                     "nobody listens",
		actions.URL + "/slow":  "no answer within 20ms",
		actions.URL + "/error": "status 500",
		"http://127.0.0.1:1/":  "refused",
	} {
		s.SendClicks(url, secret)
		if _, err := s.Click(t.Context(), click); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("click sent to %q: %v, want %q", url, err, want)
		}
	}
}

func TestWatchSeesEachChange(t *testing.T) {
	s, bot := serve(t, open())
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
	defer stop()
	go func() {
		for range 3 {
			_, _, _ = bot.PostMessageContext(ctx, "bus-errors", api.MsgOptionText("x", false))
		}
	}()
	var last slack.Snapshot
	for last = range s.Watch(ctx) {
		if len(last.Channel("bus-errors").Roots()) == 3 {
			break
		}
	}
	if n := len(last.Channel("#bus-errors").Roots()); n != 3 {
		t.Errorf("last snapshot has %d messages, want 3", n)
	}
	if n := len(s.Changed(last.Rev - 1).Channel("bus-errors").Messages); n != 1 {
		t.Errorf("changed after the last but one: %d messages, want 1", n)
	}
	s.Clear()
	if snap := s.Snapshot(); snap.Cleared != snap.Rev || len(snap.Channels[0].Messages) != 0 {
		t.Errorf("after Clear: %+v", snap)
	}
	if _, err := json.Marshal(s.Snapshot()); err != nil {
		t.Error(err)
	}
}
