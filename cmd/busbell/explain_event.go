package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/triage/explain"
)

// explainEvent explains what the features make of one event.
func explainEvent(cmd *cobra.Command, o *operator.Tools, name string, asJSON bool) error {
	f, err := o.Features()
	if err != nil {
		return err
	}
	m, err := readMessage(cmd.InOrStdin(), name)
	if err != nil {
		return err
	}
	_, found, err := o.Config()
	if err != nil {
		return err
	}
	out := newOutput(cmd, f.Masker, asJSON, asJSON)
	if err := out.event(name, m, f.Explain(cmd.Context(), m)); err != nil {
		return err
	}
	return out.end(found)
}

// event prints one event.
func (o *output) event(title string, m *message.Message, x feature.Explanation) error {
	o.count++
	r := eventRecord(o.View, m, x)
	if o.asJSON {
		return o.json(r)
	}
	return o.text(func(t *explain.Text) {
		t.Line("%s\n", title)
		t.Row("event", cmp.Or(o.Mask(strings.Join(x.Types, "\n")), "of an unknown type"))
		t.Row("framework", string(m.Framework()))
		t.Row("identity", o.Mask(m.Identity()))
		t.Row("body", explain.Body(m))
		var lines []string
		for i, rule := range r.Rules {
			lines = append(lines, rule.Sign()+" "+rule.Rule+": "+x.Rules[i].Name)
			what := cmp.Or(x.Rules[i].When, "always")
			if !x.Rules[i].Typed {
				what = "wants " + x.Rules[i].Wants
			}
			lines = append(lines, "    "+what)
			if len(rule.Why) > 0 {
				lines = append(lines, "    "+strings.Join(rule.Why, " · "))
			}
		}
		t.Line("")
		t.Row("features", cmp.Or(strings.Join(lines, "\n"), "none: busbell.yaml names none"))
		t.Told(r.Say, "")
		t.Line("")
	})
}

// eventRecord is what may be seen of an event: nothing failed.
func eventRecord(v explain.View, m *message.Message, x feature.Explanation) explain.Record {
	r := explain.Record{Framework: m.Framework(), Rules: []explain.Rule{}, Say: explain.Sayings(x.Notices)}
	if len(x.Types) > 0 {
		r.MessageType = explain.Fact(v.Mask(x.Types[0]))
	}
	for _, rule := range x.Rules {
		holds := rule.Typed && rule.Holds
		r.Rules = append(r.Rules, explain.Rule{
			Rule: rule.Rule, Name: explain.Fact(rule.Name), Event: explain.Fact(rule.Wants), When: explain.Fact(rule.When),
			Matches: holds, Counts: holds, Why: whyFeature(v, rule),
		})
	}
	return r
}

func whyFeature(v explain.View, rule feature.Verdict) []string {
	if !rule.Typed {
		why := "another type"
		if rule.Cure != "" {
			why += "; " + rule.Cure
		}
		return []string{v.Mask(why)}
	}
	why := v.Because(rule.Trial, "")
	for _, o := range rule.Lacking {
		if line := v.Operand(o); !slices.Contains(why, line) {
			why = append(why, line)
		}
	}
	return why
}
