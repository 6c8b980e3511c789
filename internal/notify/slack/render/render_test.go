package render

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/notify"
)

var update = flag.Bool("update", false, "write testdata/*.golden anew")

// hostile is what a message, a header or an exception may hold.
const hostile = "<!channel> <@U123> <https://evil.example|click> & *bold* _it_ ~no~ `code` ```fence``` @here #general " +
	"evil.example :tada:\n> quote\r\n\u202egnp.exe\u202c zero\u200bwidth \x1b[31m\x00 &lt;!here&gt; &amp;"

var goldens = map[string]notify.Notice{
	"opened":   opened(),
	"resolved": with(opened(), func(n *notify.Notice) { n.Act, n.State, n.Page = notify.Update, notify.Resolved, n.Key }),
	"acknowledged": with(opened(), func(n *notify.Notice) {
		n.State = notify.Acknowledged
		n.Actions = []notify.Action{{ID: "acknowledge", Label: "Acknowledge", Value: "incident/f00/1"}}
	}),
	"digest": {
		Act: notify.Post, State: notify.Open, Mention: "<!here>",
		Headline: notify.Text{notify.Ours("60 failures of 7 kinds")},
		Lines: []notify.Text{
			{notify.Ours("30 failed "), notify.Bold("OrderPlaced"), notify.Ours(" in "), notify.Bold("shop_billing")},
			{notify.Ours("9 failed "), notify.Bold("StockTaken"), notify.Ours(": "), notify.Foreign("> late")},
			{notify.Ours("… and 5 more")},
		},
		Footer: notify.Text{notify.Foreign("production"), notify.Ours(" · told together because: first seen")},
	},
	"milestone": {
		Act: notify.Post, State: notify.Milestone,
		Headline: notify.Text{notify.Ours(":trophy: *"), notify.Foreign("Ann & Bob"), notify.Ours("* reached "), notify.Foreign("Gold")},
	},
	"hostile": {
		Act: notify.Post, State: notify.Open, Mention: "<!everyone> " + hostile,
		Headline: notify.Text{notify.Ours("Failed "), notify.Bold(hostile), notify.Ours("x"), notify.Foreign(hostile)},
		Facts: []notify.Fact{
			{Name: "Short", Value: notify.Text{notify.Foreign("a_b <c> &amp;"), notify.Ours(" at "), notify.At(1_795_000_000)}},
			{Name: "Generic", Value: notify.Text{notify.Code("List`1")}},
			{Name: "Long", Value: notify.Text{notify.Foreign(hostile)}},
			{Name: "Empty", Value: notify.Text{notify.Foreign("\u200b\x00")}},
		},
		Lines: []notify.Text{
			{notify.Foreign("> " + hostile)},
			{{Foreign: "a|b>c", URL: "https://example.org/t?a=1&b=<x>|y"}, notify.Ours(" "), {Ours: "bad", URL: "javascript:alert(1)"}},
		},
		Trace:  hostile + "\n" + strings.Repeat("   at Shop.Billing.Charge()\n", 20),
		Footer: notify.Text{notify.Foreign(hostile)},
	},
}

func opened() notify.Notice {
	return notify.Notice{
		Key: "incident/f00/1@slack:#bus-errors", Origin: notify.Origin{Environment: "shop", Ledger: "LEDGER"}, Channel: "slack", To: "#bus-errors", Act: notify.Post,
		Reason: "first seen", Subject: "incident/f00/1", State: notify.Open, Mention: "<!subteam^S0123>",
		Headline: notify.Text{notify.Ours("3 failed "), notify.Bold("OrderPlaced"), notify.Ours(" in "), notify.Bold("shop.billing")},
		Facts: []notify.Fact{
			{Name: "Exception", Value: notify.Text{notify.Foreign("Shop.CardExpired")}},
			{Name: "Our code", Value: notify.Text{notify.Code("Shop.Billing.Charge`1")}},
			{Name: "First failed", Value: notify.Text{notify.At(1_795_000_000)}},
		},
		Trace:  "Shop.CardExpired: declined\n   at Shop.Billing.Charge()",
		Footer: notify.Text{notify.Ours("told because: first seen")},
	}
}

func with(n notify.Notice, change func(*notify.Notice)) notify.Notice {
	change(&n)
	return n
}

func TestGolden(t *testing.T) {
	for name, n := range goldens {
		t.Run(name, func(t *testing.T) {
			m := Notice(n)
			raw, err := json.MarshalIndent(map[string]any{"text": m.text, "color": m.colour, "blocks": m.blocks}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", "\u200b", `\u200b`).Replace(string(raw)) + "\n"
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

func TestStateHasSignAndWord(t *testing.T) {
	for _, tt := range []struct {
		state    notify.State
		headline string
		want     string
	}{
		{notify.Open, "3 failed", ":red_circle: 3 failed"},
		{notify.Acknowledged, "3 failed", ":large_orange_circle: Acknowledged: 3 failed"},
		{notify.Snoozed, "3 failed", ":zzz: Snoozed: 3 failed"},
		{notify.Resolved, "3 failed", ":white_check_mark: Resolved: 3 failed"},
		{notify.Resolved, "Resolved: 3 failed", ":white_check_mark: Resolved: 3 failed"},
		{notify.Milestone, "first order", ":tada: first order"},
		{notify.Milestone, ":trophy: first order", ":trophy: first order"},
		{notify.Unreadable, "Cannot read error", ":black_circle: Cannot read error"},
		{"", "hello", "hello"},
		{notify.Open, "", ":red_circle: Busbell: first seen"},
	} {
		n := notify.Notice{Act: notify.Post, State: tt.state, Reason: "first seen", Headline: notify.Text{notify.Ours(tt.headline)}}
		if got := Headline(n); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.state, got, tt.want)
		}
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("日<&>`"+hostile, 500)
	n := opened()
	n.Headline, n.Footer, n.Trace = notify.Text{notify.Code(long)}, notify.Text{notify.Foreign(long)}, long
	for range 80 {
		n.Facts = append(n.Facts,
			notify.Fact{Name: strings.Repeat("name", 100), Value: notify.Text{notify.Foreign(long)}},
			notify.Fact{Name: "short", Value: notify.Text{notify.Ours("1")}})
		n.Lines = append(n.Lines, notify.Text{notify.Foreign(long)})
		n.Actions = append(n.Actions, notify.Action{ID: long, Label: long, Value: long})
	}
	for _, act := range []notify.Act{notify.Post, notify.Reply} {
		n.Act = act
		checkLimits(t, Notice(n))
	}
}

// checkLimits holds a message against what Slack takes.
func checkLimits(t *testing.T, m Message) {
	t.Helper()
	most := func(what, s string, limit int) {
		if got := utf8.RuneCountInString(s); got == 0 || got > limit || !utf8.ValidString(s) {
			t.Errorf("%s has %d runes, want 1 to %d", what, got, limit)
		}
	}
	most("text", m.text, maxHeadline+100)
	if len(m.blocks) > 50 {
		t.Errorf("%d blocks", len(m.blocks))
	}
	for _, b := range m.blocks {
		switch b := b.(type) {
		case *slack.SectionBlock:
			if b.Text != nil {
				most("section", b.Text.Text, 3000)
			}
			if b.Text == nil && len(b.Fields) == 0 || len(b.Fields) > 10 {
				t.Errorf("%d fields", len(b.Fields))
			}
			for _, f := range b.Fields {
				most("field", f.Text, 2000)
			}
		case *slack.RichTextBlock:
			text := b.Elements[0].(*slack.RichTextPreformatted).Elements[0].(*slack.RichTextSectionTextElement).Text
			most("trace", text, 3000)
		case *slack.ContextBlock:
			most("footer", b.ContextElements.Elements[0].(*slack.TextBlockObject).Text, 3000)
		case *slack.ActionBlock:
			if len(b.Elements.ElementSet) > 25 {
				t.Errorf("%d buttons", len(b.Elements.ElementSet))
			}
			for _, e := range b.Elements.ElementSet {
				button := e.(*slack.ButtonBlockElement)
				most("label", button.Text.Text, 75)
				most("value", button.Value, 2000)
				most("action", button.ActionID, 255)
			}
		default:
			t.Errorf("unexpected block %T", b)
		}
	}
}
