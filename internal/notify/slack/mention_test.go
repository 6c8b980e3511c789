package slack_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	emulator "github.com/busbell/busbell/internal/emulator/slack"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/slack"
	"github.com/busbell/busbell/internal/setting"
)

// What a configuration may name is what Slack gets, no more and no less.
func TestEveryMentionThatIsAcceptedIsSent(t *testing.T) {
	s := emulator.New(emulator.Config{Channels: []string{"bus-errors"}, Strict: true})
	at := httptest.NewServer(s)
	defer at.Close()
	channel := slack.New(slack.Config{Token: "xoxb-0000-demo-0000", BaseURL: at.URL}, nil)
	for _, tt := range []struct {
		mention string
		want    string // "": refused, and nobody is mentioned
	}{
		{"<!subteam^S0123>", "<!subteam^S0123>"},
		{"<@U0123>", "<@U0123>"},
		{"<@W0123>", "<@W0123>"},
		{"<!here>", "<!here>"},
		{"<!channel>", "<!channel>"},
		{"<!everyone>", "<!everyone>"},
		{"<@U0123> <@U0456>", "<@U0123> <@U0456>"},
		{"<!subteam^S0123> <@U0123>\n<!here>\n", "<!subteam^S0123> <@U0123> <!here>"},
		{" \t<!here>", "<!here>"},
		{"<!here> <!here>", "<!here> <!here>"},
		{"<!subteam^S" + strings.Repeat("0", 30) + ">", "<!subteam^S" + strings.Repeat("0", 30) + ">"},
		{strings.Repeat("<@U0123> ", 20), strings.TrimSpace(strings.Repeat("<@U0123> ", 20))},
		{strings.Repeat("<@U0123> ", 21), ""},
		{"<!subteam^S" + strings.Repeat("0", 31) + ">", ""},
		{"<@U>", ""},
		{"<@u0123>", ""},
		{"<@C0123>", ""},
		{"@here", ""},
		{"<!here>,", ""},
		{"<!here><!channel>", ""},
		{"<!subteam^S0123|@all>", ""},
		{"<https://evil.example>", ""},
		{"U0123", ""},
	} {
		problems := setting.Slack{Mention: tt.mention}.Validate()
		if accepted := len(problems) == 0; accepted != (tt.want != "") {
			t.Errorf("%q: %v, want %q", tt.mention, problems, tt.want)
		}
		for _, p := range problems {
			if p.Path != "mention" || p.Cure == "" {
				t.Errorf("%q: %+v: no place or no cure", tt.mention, p)
			}
		}
		r, err := channel.Send(t.Context(), notify.Notice{
			Key: "page", To: "#bus-errors", Act: notify.Post, Headline: notify.Text{notify.Ours("3 failed")}, Mention: tt.mention,
		}, notify.Receipt{})
		if err != nil {
			t.Fatal(err)
		}
		want := strings.TrimSpace("3 failed " + tt.want)
		for _, m := range s.Snapshot().Channel("bus-errors").Roots() {
			if m.TS == r.ID && m.Text != want {
				t.Errorf("%q: sent %q, want %q", tt.mention, m.Text, want)
			}
		}
	}
}
