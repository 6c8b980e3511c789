package errorqueue

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A scanResult is the state of one source after a pass.
type scanResult struct {
	scan.Result
	row ledger.Row[scan.Progress] // as the ledger has it

	implied  bool      // the source is not configured, see [source.Implied]
	own      bool      // Busbell's own queue: only oldest was read
	oldest   time.Time // when its oldest message was enqueued
	problems []problem // problems that hide its failures
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

// Limits of one poll, see [scan.Limits].
const (
	maxBatch           = 10_000
	defaultPollTimeout = 45 * time.Second
)

// defaultConnections is how many sources are polled concurrently.
const defaultConnections = 8

// readAll scans all sources, see [scan.All]. Each pass begins with another one: if
// the time is too short for all, the same source is not always the last.
func (w *Watch) readAll(ctx context.Context, to sourceSet, known map[string]incident.Stored, saved map[string]ledger.Row[scan.Progress]) []*scanResult {
	ctx, cancel := w.readingTime(ctx)
	defer cancel()
	sources := slices.Concat(to.named, to.implied)
	scans := make([]*scan.Scan, len(sources))
	limits := scan.Limits{Batch: orDefault(w.Batch, maxBatch), Timeout: orDefault(w.PollTimeout, defaultPollTimeout)}
	for i, at := range sources {
		scans[i] = scan.New(&w.Triage, at, w.Open(at), saved[at.Entity()].Value, expected(known, at), limits, w.now)
	}
	scan.All(ctx, scans, orDefault(w.Connections, defaultConnections), w.rotation())
	results := make([]*scanResult, len(scans))
	for i, s := range scans {
		results[i] = &scanResult{Result: s.Result(), row: saved[sources[i].Entity()]}
		results[i].fillEarlier(known)
		if i >= len(to.named) {
			results[i].markImplied()
		}
	}
	return results
}

// expected are the fingerprints of the incidents that a source held.
func expected(known map[string]incident.Stored, at source.Source) []string {
	var all []string
	for fingerprint, k := range known {
		if _, here := k.Sources[at.Entity()]; here && k.Alive() && k.GoneSince.IsZero() && !k.Kind.Ours() {
			all = append(all, fingerprint)
		}
	}
	return all
}

// fillEarlier copies the failure of the incident to groups that only earlier passes
// found. A group is removed if its incident is resolved: the source's row is
// outdated.
func (r *scanResult) fillEarlier(known map[string]incident.Stored) {
	for fingerprint, g := range r.Groups {
		switch k := known[fingerprint]; {
		case !g.Earlier:
		case k.Alive():
			g.Failure = triage.FailureOf(k.Cause)
		default:
			delete(r.Groups, fingerprint)
		}
	}
}

// markImplied marks a source that is not configured. If it does not exist, that
// is no problem: it then holds no failures, and a queue of our own belongs to a
// function that is not deployed.
func (r *scanResult) markImplied() {
	r.implied = true
	if errors.Is(r.Err, message.ErrMissing) {
		r.Err, r.Late = nil, false
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
		case r.Err != nil:
			w.Log.WarnContext(ctx, "source cannot be read", "source", r.Source.Label(), "err", r.Err)
		case r.Late:
			w.Log.InfoContext(ctx, "source is deep: new messages are read late", "source", r.Source.Label(), "read", r.Progress.Next)
		}
	}
}

func orDefault[T int | time.Duration](n, otherwise T) T {
	if n > 0 {
		return n
	}
	return otherwise
}
