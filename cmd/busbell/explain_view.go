package main

import (
	"encoding/json"
	"io"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/privacy"
)

// A view says how much of a message may be seen.
type view struct {
	masker *privacy.Masker
	raw    bool // all of it: the operator's own file, for another program
}

// mostShown bounds what is shown of one value, in bytes.
const mostShown = 500

// mask is a text as it may be seen.
func (v view) mask(s string) string {
	if v.raw {
		return s
	}
	return v.masker.Sample(s, mostShown)
}

// operand is what a rule asked for, as it may be seen. Where texts are hidden,
// so are the message's own and its body's.
func (v view) operand(o condition.Operand) string {
	if !v.raw && !o.Missing && v.masker.Hidden() {
		root, field, _ := strings.Cut(o.Name, ".")
		if root == "event" || root == "headers" || field == "exceptionMessage" || field == "innerMessage" {
			return o.Name + " is hidden"
		}
	}
	return v.mask(o.String())
}

// An output prints explanations, for people or as JSON.
type output struct {
	view
	asJSON bool
	out    io.Writer

	count    int             // messages that were explained
	problems map[string]bool // fingerprints
	matched  map[string]bool // rules, and whether any message matched
}

func newOutput(cmd *cobra.Command, masker *privacy.Masker, asJSON, raw bool) *output {
	return &output{
		view: view{masker: masker, raw: raw}, asJSON: asJSON, out: cmd.OutOrStdout(),
		problems: map[string]bool{}, matched: map[string]bool{},
	}
}

// failure prints one failed message, or the newest of several of its kind.
func (o *output) failure(title string, m *message.Message, x errorqueue.Explanation, count int) error {
	o.count += count
	if x.Fingerprint != "" {
		o.problems[x.Fingerprint] = true
	}
	for _, rule := range x.Rules {
		o.matched[rule.Rule] = o.matched[rule.Rule] || rule.Holds
	}
	if o.asJSON {
		return o.json(o.record(x))
	}
	return o.text(func(t *text) { t.failure(title, m, x, count) })
}

// event prints one event.
func (o *output) event(title string, m *message.Message, x feature.Explanation) error {
	o.count++
	if o.asJSON {
		return o.json(o.view.event(m, x))
	}
	return o.text(func(t *text) { t.event(title, m, x) })
}

// json prints one object in a line.
func (o *output) json(v any) error {
	e := json.NewEncoder(o.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (o *output) text(write func(*text)) error {
	t := &text{view: o.view}
	write(t)
	_, err := io.WriteString(o.out, t.b.String())
	return err
}

// end says in the end what only all messages together tell.
func (o *output) end(config bool) error {
	if o.asJSON {
		return nil
	}
	return o.text(func(t *text) { t.end(o, config) })
}

// printable keeps what others wrote from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return '\ufffd'
		}
		return r
	}, s)
}
