package setting_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/setting"
)

func TestSuggestFindsWhatWasMeant(t *testing.T) {
	known := []string{"queue", "topic", "subscription", "deadLetter", "name"}
	for _, tt := range []struct{ word, want string }{
		{"ueue", `did you mean "queue"?`},
		{"deadletter", `did you mean "deadLetter"?`},
		{"subscripton", `did you mean "subscription"?`},
		{"Topic", `did you mean "topic"?`},
		{"banana", "known here: queue, topic, subscription, deadLetter, name"},
	} {
		if got := setting.Suggest(tt.word, known); got != tt.want {
			t.Errorf("Suggest(%q) = %s, want %s", tt.word, got, tt.want)
		}
	}
}

func TestUnderPutsANameInFront(t *testing.T) {
	got := setting.Under("watch", []setting.Problem{{Path: "page[1].when"}, {Path: ""}, {Path: "[2]"}})
	for i, want := range []string{"watch.page[1].when", "watch", "watch[2]"} {
		if got[i].Path != want {
			t.Errorf("path %d = %q, want %q", i, got[i].Path, want)
		}
	}
}

func TestASecretNeverPrints(t *testing.T) {
	const key = "xoxb-very-secret"
	s := setting.Secret(key)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).InfoContext(t.Context(), "x", "s", s, "in", struct{ S setting.Secret }{s})
	j, err := json.Marshal(map[string]any{"s": s, "in": struct{ S setting.Secret }{s}})
	if err != nil {
		t.Fatal(err)
	}
	all := log.String() + string(j) + fmt.Sprintf("%v %+v %#v %s %q %x", s, struct{ S setting.Secret }{s}, s, s, s, s)
	if strings.Contains(all, key) || strings.Contains(all, fmt.Sprintf("%x", key)) {
		t.Errorf("printed: %s", all)
	}
}

func TestSlackPlacesAreChecked(t *testing.T) {
	for _, tt := range []struct {
		slack setting.Slack
		path  string
		cure  string
	}{
		{setting.Slack{Channel: "#bus-errors", Mention: "<!subteam^S0123> <@U0123> <!here>"}, "", ""},
		{setting.Slack{Channel: "C0123ABC"}, "", ""},
		{setting.Slack{Channel: "#störungen"}, "", ""},
		{setting.Slack{}, "", ""},
		{setting.Slack{Channel: "Bus-Errors"}, "channel", `write "#bus-errors", in quotes`},
		{setting.Slack{Channel: "@anna"}, "channel", `write "#anna", in quotes`},
		{setting.Slack{Channel: "a b"}, "channel", `write its name like "#bus-errors", or its id`},
		{setting.Slack{Mention: "S0123"}, "mention", `write "<!subteam^S0123>"`},
		{setting.Slack{Mention: "@U0123"}, "mention", `write "<@U0123>"`},
		{setting.Slack{Mention: "@here"}, "mention", `write "<!here>"`},
		{setting.Slack{Mention: "<!here>,<@U0123>"}, "mention", `put a space between mentions, and nothing else: "<!here> <@U0123>"`},
		{setting.Slack{Mention: "<!here><@U0123>"}, "mention", `put a space between mentions, and nothing else: "<!here> <@U0123>"`},
		{setting.Slack{Mention: strings.Repeat("<@U0123> ", 21)}, "mention", `mention a group: "<!subteam^S0123>"`},
		{setting.Slack{Mention: "anna"}, "mention", `write a group as "<!subteam^S0123>", a person as "<@U0123>", or "<!here>"`},
	} {
		got := tt.slack.Validate()
		if tt.path == "" {
			if len(got) > 0 {
				t.Errorf("%+v: %v", tt.slack, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Path != tt.path || got[0].Cure != tt.cure {
			t.Errorf("%+v: %+v, want %s: %s", tt.slack, got, tt.path, tt.cure)
		}
	}
}

func TestTheOffsetOfAMentionIsItsOwn(t *testing.T) {
	_, problems := setting.ParseMentions("<!here>x <!here> here")
	if len(problems) != 2 || problems[0].Offset != 0 || problems[1].Offset != 17 {
		t.Errorf("%+v", problems)
	}
}
