package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/source"
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

func showFailure(cmd *cobra.Command, o *operator.Tools, source string, number int64, asJSON bool) error {
	cfg, _, err := o.Config()
	if err != nil {
		return err
	}
	b, place, end, err := bystanderAt(cmd, o, cfg, source)
	if err != nil {
		return err
	}
	defer end()
	m, err := b.one(cmd.Context(), place, number)
	if err != nil {
		return err
	}
	x := b.watch.Explainer(place).Explain(m)
	out := newOutput(cmd, b.watch.Masker, asJSON, false)
	if asJSON {
		return out.json(out.lying(place, m, x))
	}
	return out.text(func(t *text) {
		t.failure(fmt.Sprintf("%s, %d", place.Label(), number), m, x, 1)
		t.headers(m)
		t.trace(x)
	})
}

var errFound = errors.New("found")

// one finds a message by its sequence number.
func (b bystander) one(ctx context.Context, place source.Source, number int64) (*message.Message, error) {
	var found *message.Message
	err := b.peek(ctx, place, number, func(m message.Message) error {
		if m.SequenceNumber == number {
			found = &m
		}
		return errFound // or one behind it
	})
	switch {
	case found != nil:
		return found, nil
	case err != nil && !errors.Is(err, errFound):
		return nil, err
	}
	return nil, fmt.Errorf("%s holds no message %d: it was taken away, or it lies elsewhere; run: busbell failures list", place.Label(), number)
}

// mostHeader bounds what is shown of a header, in bytes.
const mostHeader = 120

// headers writes the application properties, masked. The long ones are told
// elsewhere.
func (t *text) headers(m *message.Message) {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(m.Properties)) {
		value := ""
		switch v := m.Properties[key].(type) {
		case nil:
			value = "(null)"
		case string:
			value = v
		case []byte:
			value = fmt.Sprintf("(%s)", plural(len(v), "byte"))
		case time.Time:
			value = v.UTC().Format(time.RFC3339Nano)
		default:
			value = fmt.Sprint(v)
		}
		if t.masker.Hidden() {
			value = "(hidden by privacy.text)"
		}
		// The name betrays a secret, too: "api-key: …".
		line := strings.Join(strings.Fields(t.masker.Sample(key+": "+value, len(key)+2+mostHeader)), " ")
		lines = append(lines, line)
	}
	t.row("headers", strings.Join(lines, "\n"))
	if len(lines) > 0 {
		t.line("")
	}
}

// trace writes the exception's text.
func (t *text) trace(x errorqueue.Explanation) {
	if x.Shown.Trace != "" {
		t.row("trace", x.Shown.Trace)
		t.line("")
	}
}
