package errorqueue

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/source"
)

// maxWait is how long a message may wait in a queue of our own before that is a
// problem.
const maxWait = 15 * time.Minute

// maxWaitingMessages is how many messages of a queue of our own are read.
const maxWaitingMessages = 1000

// readOwnQueues reads our own queues, whose messages a function of ours
// receives. Its results have no groups: a message that waits has not failed.
func (w *Watch) readOwnQueues(ctx context.Context) []*scanResult {
	var results []*scanResult
	for _, queue := range w.OwnQueues {
		results = append(results, &scanResult{Result: scan.Result{Source: source.Source{Queue: queue}}, own: true})
	}
	var all errgroup.Group
	for _, r := range results {
		all.Go(func() error {
			r.oldest, r.Err = w.oldest(ctx, r.Source)
			r.Complete = r.Err == nil
			r.markImplied()
			return nil
		})
	}
	_ = all.Wait() // each reading holds its own error
	return results
}

// oldest is when the first message of a queue was enqueued that can be received.
func (w *Watch) oldest(ctx context.Context, source source.Source) (since time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, orDefault(w.PollTimeout, defaultPollTimeout))
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read %s: panic: %v", source.Entity(), r)
		}
	}()
	n := 0
	for m, err := range w.Open(source).Peek(ctx, 0) {
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
		return time.Time{}, fmt.Errorf("read %s: no answer within %s", source.Entity(), orDefault(w.PollTimeout, defaultPollTimeout))
	}
	return time.Time{}, nil
}
