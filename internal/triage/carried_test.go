package triage_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

var (
	dead = source.Source{Queue: "billing", DeadLetter: true}
	noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
)

func ofTenant(tenant, correlation string) message.Message {
	return message.Message{
		Entity: dead.Entity(), Subject: "Shop.OrderPlaced", EnqueuedAt: noon, SequenceNumber: 1, CorrelationID: correlation,
		Properties: map[string]any{"tenant": tenant, "region": "west", "secret": "x"},
	}
}

// asked is what the rules get to see when the message is gone.
func asked(t *testing.T, c triage.Config, m message.Message) (rules triage.Rules, g *triage.Group) {
	t.Helper()
	rules, err := triage.NewRules(c)
	if err != nil {
		t.Fatal(err)
	}
	masker, err := privacy.New(privacy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	triager := triage.Triage{Reader: failure.NewReader(failure.Config{}), Masker: masker, Rules: rules}
	f, groups := triager.Understand(&m, noon), triage.Groups{}
	g = groups.Add(rules.Fingerprint(f, dead), f, &m)
	triager.DropBodies(groups)
	if shown := triager.Shown(g.Failure); shown.Carried != nil {
		t.Error("what rules ask of the message would be shown")
	}
	return rules, g
}

func TestEveryKindOfRuleSeesHeadersAndMessage(t *testing.T) {
	for _, when := range []string{
		`headers["tenant"] == "north"`, `headers.tenant == "north"`, `"tenant" in headers && headers["ten" + "ant"] == "north"`,
		`message.correlationId == "north"`, `message.correlationId.startsWith("nor") && message.enqueuedAt > timestamp(0)`,
	} {
		c := triage.Config{
			Page:         []triage.PageRule{{When: when, Priority: "P1"}},
			Routes:       []triage.Route{{When: when, Slack: setting.Slack{Channel: "#north"}}},
			Ignore:       []triage.IgnoreRule{{When: when}},
			Fingerprints: []triage.FingerprintRule{{When: when, By: `headers["tenant"] + message.correlationId`}},
		}
		prints := map[string]bool{}
		for _, tenant := range []string{"north", "south"} {
			rules, g := asked(t, c, ofTenant(tenant, tenant))
			vars := triage.Vars(g.Failure, dead, condition.Incident{Count: 1})
			plain := g.Failure.Fingerprint(dead.Entity(), "")
			got := []bool{
				rules.Priority(vars) == "P1", rules.Targets(vars, incident.Target{To: "#errors"})[0].To == "#north",
				rules.Ignored(vars, noon).Why != "", g.Fingerprint != plain,
			}
			want := tenant == "north"
			if diff := cmp.Diff([]bool{want, want, want, want}, got); diff != "" {
				t.Errorf("%s, tenant %s: page, route, ignore, fingerprint (-want +got)\n%s", when, tenant, diff)
			}
			prints[g.Fingerprint] = true
		}
		if len(prints) != 2 {
			t.Errorf("%s: both tenants are one problem", when)
		}
	}
}

func TestOnlyWhatRulesNameOfAMessageIsKept(t *testing.T) {
	m := ofTenant(strings.Repeat("n", 5000), "c")
	for when, want := range map[string]*condition.Carried{
		`failure.handler == ""`:                    nil,
		`headers["tenant"] == "x"`:                 {Headers: map[string]string{"tenant": strings.Repeat("n", 2048)}},
		`headers["absent"] == "x"`:                 {Headers: map[string]string{}},
		`message.correlationId == "x"`:             {Headers: map[string]string{}, Message: condition.Message{CorrelationID: "c"}},
		`message.enqueuedAt > timestamp(0)`:        {Headers: map[string]string{}, Message: condition.Message{EnqueuedAt: noon}},
		`headers["region"] == "x" || "a" in ["b"]`: {Headers: map[string]string{"region": "west"}},
		`headers.exists(h, h == "x")`: {Headers: map[string]string{
			"tenant": strings.Repeat("n", 2048), "region": "west", "secret": "x",
		}},
	} {
		_, g := asked(t, triage.Config{Page: []triage.PageRule{{When: when, Priority: "P1"}}}, m)
		if diff := cmp.Diff(want, g.Failure.Carried); diff != "" {
			t.Errorf("%s (-want +got)\n%s", when, diff)
		}
	}
}

func TestAProblemKnownOnlyFromEarlierCarriesNothing(t *testing.T) {
	rules, g := asked(t, triage.Config{Page: []triage.PageRule{{When: `headers["tenant"] == "north" || message.correlationId == "north"`, Priority: "P1"}}}, ofTenant("north", "north"))
	g.Failure.Carried = nil // as of a ledger
	if p := rules.Priority(triage.Vars(g.Failure, dead, condition.Incident{})); p != "" {
		t.Errorf("priority %q, want none", p)
	}
}

func TestARuleSaysWhichHeaderItSaw(t *testing.T) {
	rules, g := asked(t, triage.Config{Page: []triage.PageRule{{When: `headers["tenant"] == "south" || headers["regoin"] == "west"`, Priority: "P1"}}}, ofTenant("north", ""))
	vars := triage.Vars(g.Failure, dead, condition.Incident{})
	var got []string
	for _, o := range rules.Try(vars, vars, noon)[0].Asked {
		got = append(got, o.String())
	}
	if diff := cmp.Diff([]string{`headers.tenant is "north"`, "no headers.regoin; known here: tenant"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestMistakesInWhatRulesAskOfAMessageHaveAPlace(t *testing.T) {
	problems := triage.Config{
		Sources:      []source.Source{dead},
		Slack:        setting.Slack{Channel: "#errors"},
		Page:         []triage.PageRule{{When: `message.tpye == "x"`, Priority: "P1"}},
		Routes:       []triage.Route{{When: `message.corelationId == "x"`, Slack: setting.Slack{Channel: "#north"}}},
		Ignore:       []triage.IgnoreRule{{When: `header["tenant"] == "x"`}},
		Fingerprints: []triage.FingerprintRule{{When: `true`, By: "message.framewrk"}},
		Links:        []triage.Link{{Text: "Tenant", URL: `https://portal.example/{headers.tenant}`}},
	}.Validate()
	var got []string
	for _, p := range problems {
		got = append(got, p.Path+": "+p.What+"; "+p.Cure)
	}
	want := []string{
		`page[0].when: message has no field "tpye"; did you mean "type"?`,
		`routes[0].when: message has no field "corelationId"; did you mean "correlationId"?`,
		`ignore[0].when: unknown name "header"; did you mean "headers"?`,
		`fingerprints[0].by: message has no field "framewrk"; did you mean "framework"?`,
		`links[0].url: headers is not known here; known here: failure, incident, source`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
