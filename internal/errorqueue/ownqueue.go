package errorqueue

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/message"
)

// waitsLong is how long a message may wait in a queue of our own before
// something must be wrong.
const maxWait = 15 * time.Minute

// waitingLooks is how many messages of a queue of our own are looked at.
const maxWaitingMessages = 1000

// waits looks at our own queues, whose messages a function of ours takes.
// What it finds are readings without groups: a message that waits there has
// not failed.
func (w *Watch) readOwnQueues(ctx context.Context) []*scanResult {
	var readings []*scanResult
	for _, queue := range w.OwnQueues {
		readings = append(readings, &scanResult{source: Source{Queue: queue}, own: true})
	}
	var all errgroup.Group
	for _, r := range readings {
		all.Go(func() error {
			r.oldest, r.err = w.oldest(ctx, r.source)
			r.complete = r.err == nil
			r.markImplied()
			return nil
		})
	}
	_ = all.Wait() // each reading holds its own error
	return readings
}

// oldest is since when the first message of a queue waits that can be taken.
func (w *Watch) oldest(ctx context.Context, place Source) (since time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, orDefault(w.PollTimeout, defaultPollTimeout))
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read %s: panic: %v", place.Entity(), r)
		}
	}()
	n := 0
	for m, err := range w.Open(place).Peek(ctx, 0) {
		if err != nil {
			return time.Time{}, err
		}
		if n++; m.State == message.Active && m.Unreadable == "" {
			return m.EnqueuedAt, nil
		}
		if n == maxWaitingMessages {
			break
		}
	}
	if ctx.Err() != nil {
		return time.Time{}, fmt.Errorf("read %s: no answer within %s", place.Entity(), orDefault(w.PollTimeout, defaultPollTimeout))
	}
	return time.Time{}, nil
}
