package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

func failuresListCommand() *cobra.Command {
	var f filter
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List failed messages, the oldest of each source first",
		Example: "  busbell failures list\n  busbell failures list --type OrderPlaced --older-than 2h\n  busbell failures list --json | jq -r .fingerprint | sort | uniq -c",
		Args:    nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd, time.Now()); err != nil {
				return err
			}
			return listFailures(cmd, operator.New(os.LookupEnv), &f, asJSON)
		},
	}
	f.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line for each message")
	return cmd
}

// listFailures lists what lies in all sources.
func listFailures(cmd *cobra.Command, o *operator.Tools, f *filter, asJSON bool) error {
	w, end, err := watched(o)
	if err != nil {
		return err
	}
	defer end()
	out := newOutput(cmd, w.Masker, asJSON, false)
	b := bystander{watch: w, stderr: cmd.ErrOrStderr()}
	var wrong []error
	if err := o.Find(cmd.Context(), w); err != nil {
		wrong = append(wrong, err)
	}
	read, unread := b.list(cmd.Context(), out, f)
	wrong = append(wrong, unread...)
	if !asJSON && read+out.count > 0 { // else it is not known
		line := fmt.Sprintf("%s of %s in %s.", plural(out.count, "failed message"), plural(len(out.problems), "kind"), plural(read, "source"))
		if out.count == 0 {
			line = fmt.Sprintf("No such failed message in %s.", plural(read, "source"))
		}
		wrong = append(wrong, out.text(func(t *text) { t.line("%s", line) }))
	}
	return errors.Join(wrong...)
}

// mostAway is how many sources in a row may find nobody who answers; until one
// has been answered, the first is enough.
const mostAway = 2

// list lists one source after the other, and returns how many could be read.
// One that cannot be read does not stop the others.
func (b bystander) list(ctx context.Context, out *output, f *filter) (read int, wrong []error) {
	away := mostAway - 1
	for i, place := range b.watch.Sources {
		err := b.listOne(ctx, out, f, place)
		if err == nil {
			read++
		} else {
			wrong = append(wrong, err)
		}
		if away++; !errors.Is(err, message.ErrAway) {
			away = 0
		}
		if left := len(b.watch.Sources) - i - 1; left > 0 && (ctx.Err() != nil || away == mostAway) {
			return read, append(wrong, fmt.Errorf("%s not read", plural(left, "further source")))
		}
	}
	return read, wrong
}

// listOne lists what lies in one source.
func (b bystander) listOne(ctx context.Context, out *output, f *filter, place source.Source) error {
	titled := out.asJSON
	return b.each(ctx, place, func(m *message.Message, x errorqueue.Explanation) error {
		if !f.wants(m, x) {
			return nil
		}
		out.count++
		out.problems[x.Fingerprint] = true
		if out.asJSON {
			return out.json(out.lying(place, m, x))
		}
		return out.text(func(t *text) {
			if !titled {
				t.line("%s", place.Label())
				titled = true
			}
			t.listed(m, x)
		})
	})
}

// watched is a watch over the sources of busbell.yaml, connected.
func watched(o *operator.Tools) (w *errorqueue.Watch, end func(), err error) {
	if _, found, err := o.Config(); err == nil && !found {
		return nil, nil, errors.New("no busbell.yaml here, so nothing says where to look; set BUSBELL_CONFIG to its path, or run this in its folder")
	}
	if w, err = o.Watch(); err != nil {
		return nil, nil, err
	}
	if end, err = o.Connect(w); err != nil {
		return nil, nil, err
	}
	return w, end, nil
}

// lying is a message of a source as JSON.
func (v view) lying(place source.Source, m *message.Message, x errorqueue.Explanation) lyingRecord {
	return lyingRecord{
		record: v.record(x), Source: place.Label(), SequenceNumber: m.SequenceNumber,
		Identity: fact(x.Shown.Identity), EnqueuedAt: moment(m.EnqueuedAt),
	}
}

// listed writes a failure in one line.
func (t *text) listed(m *message.Message, x errorqueue.Explanation) {
	f := x.Shown
	what := triage.ShortType(f.MessageType, "a message")
	if f.FailingQueue != "" {
		what += " in " + f.FailingQueue
	}
	typ, msg := f.Cause()
	if why := strings.TrimSpace(triage.ShortType(typ, f.Reason)); why != "" {
		what += ": " + why
	}
	if message := strings.Join(strings.Fields(cmp.Or(msg, f.ExceptionMessage)), " "); message != "" {
		what += " – " + shortened(message, 100)
	}
	at := ""
	if !f.FailedAt.IsZero() {
		at = f.FailedAt.UTC().Format(time.DateTime)
	}
	t.line("  %8d  %-19s  %s  %s", m.SequenceNumber, at, x.Fingerprint, what)
}

// shortened is the beginning of a text, by characters.
func shortened(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}
