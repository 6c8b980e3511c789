package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/source"
)

// A bystander looks at what lies in sources and takes nothing away.
type bystander struct {
	watch  *errorqueue.Watch
	stderr io.Writer // for progress
}

// bystanderAt is a bystander connected to the source of a name, until end is
// called. The name need not be one of busbell.yaml.
func bystanderAt(cmd *cobra.Command, o *operator.Tools, cfg config.Config, name string) (b bystander, place source.Source, end func(), err error) {
	if place, err = cfg.Source(name); err != nil {
		return b, place, nil, err
	}
	w, err := o.Watch()
	if err != nil {
		return b, place, nil, err
	}
	end, err = o.Connect(w)
	return bystander{watch: w, stderr: cmd.ErrOrStderr()}, place, end, err
}

// What is held of a source before anything of it is explained: rules ask how
// many messages there are of one kind. Of a deeper source the first so many
// are counted, and each further one as it comes.
const (
	mostHeld      = 10_000
	mostHeldBytes = 64 << 20
)

// each hands over every message of a place with its explanation, the oldest
// first.
func (b bystander) each(ctx context.Context, place source.Source, yield func(*message.Message, errorqueue.Explanation) error) error {
	x := b.watch.Explainer(place)
	var held []message.Message
	bytes, holding := 0, true
	release := func() error {
		for i := range held {
			if err := yield(&held[i], x.Explain(&held[i])); err != nil {
				return err
			}
		}
		held, holding = nil, false
		return nil
	}
	err := b.peek(ctx, place, 0, func(m message.Message) error {
		x.Count(&m)
		if !holding {
			return yield(&m, x.Explain(&m))
		}
		held, bytes = append(held, m), bytes+message.Size(&m)
		if len(held) < mostHeld && bytes < mostHeldBytes {
			return nil
		}
		return release()
	})
	if stopped := release(); stopped != nil {
		return stopped
	}
	return err
}

// problems explains each kind of message in a place by the newest of it.
func (b bystander) problems(ctx context.Context, place source.Source) ([]errorqueue.Problem, error) {
	x := b.watch.Explainer(place)
	err := b.peek(ctx, place, 0, func(m message.Message) error {
		x.Count(&m)
		return nil
	})
	return x.Problems(), err
}

// pause is how long nothing is said of a long read.
const pause = 2 * time.Second

// peek reads a place from a sequence number on and says on stderr how far it
// is, when that takes long.
func (b bystander) peek(ctx context.Context, place source.Source, from int64, yield func(message.Message) error) error {
	n, said := 0, time.Now()
	for m, err := range b.watch.Open(place).Peek(ctx, from) {
		if err != nil {
			return err
		}
		if m.State == message.Scheduled {
			continue // it waits for its time, and has not failed
		}
		if err := yield(m); err != nil {
			return err
		}
		if n++; time.Since(said) >= pause {
			_, _ = fmt.Fprintf(b.stderr, "%s: %d messages read …\n", place.Label(), n) // nobody to tell
			said = time.Now()
		}
	}
	return ctx.Err()
}
