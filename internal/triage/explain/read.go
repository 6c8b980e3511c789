package explain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/source"
)

// A Reader reads the messages of sources, explains them, and takes none away.
type Reader struct {
	Open      func(source.Source) source.Peeker
	Explainer func(source.Source) *Explainer
	Progress  io.Writer // is told how far a long read has come
}

// What is held of a source before anything of it is explained: rules ask how
// many messages there are of one kind. Of a deeper source the first so many
// are counted, and each further one as it comes.
const (
	maxHeld      = 10_000
	maxHeldBytes = 64 << 20
)

// Each yields every message of a source with its explanation, the oldest first.
func (r Reader) Each(ctx context.Context, at source.Source, yield func(*message.Message, Explanation) error) error {
	x := r.Explainer(at)
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
	err := r.peek(ctx, at, 0, func(m message.Message) error {
		x.Count(&m)
		if !holding {
			return yield(&m, x.Explain(&m))
		}
		held, bytes = append(held, m), bytes+message.Size(&m)
		if len(held) < maxHeld && bytes < maxHeldBytes {
			return nil
		}
		return release()
	})
	if stopped := release(); stopped != nil {
		return stopped
	}
	return err
}

// maxAway is how many sources in a row may be unreachable before the others are
// not tried; until one has been reached, it is one.
const maxAway = 2

// All yields the messages of one source after the other, and returns how many
// sources were read. One that cannot be read does not stop the others.
func (r Reader) All(ctx context.Context, sources []source.Source, yield func(source.Source, *message.Message, Explanation) error) (read int, wrong []error) {
	away := maxAway - 1
	for i, at := range sources {
		err := r.Each(ctx, at, func(m *message.Message, x Explanation) error { return yield(at, m, x) })
		if err == nil {
			read++
		} else {
			wrong = append(wrong, err)
		}
		if away++; !errors.Is(err, message.ErrAway) {
			away = 0
		}
		if left := len(sources) - i - 1; left > 0 && (ctx.Err() != nil || away == maxAway) {
			return read, append(wrong, fmt.Errorf("%s not read", Plural(left, "further source")))
		}
	}
	return read, wrong
}

// Problems explains each kind of message in a source by the newest of it.
func (r Reader) Problems(ctx context.Context, at source.Source) ([]Problem, error) {
	x := r.Explainer(at)
	err := r.peek(ctx, at, 0, func(m message.Message) error {
		x.Count(&m)
		return nil
	})
	return x.Problems(), err
}

var errFound = errors.New("found")

// One finds a message by its sequence number.
func (r Reader) One(ctx context.Context, at source.Source, number int64) (*message.Message, error) {
	var found *message.Message
	err := r.peek(ctx, at, number, func(m message.Message) error {
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
	return nil, fmt.Errorf("%s holds no message %d: it was taken away, or it lies elsewhere; run: busbell failures list", at.Label(), number)
}

// quiet is how long a read may take before it reports how far it is.
const quiet = 2 * time.Second

// peek reads a source from a sequence number on.
func (r Reader) peek(ctx context.Context, at source.Source, from int64, yield func(message.Message) error) error {
	n, reported := 0, time.Now()
	for m, err := range r.Open(at).Peek(ctx, from) {
		if err != nil {
			return err
		}
		if m.State == message.Scheduled {
			continue // it waits for its time, and has not failed
		}
		if err := yield(m); err != nil {
			return err
		}
		if n++; time.Since(reported) >= quiet {
			_, _ = fmt.Fprintf(r.Progress, "%s: %d messages read …\n", at.Label(), n) // nobody to tell
			reported = time.Now()
		}
	}
	return ctx.Err()
}
