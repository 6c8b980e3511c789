package main

import (
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/triage/explain"
)

// An output prints explanations, for people or as JSON.
type output struct {
	explain.View
	asJSON bool
	out    io.Writer

	count    int             // messages that were explained
	problems map[string]bool // fingerprints
	matched  map[string]bool // rules, and whether any message matched
}

func newOutput(cmd *cobra.Command, masker *privacy.Masker, asJSON, raw bool) *output {
	return &output{
		View: explain.View{Masker: masker, Raw: raw}, asJSON: asJSON, out: cmd.OutOrStdout(),
		problems: map[string]bool{}, matched: map[string]bool{},
	}
}

// failure prints one failed message, or the newest of several of its kind.
func (o *output) failure(title string, m *message.Message, x explain.Explanation, count int) error {
	o.count += count
	if x.Fingerprint != "" {
		o.problems[x.Fingerprint] = true
	}
	for _, rule := range x.Rules {
		o.matched[rule.Rule] = o.matched[rule.Rule] || rule.Holds
	}
	r := o.Record(m, x, count)
	if o.asJSON {
		return o.json(r)
	}
	return o.text(func(t *explain.Text) { t.Failure(title, r) })
}

// json prints one object in a line.
func (o *output) json(v any) error { return operator.WriteJSON(o.out, v) }

func (o *output) text(write func(*explain.Text)) error {
	var t explain.Text
	write(&t)
	_, err := io.WriteString(o.out, t.String())
	return err
}

// end says in the end what only all messages together tell.
func (o *output) end(config bool) error {
	if o.asJSON {
		return nil
	}
	return o.text(func(t *explain.Text) {
		if !config {
			t.Line("No busbell.yaml here, so no rules: set BUSBELL_CONFIG to its path, or run this in its folder.")
		}
		if o.count > 1 {
			t.Line("%d messages, %s.", o.count, explain.Plural(len(o.problems), "problem"))
		}
		for _, rule := range slices.Sorted(maps.Keys(o.matched)) {
			if !o.matched[rule] && o.count > 1 {
				t.Line("Never matched: %s", rule)
			}
		}
	})
}
