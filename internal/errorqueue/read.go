package errorqueue

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A scanResult is what is known of one source after a pass.
type scanResult struct {
	source   source.Source
	implied  bool          // the source is not configured, see [source.Implied]
	groups   triage.Groups // of an incomplete scan never all that the source holds
	messages int           // failures read in this pass

	// complete says that a full scan ended in this pass, and that where it
	// missed something another receiver confirmed it: what it does not mention
	// is gone. An incomplete result says nothing about what it does not mention,
	// and there may be more than it counts.
	complete bool

	// late says that failures may have come that no pass has read yet.
	late bool

	err error // why the source could not be read as far as intended

	own      bool            // it is a queue of our own, of which only oldest was read
	oldest   time.Time       // when its oldest message was enqueued
	problems []*triage.Group // what keeps its failures from being seen

	progress progress // to be saved for the next pass
}

// named are the results of configured sources.
func named(results []*scanResult) []*scanResult {
	var found []*scanResult
	for _, r := range results {
		if !r.implied {
			found = append(found, r)
		}
	}
	return found
}

// defaultConnections is how many sources are polled concurrently.
const defaultConnections = 8

// readAll scans all sources, a bounded number at a time on one connection. Each
// source is polled once before any is polled again, and each pass begins with
// another one: if the time is too short for all, the same source is not always
// the last.
func (w *Watch) readAll(ctx context.Context, to sourceSet, known map[string]incident.Stored, saved map[string]progress) []*scanResult {
	ctx, cancel := w.readingTime(ctx)
	defer cancel()
	sources := slices.Concat(to.named, to.implied)
	scans := make([]*sourceScan, len(sources))
	next := make(chan *sourceScan, len(scans)) // holds each scan at most once
	for i, source := range sources {
		scans[i] = w.newScan(source, saved[source.Entity()], known)
	}
	for i := range scans {
		next <- scans[(i+w.rotation())%len(scans)]
	}
	var left atomic.Int64
	left.Store(int64(len(scans)))
	if len(scans) == 0 {
		close(next)
	}
	var workers sync.WaitGroup
	for range min(orDefault(w.Connections, defaultConnections), len(scans)) {
		workers.Go(func() {
			for s := range next {
				if ctx.Err() == nil && s.poll(ctx) {
					next <- s
				} else if left.Add(-1) == 0 {
					close(next)
				}
			}
		})
	}
	workers.Wait()
	results := make([]*scanResult, len(scans))
	for i, s := range scans {
		results[i] = s.result()
		if i >= len(to.named) {
			results[i].markImplied()
		}
	}
	return results
}

// markImplied marks a source that is not configured. If it does not exist, that
// is no problem: it then holds no failures, and a queue of our own belongs to a
// function that is not deployed.
func (r *scanResult) markImplied() {
	r.implied = true
	if errors.Is(r.err, message.ErrMissing) {
		r.err, r.late = nil, false
	}
}

// readingTime bounds how long a pass reads, so that time remains to write and
// deliver.
func (w *Watch) readingTime(ctx context.Context) (context.Context, context.CancelFunc) {
	most := orDefault(w.ReadTime, 150*time.Second)
	if deadline, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(deadline)*5/8)
	}
	return context.WithTimeout(ctx, most)
}

// rotation is the index of the source with which a pass begins.
func (w *Watch) rotation() int { return int(w.now().Unix() / 60) }

func (w *Watch) logResults(ctx context.Context, results []*scanResult) {
	for _, r := range results {
		switch {
		case r.err != nil:
			w.Log.WarnContext(ctx, "source cannot be read", "source", r.source.Label(), "err", r.err)
		case r.late:
			w.Log.InfoContext(ctx, "source is deep: new messages are read late", "source", r.source.Label(), "read", r.progress.next)
		}
	}
}
