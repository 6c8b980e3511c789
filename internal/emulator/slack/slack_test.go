package slack_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	api "github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/emulator/slack"
)

const token = "xoxb-emulator"

// serve starts a workspace and a bot in it.
func serve(t *testing.T, cfg slack.Config) (*slack.Server, *api.Client) {
	t.Helper()
	s := slack.New(cfg)
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return s, api.New(token, api.OptionAPIURL(ts.URL+"/api/"), api.OptionHTTPClient(client))
}

func open() slack.Config { return slack.Config{Token: token, Channels: []string{"#bus-errors"}} }

// post says text in #bus-errors and returns its ts.
func post(t *testing.T, bot *api.Client, opts ...api.MsgOption) string {
	t.Helper()
	_, ts, err := bot.PostMessageContext(t.Context(), slack.ChannelID("#bus-errors"), opts...)
	if err != nil {
		t.Fatalf("post: %v", err)
	}
	return ts
}

func TestPostedMessageIsKeptAsItWasSent(t *testing.T) {
	s, bot := serve(t, open())
	about := api.SlackMetadata{EventType: "incident", EventPayload: map[string]any{"key": "k1"}}
	section := api.NewSectionBlock(api.NewTextBlockObject("mrkdwn", "*Failed*", false, false), nil, nil)
	channel, ts, err := bot.PostMessageContext(t.Context(), "#bus-errors",
		api.MsgOptionText(":red_circle: 12 failed", false),
		api.MsgOptionAttachments(api.Attachment{Color: "#D00000", Blocks: api.Blocks{BlockSet: []api.Block{section}}}),
		api.MsgOptionMetadata(about))
	if err != nil {
		t.Fatal(err)
	}
	got := s.Snapshot().Channel("bus-errors").Roots()
	if len(got) != 1 || got[0].TS != ts || channel != slack.ChannelID("bus-errors") {
		t.Fatalf("roots = %+v, want one with ts %s", got, ts)
	}
	m := got[0]
	for what, has := range map[string]bool{
		"text":       m.Text == ":red_circle: 12 failed",
		"colour":     strings.Contains(string(m.Attachments), `"color":"#D00000"`),
		"section":    strings.Contains(string(m.Attachments), `*Failed*`),
		"block id":   strings.Contains(string(m.Attachments), `"block_id":"`),
		"metadata":   strings.Contains(string(m.Metadata), `"k1"`),
		"no edit":    m.EditCount == 0,
		"no thread":  m.ThreadTS == "",
		"call count": s.Snapshot().Calls["chat.postMessage"] == 1,
	} {
		if !has {
			t.Errorf("%s is not as it was sent: %+v", what, m)
		}
	}
}

func TestTimestampsNeverRepeat(t *testing.T) {
	still := time.Unix(1_700_000_000, 0)
	cfg := open()
	cfg.Now = func() time.Time { return still }
	_, bot := serve(t, cfg)
	var all []string
	for range 5 {
		all = append(all, post(t, bot, api.MsgOptionText("x", false)))
	}
	if !slices.IsSorted(all) || len(slices.Compact(all)) != 5 {
		t.Errorf("ts = %v, want five that rise", all)
	}
}

func TestUpdateKeepsWhatItLeavesOut(t *testing.T) {
	s, bot := serve(t, open())
	divider := api.MsgOptionBlocks(api.NewDividerBlock())
	ts := post(t, bot, api.MsgOptionText("one", false), divider,
		api.MsgOptionAttachments(api.Attachment{Color: "#111111", Text: "a"}),
		api.MsgOptionMetadata(api.SlackMetadata{EventType: "e", EventPayload: map[string]any{"key": "k"}}))
	channel := slack.ChannelID("bus-errors")
	if _, _, _, err := bot.UpdateMessageContext(t.Context(), channel, ts, api.MsgOptionText("two", false)); err != nil {
		t.Fatal(err)
	}
	m := s.Snapshot().Channel("bus-errors").Roots()[0]
	if m.Text != "two" || m.Blocks == nil || m.Attachments == nil || m.Metadata == nil {
		t.Errorf("after an update of the text: %+v, want blocks, attachments and metadata kept", m)
	}
	if len(m.Edits) != 1 || m.Edits[0].Text != "one" || m.EditCount != 1 {
		t.Errorf("edits = %+v, want the first version", m.Edits)
	}
	if _, _, _, err := bot.UpdateMessageContext(t.Context(), channel, ts, api.MsgOptionText("three", false), api.MsgOptionBlocks()); err != nil {
		t.Fatal(err)
	}
	if m := s.Snapshot().Channel("bus-errors").Roots()[0]; m.Blocks != nil {
		t.Errorf("blocks = %s after an update with an empty list, want none", m.Blocks)
	}
}

func TestThreads(t *testing.T) {
	s, bot := serve(t, open())
	root := post(t, bot, api.MsgOptionText("root", false))
	quiet := post(t, bot, api.MsgOptionText("quiet", false), api.MsgOptionTS(root))
	post(t, bot, api.MsgOptionText("nested", false), api.MsgOptionTS(quiet))
	post(t, bot, api.MsgOptionText("loud", false), api.MsgOptionTS(root), api.MsgOptionBroadcast())
	channel := slack.ChannelID("bus-errors")

	history, err := bot.GetConversationHistoryContext(t.Context(), &api.GetConversationHistoryParameters{ChannelID: channel})
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(history.Messages); !slices.Equal(got, []string{"loud", "root"}) {
		t.Errorf("history = %q, want the broadcast and the root, newest first", got)
	}
	if n := history.Messages[1].ReplyCount; n != 3 {
		t.Errorf("reply_count = %d, want 3", n)
	}
	replies, _, _, err := bot.GetConversationRepliesContext(t.Context(), &api.GetConversationRepliesParameters{ChannelID: channel, Timestamp: root})
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(replies); !slices.Equal(got, []string{"root", "quiet", "nested", "loud"}) {
		t.Errorf("replies = %q, want the root first, a reply to a reply in its thread", got)
	}
	if n := len(s.Snapshot().Channel("bus-errors").Replies(root)); n != 3 {
		t.Errorf("Replies = %d, want 3", n)
	}

	if _, _, err := bot.DeleteMessageContext(t.Context(), channel, root); err != nil {
		t.Fatal(err)
	}
	_, _, late, err := bot.PostMessageWithResponseContext(t.Context(), channel, api.MsgOptionText("late", false), api.MsgOptionTS(root))
	if err != nil {
		t.Fatal(err)
	}
	if late.ThreadTimestamp != "" {
		t.Errorf("thread_ts = %q of a reply to a deleted message, want none", late.ThreadTimestamp)
	}
	_, _, _, err = bot.UpdateMessageContext(t.Context(), channel, root, api.MsgOptionText("x", false))
	wantRefusal(t, err, "message_not_found")
}

func texts(list []api.Message) []string {
	var all []string
	for _, m := range list {
		all = append(all, m.Text)
	}
	return all
}

func TestHistoryPagesAndBounds(t *testing.T) {
	_, bot := serve(t, open())
	var ts []string
	for _, text := range []string{"a", "b", "c", "d", "e"} {
		ts = append(ts, post(t, bot, api.MsgOptionText(text, false)))
	}
	channel := slack.ChannelID("bus-errors")
	for _, tt := range []struct {
		name string
		ask  api.GetConversationHistoryParameters
		want []string
		more bool
	}{
		{"all", api.GetConversationHistoryParameters{}, []string{"e", "d", "c", "b", "a"}, false},
		{"limit", api.GetConversationHistoryParameters{Limit: 2}, []string{"e", "d"}, true},
		{"oldest, exclusive", api.GetConversationHistoryParameters{Oldest: ts[2]}, []string{"e", "d"}, false},
		{"oldest, inclusive", api.GetConversationHistoryParameters{Oldest: ts[2], Inclusive: true}, []string{"e", "d", "c"}, false},
		{"latest, exclusive", api.GetConversationHistoryParameters{Latest: ts[1]}, []string{"a"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.ask.ChannelID = channel
			got, err := bot.GetConversationHistoryContext(t.Context(), &tt.ask)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(texts(got.Messages), tt.want) || got.HasMore != tt.more {
				t.Errorf("got %q, more %t; want %q, %t", texts(got.Messages), got.HasMore, tt.want, tt.more)
			}
		})
	}
	first, err := bot.GetConversationHistoryContext(t.Context(), &api.GetConversationHistoryParameters{ChannelID: channel, Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	second, err := bot.GetConversationHistoryContext(t.Context(), &api.GetConversationHistoryParameters{
		ChannelID: channel, Limit: 3, Cursor: first.ResponseMetaData.NextCursor,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(second.Messages); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("second page = %q, want the rest", got)
	}
}

func TestMetadataPayloadIsGivenOnlyWhenAsked(t *testing.T) {
	_, bot := serve(t, open())
	post(t, bot, api.MsgOptionText("x", false),
		api.MsgOptionMetadata(api.SlackMetadata{EventType: "e", EventPayload: map[string]any{"key": "k"}}))
	for _, all := range []bool{false, true} {
		got, err := bot.GetConversationHistoryContext(t.Context(), &api.GetConversationHistoryParameters{
			ChannelID: slack.ChannelID("bus-errors"), IncludeAllMetadata: all,
		})
		if err != nil {
			t.Fatal(err)
		}
		m := got.Messages[0].Metadata
		if m.EventType != "e" || (m.EventPayload["key"] == "k") != all {
			t.Errorf("include_all_metadata=%t: metadata = %+v", all, m)
		}
	}
}

func TestFileGoesToItsThread(t *testing.T) {
	s, bot := serve(t, open())
	root := post(t, bot, api.MsgOptionText("root", false))
	trace := "System.Exception: no\n   at Shop.Billing.Charge()"
	f, err := bot.UploadFileContext(t.Context(), api.UploadFileParameters{
		Filename: "trace.txt", FileSize: len(trace), Content: trace,
		Channel: slack.ChannelID("bus-errors"), ThreadTimestamp: root, InitialComment: "whole trace",
	})
	if err != nil {
		t.Fatal(err)
	}
	replies, _, _, err := bot.GetConversationRepliesContext(t.Context(), &api.GetConversationRepliesParameters{
		ChannelID: slack.ChannelID("bus-errors"), Timestamp: root,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(replies) != 2 || len(replies[1].Files) != 1 || replies[1].Files[0].ID != f.ID {
		t.Errorf("replies = %+v, want the file %s in the thread", replies, f.ID)
	}
	if got, ok := s.File(f.ID); !ok || string(got) != trace {
		t.Errorf("File = %q, %t; want the trace", got, ok)
	}
}

func TestPeopleAndPlaces(t *testing.T) {
	cfg := open()
	cfg.Others = []string{"loyalty"}
	cfg.Groups = map[string][]string{"S0BILLING": {"U0ANN"}}
	_, bot := serve(t, cfg)
	ctx := t.Context()
	if who, err := bot.AuthTestContext(ctx); err != nil || who.UserID != slack.BotUserID || who.TeamID != slack.TeamID {
		t.Errorf("auth.test = %+v, %v", who, err)
	}
	if u, err := bot.GetUserInfoContext(ctx, "U0ANN"); err != nil || u.Profile.DisplayName != "ann" {
		t.Errorf("users.info = %+v, %v; want ann", u, err)
	}
	if g, err := bot.GetUserGroupMembersContext(ctx, "S0BILLING"); err != nil || !slices.Equal(g, []string{"U0ANN"}) {
		t.Errorf("usergroups.users.list = %v, %v", g, err)
	}
	list, next, err := bot.GetConversationsContext(ctx, &api.GetConversationsParameters{Limit: 1})
	if err != nil || len(list) != 1 || list[0].Name != "bus-errors" || !list[0].IsMember || next == "" {
		t.Errorf("conversations.list = %+v, %q, %v; want bus-errors and more", list, next, err)
	}
	_, _, err = bot.PostMessageContext(ctx, "loyalty", api.MsgOptionText("x", false))
	wantRefusal(t, err, "not_in_channel")
	if _, _, _, err := bot.JoinConversationContext(ctx, slack.ChannelID("loyalty")); err != nil {
		t.Fatal(err)
	}
	ch, ts, err := bot.PostMessageContext(ctx, "loyalty", api.MsgOptionText("x", false))
	if err != nil {
		t.Errorf("post after joining: %v", err)
	}
	if link, err := bot.GetPermalinkContext(ctx, &api.PermalinkParameters{Channel: ch, Ts: ts}); err != nil || !strings.Contains(link, ch) {
		t.Errorf("permalink = %q, %v", link, err)
	}
	if _, err := bot.PostEphemeralContext(ctx, ch, "U0BEN", api.MsgOptionText("only you", false)); err != nil {
		t.Errorf("ephemeral: %v", err)
	}
	if dm, _, _, err := bot.OpenConversationContext(ctx, &api.OpenConversationParameters{Users: []string{"U0BEN"}}); err != nil || dm.ID == "" {
		t.Errorf("conversations.open = %+v, %v", dm, err)
	}
	if info, err := bot.GetConversationInfoContext(ctx, &api.GetConversationInfoInput{ChannelID: ch}); err != nil || info.Name != "loyalty" {
		t.Errorf("conversations.info = %+v, %v", info, err)
	}
}
