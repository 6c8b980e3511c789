package errorqueue_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/triage"
)

func TestExplainingSaysWhatAPassThenSays(t *testing.T) {
	cfg := triage.Config{
		Page:   []triage.PageRule{{When: `incident.count >= 3`, Priority: "P2"}, {When: `incident.count >= 1`, Priority: "P3"}},
		Routes: []triage.Route{{When: `failure.exceptionType == "Shop.CardExpired"`, Slack: setting.Slack{Channel: "#cards"}, Also: true}},
	}
	d := newDriverWith(t, cfg)
	q := d.queues["error"]
	q.fail(3, "OrderPlaced", "CardExpired")
	q.fail(1, "CustomerMoved", "AddressUnknown")
	x := d.Explainer(d.Sources[0])
	for i := range q.messages {
		x.Count(&q.messages[i])
	}
	var explained []string
	for _, p := range x.Problems() {
		for _, n := range p.Notices {
			explained = append(explained, told(n))
		}
	}
	if len(d.chat.said)+len(d.pager.said) > 0 {
		t.Fatal("explaining told somebody")
	}
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, n := range slices.Concat(d.chat.said, d.pager.said) {
		said = append(said, told(n))
	}
	slices.Sort(said)
	slices.Sort(explained)
	if diff := cmp.Diff(said, explained); diff != "" {
		t.Errorf("said by a pass (-), explained (+):\n%s", diff)
	}
	if len(explained) < 5 {
		t.Errorf("explained only %q", explained)
	}
}

func told(n notify.Notice) string {
	return n.Channel + " " + n.To + " " + string(n.Act) + " " + n.Priority + " " + n.Headline.Plain()
}

func TestAVerdictSaysWhichRuleCounts(t *testing.T) {
	over := setting.Date{}
	if err := over.UnmarshalText([]byte("2020-12-31")); err != nil {
		t.Fatal(err)
	}
	d := newDriverWith(t, triage.Config{
		Page: []triage.PageRule{
			{When: `failure.messageType == "Shop.Else"`, Priority: "P1"},
			{When: `incident.count == 1`, Priority: "P2"},
			{When: `true`, Priority: "P3"},
		},
		Ignore: []triage.IgnoreRule{
			{When: `failure.failingQueue == "shop.billing"`, Until: over, Because: "old"},
			{When: `source.name == "error"`, Because: "known"},
		},
		Fingerprints: []triage.FingerprintRule{{When: `true`, By: `failure.exceptionType`}},
		Links:        []triage.Link{{Text: "Trace", URL: "https://portal.example/{failure.traceId}"}},
	})
	q := d.queues["error"]
	q.fail(1, "OrderPlaced", "CardExpired")
	x := d.Explainer(d.Sources[0]).Explain(&q.messages[0])
	var got []string
	for _, r := range x.Rules {
		sign := "·"
		if r.Holds && r.WhyNot == "" {
			sign = "✓"
		}
		line := sign + " " + r.Rule + " " + r.Effect
		if r.WhyNot != "" {
			line += " (" + r.WhyNot + ")"
		}
		got = append(got, line)
	}
	want := []string{
		`✓ watch.fingerprints[0] by failure.exceptionType, which is "Shop.CardExpired"`,
		`· watch.ignore[0] silence: old (until 2020-12-31, which is over)`,
		`✓ watch.ignore[1] silence: known`,
		`· watch.page[0] page P1`,
		`✓ watch.page[1] page P2`,
		`· watch.page[2] page P3 (watch.page[1] comes first)`,
		`· watch.links[0] Trace (its address lacks a value)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if x.Silence.Why != incident.Ignored || len(x.Notices) > 0 {
		t.Errorf("silence %+v, notices %v", x.Silence, x.Notices)
	}
	if x.Failure.ExceptionMessage != "no luck for ann@shop.example" || x.Shown.ExceptionMessage != "no luck for [e-mail]" {
		t.Errorf("understood %q, shown %q", x.Failure.ExceptionMessage, x.Shown.ExceptionMessage)
	}
}
