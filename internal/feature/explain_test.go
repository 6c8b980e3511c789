package feature_test

import (
	"slices"
	"testing"

	"github.com/busbell/busbell/internal/feature"
)

func TestExplainingAnEventSaysWhatHandlingItThenSays(t *testing.T) {
	star := feature.Config{Name: "any event", Event: "Shop.*"}
	for _, body := range []string{`{"CustomerName":"Ada L.","Level":"Gold"}`, `{"Level":"Silver"}`, `<xml/>`} {
		c := &chat{}
		flow := newFlow(t, c, nil, reached, star)
		m := rebus("1", "Shop.Loyalty.CustomerLevelReached", body)
		var explained []string
		for _, n := range flow.Explain(t.Context(), m).Notices {
			explained = append(explained, n.To+": "+n.Headline.Plain())
		}
		if len(c.said) > 0 {
			t.Fatalf("explaining said %q", c.said)
		}
		if err := flow.Handle(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if slices.Sort(c.said); !slices.Equal(c.said, slices.Sorted(slices.Values(explained))) {
			t.Errorf("%s: said %q, explained %q", body, c.said, explained)
		}
	}
}

func TestAFeatureSaysWhyItDoesNotMatch(t *testing.T) {
	elsewhere := feature.Config{Name: "sales", Event: "Shop.Sales.CustomerLevelReached"}
	flow := newFlow(t, &chat{}, nil, elsewhere, reached)
	x := flow.Explain(t.Context(), rebus("1", "Shop.Loyalty.CustomerLevelReached", `{"level":"Gold","CustomerName":"Ada"}`))
	if len(x.Rules) != 2 || x.Body != nil {
		t.Fatalf("rules %+v, body %v", x.Rules, x.Body)
	}
	if r := x.Rules[0]; r.Typed || r.Rule != "features[0]" || r.Cure != `did you mean "Shop.Loyalty.CustomerLevelReached"?` {
		t.Errorf("of another type: %+v", r)
	}
	r := x.Rules[1]
	if !r.Typed || r.Holds || len(r.Asked) != 1 || r.Asked[0].String() != "no Level; did you mean level?" {
		t.Errorf("without its key: %+v", r)
	}
	if len(r.Lacking) != 1 || r.Lacking[0].String() != "no Level; did you mean level?" {
		t.Errorf("its words lack %v", r.Lacking)
	}
	if x := flow.Explain(t.Context(), rebus("1", "Shop.Else", "\x00")); x.Body == nil || x.Rules[1].Typed {
		t.Errorf("of a binary event: %+v", x)
	}
}
