package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/operator"
)

// explainSource explains what lies in a live source: for people each kind of
// failure by its newest, as JSON each message. It is masked either way.
func explainSource(cmd *cobra.Command, o *operator.Tools, name string, asJSON bool) error {
	cfg, found, err := o.Config()
	if err != nil {
		return err
	}
	b, place, end, err := bystanderAt(cmd, o, cfg, name)
	if err != nil {
		return err
	}
	defer end()
	out := newOutput(cmd, b.watch.Masker, asJSON, false)
	if asJSON {
		return b.each(cmd.Context(), place, func(m *message.Message, x errorqueue.Explanation) error { return out.failure("", m, x, 1) })
	}
	problems, failed := b.problems(cmd.Context(), place)
	for _, p := range problems {
		title := fmt.Sprintf("%s, %d", place.Label(), p.Newest.SequenceNumber)
		if p.Count > 1 {
			title += fmt.Sprintf(" and %s like it", plural(p.Count-1, "older message"))
		}
		if err := out.failure(title, &p.Newest, p.Explanation, p.Count); err != nil {
			return err
		}
	}
	if len(problems) == 0 && failed == nil {
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s holds no failed message.\n", place.Label())
		return err
	}
	return errors.Join(failed, out.end(found))
}
