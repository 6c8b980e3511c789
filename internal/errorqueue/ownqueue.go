package errorqueue

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/source"
)

// maxWait is how long a message may wait in a queue of our own before that is a
// problem.
const maxWait = 15 * time.Minute

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
			r.oldest, r.Err = scan.Oldest(ctx, r.Source, w.Open(r.Source), orDefault(w.PollTimeout, defaultPollTimeout))
			r.Complete = r.Err == nil
			r.markImplied()
			return nil
		})
	}
	_ = all.Wait() // each reading holds its own error
	return results
}
