package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage/explain"
)

func failuresListCommand() *cobra.Command {
	var f filterFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List failed messages, the oldest of each source first",
		Example: "  busbell failures list\n  busbell failures list --type OrderPlaced --older-than 2h\n  busbell failures list --json | jq -r .fingerprint | sort | uniq -c",
		Args:    nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.filter(cmd, time.Now())
			if err != nil {
				return err
			}
			return listFailures(cmd, operator.New(os.LookupEnv), filter, asJSON)
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line for each message")
	return cmd
}

// listFailures lists what lies in all sources.
func listFailures(cmd *cobra.Command, o *operator.Tools, f explain.Filter, asJSON bool) error {
	r, err := readAll(cmd, o)
	if err != nil {
		return err
	}
	defer r.end()
	out := newOutput(cmd, r.masker, asJSON, false)
	titled := map[string]bool{}
	read, wrong := r.All(cmd.Context(), r.sources, func(at source.Source, m *message.Message, x explain.Explanation) error {
		if !f.Matches(m, x) {
			return nil
		}
		out.count++
		out.problems[x.Fingerprint] = true
		if asJSON {
			return out.json(out.Lying(at, m, x))
		}
		return out.text(func(t *explain.Text) {
			if !titled[at.Entity()] {
				t.Line("%s", at.Label())
				titled[at.Entity()] = true
			}
			t.Listed(out.Record(m, x, 1))
		})
	})
	wrong = append([]error{r.unknown}, wrong...)
	if !asJSON && read+out.count > 0 { // else it is not known
		line := fmt.Sprintf("%s of %s in %s.", explain.Plural(out.count, "failed message"), explain.Plural(len(out.problems), "kind"), explain.Plural(read, "source"))
		if out.count == 0 {
			line = fmt.Sprintf("No such failed message in %s.", explain.Plural(read, "source"))
		}
		wrong = append(wrong, out.text(func(t *explain.Text) { t.Line("%s", line) }))
	}
	return errors.Join(wrong...)
}
