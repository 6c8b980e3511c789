package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage/explain"
)

// explainSource explains what lies in a live source, or in all that match a
// pattern: for people each kind of failure by its newest, as JSON each message.
// It is masked either way.
func explainSource(cmd *cobra.Command, o *operator.Tools, name string, asJSON bool) error {
	r, err := readSource(cmd, o, name)
	if err != nil {
		return err
	}
	defer r.end()
	out := newOutput(cmd, r.masker, asJSON, false)
	if asJSON {
		_, wrong := r.All(cmd.Context(), r.sources, func(_ source.Source, m *message.Message, x explain.Explanation) error {
			return out.failure("", m, x, 1)
		})
		return errors.Join(append(wrong, r.unknown)...)
	}
	var wrong []error
	for _, at := range r.sources {
		problems, failed := r.Problems(cmd.Context(), at)
		wrong = append(wrong, failed)
		for _, p := range problems {
			title := fmt.Sprintf("%s, %d", at.Label(), p.Newest.SequenceNumber)
			if p.Count > 1 {
				title += fmt.Sprintf(" and %s like it", explain.Plural(p.Count-1, "older message"))
			}
			if err := out.failure(title, &p.Newest, p.Explanation, p.Count); err != nil {
				return err
			}
		}
		if len(problems) == 0 && failed == nil {
			wrong = append(wrong, out.text(func(t *explain.Text) { t.Line("%s holds no failed message.", at.Label()) }))
		}
	}
	if len(r.sources) == 0 && r.unknown == nil {
		return out.text(func(t *explain.Text) { t.Line("%s finds no source.", name) })
	}
	if out.count > 0 || errors.Join(wrong...) != nil {
		_, found, _ := o.Config()
		wrong = append(wrong, out.end(found))
	}
	return errors.Join(append(wrong, r.unknown)...)
}
