package slack_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	api "github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/emulator/slack"
)

func wantRefusal(t *testing.T, err error, code string) (hints []string) {
	t.Helper()
	refused, ok := errors.AsType[api.SlackErrorResponse](err)
	if !ok || refused.Err != code {
		t.Errorf("error = %v, want Slack's %s", err, code)
	}
	return refused.ResponseMetadata.Messages
}

func TestUnknownChannels(t *testing.T) {
	strict := open()
	strict.Strict = true
	_, bot := serve(t, strict)
	_, _, err := bot.PostMessageContext(t.Context(), "#nowhere", api.MsgOptionText("x", false))
	wantRefusal(t, err, "channel_not_found")

	s, bot := serve(t, open())
	if _, _, err := bot.PostMessageContext(t.Context(), "#milestones", api.MsgOptionText("x", false)); err != nil {
		t.Errorf("post to a new name: %v, want the channel to be made", err)
	}
	if n := len(s.Snapshot().Channel("milestones").Roots()); n != 1 {
		t.Errorf("messages in the new channel = %d, want 1", n)
	}
	_, _, err = bot.PostMessageContext(t.Context(), "C0123456789", api.MsgOptionText("x", false))
	wantRefusal(t, err, "channel_not_found")
	_, _, _, err = bot.UpdateMessageContext(t.Context(), "#bus-errors", "1.1", api.MsgOptionText("x", false))
	wantRefusal(t, err, "channel_not_found") // only chat.postMessage understands names
}

func TestLimits(t *testing.T) {
	_, bot := serve(t, open())
	mrkdwn := func(n int) *api.TextBlockObject {
		return &api.TextBlockObject{Type: "mrkdwn", Text: strings.Repeat("ä", n)}
	}
	plain := func(n int) *api.TextBlockObject {
		return &api.TextBlockObject{Type: "plain_text", Text: strings.Repeat("ä", n)}
	}
	section := func(n int) api.Block { return &api.SectionBlock{Type: "section", Text: mrkdwn(n)} }
	button := func(text, value int) api.Block {
		return api.NewActionBlock("", &api.ButtonBlockElement{
			Type: "button", ActionID: "a", Text: plain(text), Value: strings.Repeat("v", value),
		})
	}
	many := func(n int, b api.Block) []api.Block {
		var all []api.Block
		for range n {
			all = append(all, b)
		}
		return all
	}
	for _, tt := range []struct {
		name   string
		blocks []api.Block
		hint   string // "" is fine
	}{
		{"50 blocks", many(50, api.NewDividerBlock()), ""},
		{"51 blocks", many(51, api.NewDividerBlock()), "no more than 50 items"},
		{"section of 3000 runes", []api.Block{section(3000)}, ""},
		{"section of 3001 runes", []api.Block{section(3001)}, "[json-pointer:/blocks/0/text/text]"},
		{"empty section", []api.Block{section(0)}, "must be more than 0 characters"},
		{"header of 151", []api.Block{api.NewHeaderBlock(plain(151))}, "less than 151 characters"},
		{"header in mrkdwn", []api.Block{api.NewHeaderBlock(mrkdwn(1))}, "must be one of: plain_text"},
		{"field of 2001", []api.Block{&api.SectionBlock{Type: "section", Fields: []*api.TextBlockObject{mrkdwn(2001)}}}, "/fields/0/text"},
		{"button of 75", []api.Block{button(75, 2000)}, ""},
		{"button of 76", []api.Block{button(76, 1)}, "less than 76 characters"},
		{"value of 2001", []api.Block{button(1, 2001)}, "/elements/0/value"},
		{"empty context", []api.Block{api.NewContextBlock("")}, "/blocks/0/elements"},
		{"11 context elements", []api.Block{api.NewContextBlock("", mixed(11)...)}, "no more than 10 items"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := bot.PostMessageContext(t.Context(), "bus-errors", api.MsgOptionText("x", false), api.MsgOptionBlocks(tt.blocks...))
			if tt.hint == "" {
				if err != nil {
					t.Fatalf("error = %v, want none", err)
				}
				return
			}
			hints := wantRefusal(t, err, "invalid_blocks")
			if !strings.Contains(fmt.Sprint(hints), tt.hint) {
				t.Errorf("messages = %q, want one with %q", hints, tt.hint)
			}
		})
	}
	_, _, err := bot.PostMessageContext(t.Context(), "bus-errors",
		api.MsgOptionAttachments(api.Attachment{Blocks: api.Blocks{BlockSet: []api.Block{section(3001)}}}))
	hints := wantRefusal(t, err, "invalid_blocks")
	if !strings.Contains(fmt.Sprint(hints), "/attachments/0/blocks/0/text/text") {
		t.Errorf("messages = %q, want the place in the attachment", hints)
	}
}

func mixed(n int) []api.MixedElement {
	var all []api.MixedElement
	for range n {
		all = append(all, api.NewTextBlockObject("mrkdwn", "x", false, false))
	}
	return all
}

func TestBadCalls(t *testing.T) {
	s := slack.New(open())
	ts := httptest.NewServer(s)
	defer ts.Close()
	channel := slack.ChannelID("bus-errors")
	for _, tt := range []struct {
		name, method, kind, body, want string
	}{
		{"no token", "chat.postMessage", "application/json", `{"channel":"` + channel + `","text":"x"}`, `"error":"not_authed"`},
		{"wrong token", "auth.test", "application/x-www-form-urlencoded", "token=xoxb-other", `"error":"invalid_auth"`},
		{"unknown method", "chat.shout", "application/x-www-form-urlencoded", "token=" + token, `"error":"unknown_method"`},
		{"garbage JSON", "chat.postMessage", "application/json", `{"channel`, `"error":"invalid_form_data"`},
		{"garbage blocks", "chat.postMessage", "application/x-www-form-urlencoded", "token=" + token + "&channel=" + channel + "&blocks=%5B", `"error":"invalid_blocks_format"`},
		{"nothing to say", "chat.postMessage", "application/x-www-form-urlencoded", "token=" + token + "&channel=" + channel, `"error":"no_text"`},
		{"bad metadata", "chat.postMessage", "application/x-www-form-urlencoded", "token=" + token + "&text=x&metadata=3&channel=" + channel, `"error":"invalid_metadata_format"`},
		{"long update", "chat.update", "application/x-www-form-urlencoded", "token=" + token + "&ts=1.1&channel=" + channel, `"error":"message_not_found"`},
		{"too large", "chat.postMessage", "application/json", `{"text":"` + strings.Repeat("x", 5<<20) + `"}`, `"error":"request_too_large"`},
		{"JSON with objects", "chat.postMessage", "application/json; charset=utf-8", `{"token":"` + token + `","channel":"` + channel + `","text":"x","blocks":[{"type":"divider"}]}`, `"ok":true`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, err := http.Post(ts.URL+"/api/"+tt.method, tt.kind, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			var b strings.Builder
			if err := resp.Write(&b); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.String(), tt.want) || resp.Header.Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("answer = %s\nwant %s", b.String(), tt.want)
			}
		})
	}
}

// A bot may send any JSON as blocks: the answer is a refusal or a message,
// never a crash.
func FuzzBlocks(f *testing.F) {
	f.Add(`[{"type":"section","text":{"type":"mrkdwn","text":"x"}}]`)
	f.Add(`[{"type":"actions","elements":[{"type":"overflow","options":[null]},3,{"type":"button","confirm":[]}]}]`)
	f.Add(`[{"type":"rich_text","elements":[{"type":"rich_text_list"}]},null,[]]`)
	f.Fuzz(func(t *testing.T, blocks string) {
		s := slack.New(open())
		for _, field := range []string{"blocks", "attachments", "metadata"} {
			r := httptest.NewRequest(http.MethodPost, "/api/chat.postMessage", nil)
			r.PostForm = map[string][]string{"token": {token}, "text": {"x"}, "channel": {"bus-errors"}, field: {blocks}}
			r.Form = r.PostForm
			s.ServeHTTP(httptest.NewRecorder(), r)
		}
		for _, m := range s.Snapshot().Channel("bus-errors").Roots() {
			if _, err := s.Click(t.Context(), slack.Click{Channel: slack.ChannelID("bus-errors"), TS: m.TS, ActionID: "a", User: "U0ANN"}); err == nil {
				t.Error("a click with no actions URL went well")
			}
		}
	})
}
