package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage/explain"
)

func failuresShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show SOURCE SEQUENCE",
		Short:   "Show one failed message, its headers and its trace",
		Example: "  busbell failures show error 48248",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage(cmd, "name the source and the sequence number, as failures list prints them")
			}
			number, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil || number < 0 {
				return usage(cmd, "%q is not a sequence number", args[1])
			}
			return showFailure(cmd, operator.New(os.LookupEnv), args[0], number, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as one JSON object")
	return cmd
}

func showFailure(cmd *cobra.Command, o *operator.Tools, name string, number int64, asJSON bool) error {
	r, err := readSource(cmd, o, name)
	if err != nil {
		return err
	}
	defer r.end()
	at, m, err := r.one(cmd.Context(), name, number)
	if err != nil {
		return err
	}
	x := r.Explainer(at).Explain(m)
	out := newOutput(cmd, r.masker, asJSON, false)
	if asJSON {
		return out.json(out.Lying(at, m, x))
	}
	return out.text(func(t *explain.Text) {
		record := out.Record(m, x, 1)
		t.Failure(fmt.Sprintf("%s, %d", at.Label(), number), record)
		t.Headers(out.View, m)
		t.Trace(record)
	})
}

// one finds a message by its sequence number, of which each source has its own.
func (r reading) one(ctx context.Context, name string, number int64) (at source.Source, m *message.Message, err error) {
	if len(r.sources) == 1 && r.unknown == nil {
		m, err = r.One(ctx, r.sources[0], number)
		return r.sources[0], m, err
	}
	wrong := []error{r.unknown}
	var held []string
	for _, s := range r.sources {
		found, err := r.One(ctx, s, number)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		at, m, held = s, found, append(held, s.Label())
	}
	switch {
	case len(held) == 0 && len(r.sources) == 0 && r.unknown == nil:
		return at, nil, fmt.Errorf("%s finds no source; is its name right, and is it there yet", name)
	case len(held) == 0:
		return at, nil, errors.Join(wrong...)
	case len(held) > 1:
		return at, nil, fmt.Errorf("%d of the sources that %s finds hold a message %d; name one of them: %s", len(held), name, number, strings.Join(held, ", "))
	}
	return at, m, nil
}
