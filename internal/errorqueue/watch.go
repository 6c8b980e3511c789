// Package errorqueue scans the sources of failed messages and sends notices about
// the incidents.
//
// One [Watch.Run] is one pass: scan the sources concurrently, understand each
// failure and group those with one fingerprint, mask what will be shown,
// compare the groups with the known incidents, decide which need a notice and
// why, commit the incidents with their notices, read the notices that are due,
// and write that the pass has ended. The caller delivers the notices. After a
// crash at any point the next pass executes what was committed and continues
// there; no failure is lost. If a person or another pass changes an incident
// concurrently, the pass decides again from the new version. Only the writer whose
// version was saved posts about it.
//
// A source that cannot be read is reported, never taken for empty: an
// incident resolves only when every source that held it was read whole and no
// longer holds it.
//
// A source that is too deep for one poll is read in batches, over as many
// passes as it takes; how far, and what was counted, is in the ledger. In an
// ordinary queue new messages are read besides, from a watermark on.
package errorqueue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/busbell/busbell/internal/errorqueue/passlog"
	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A Watch is the flow. All fields but Implied, OwnQueues, Pager, RemindAfter,
// Now and the limits must be set; Find only where a source is a pattern.
type Watch struct {
	lifecycle.Tracker
	triage.Triage
	Sources   []source.Source
	Find      func(context.Context, source.Query) ([]source.Entity, []source.Unlisted) // called once per pass
	Implied   []source.Source                                                          // scanned without being configured, see [source.Implied]
	OwnQueues []string                                                                 // our own queues, in which no message may wait for long
	Open      func(source.Source) source.Peeker                                        // called once per pass and source
	Chat      incident.Target                                                          // where incidents are posted that no route sends elsewhere

	// Features names the features that a message type carries; nil: none.
	Features func(messageType string) []string

	// Limits; zero means the default.
	Connections int           // sources polled concurrently
	Batch       int           // messages of one poll
	PollTimeout time.Duration // of one poll
	ReadTime    time.Duration // of one pass, at most
	Writers     int           // rows written concurrently

	emergency  atomic.Bool     // this process may have open emergency pages
	lastListed []source.Entity // what Find returned last for each part of the namespace
}

// ErrUnreadable reports that no configured source could be read.
var ErrUnreadable = errors.New("no source could be read")

// A Pass is the result of one [Watch.Run].
type Pass struct {
	Sources, Unreadable int // how many were scanned, how many could not be read

	// Due are the notices to deliver now; nil if the pass ended before reading them.
	Due *outbox.Due
}

// Run makes one pass. It returns an error if some decisions could not be executed,
// the ledger could not be read, or no source could be read;
// problems with a single source or a channel are posted and logged instead.
func (w *Watch) Run(ctx context.Context) (Pass, error) {
	listed := w.list(ctx)
	earlier, err := w.passes().Load(ctx)
	state := new(lifecycle.State)
	if err == nil {
		state, err = w.Resume(ctx, earlier.BadRows)
	}
	set := w.sourceSet(listed, state.Known)
	if err != nil {
		return Pass{}, errors.Join(err, w.pageWithoutLedger(ctx, set, err))
	}
	results := w.scanAll(ctx, set, state.Known, earlier.Progress)
	pass := Pass{Sources: len(results), Unreadable: unreadable(results)}
	configured := named(results)
	check := selfCheck{known: state.Known, now: w.now(), masker: w.Masker}
	results = append(results, check.check(results, earlier.Last))
	results = append(results, check.badRows(earlier.BadRows, ledger.BadRows(w.Incidents.Ledger, w.Deployment.Environment, w.Log).Partition())...)
	changes, err := w.Commit(ctx, state, observer{w, results, &earlier.Last})
	if err == nil {
		pass.Due, err = w.finishPass(ctx, state, earlier.Last, set, results)
	}
	if err = errors.Join(err, state.Err()); err != nil {
		pass.Due = nil
		return pass, errors.Join(err, w.pageWithoutLedger(ctx, set, err))
	}
	w.Log.InfoContext(ctx, "pass done", "sources", pass.Sources, "unreadable", pass.Unreadable, "changes", changes)
	if err := w.Incidents.DeleteOld(ctx, state.Known); err != nil {
		w.Log.WarnContext(ctx, "old incidents not deleted; the next pass tries again", "err", err)
	}
	if len(configured) > 0 && unreadable(configured) == len(configured) {
		return pass, fmt.Errorf("%w: %w", ErrUnreadable, configured[0].Err)
	}
	return pass, nil
}

// scanAll scans all sources and our own queues.
func (w *Watch) scanAll(ctx context.Context, set sourceSet, known map[string]incident.Stored, saved map[string]ledger.Row[scan.Progress]) []*scanResult {
	waiting := make(chan []*scanResult, 1)
	go func() { waiting <- w.readOwnQueues(ctx) }()
	results := slices.Concat(w.readAll(ctx, set, known, saved), set.unlisted, <-waiting)
	w.logResults(ctx, results)
	return results
}

// finishPass writes the progress of the sources and the end of the pass, and reads
// the notices that are due. A bad pass raises emergency pages, and closes none.
func (w *Watch) finishPass(ctx context.Context, s *lifecycle.State, last passlog.History, set sourceSet, results []*scanResult) (*outbox.Due, error) {
	progress := make([]ledger.Row[scan.Progress], len(results))
	for n, r := range results {
		progress[n] = r.row
		progress[n].Key, progress[n].Value = r.Source.Entity(), r.Progress.Masked(w.Masker.Sample)
	}
	err := w.passes().SaveProgress(ctx, progress)
	due, unread := w.Delivery.Due(ctx)
	if err = errors.Join(err, unread); err == nil && s.Err() == nil {
		last.EmergencyPages = w.closeEmergencyPages(ctx, set, last)
		if s.Settled() { // all digests were updated again
			w.Journal.Delete(ctx, s.Unfinished...)
		}
	} else {
		last.EmergencyPages = true
	}
	return due, errors.Join(err, w.passes().End(ctx, last))
}

func unreadable(results []*scanResult) int {
	n := 0
	for _, r := range results {
		if r.Err != nil {
			n++
		}
	}
	return n
}

// passes is the log that passes share.
func (w *Watch) passes() passlog.Log {
	return passlog.Log{Ledger: w.Incidents.Ledger, Environment: w.Deployment.Environment, Log: w.Log, Now: w.now, Writers: w.Writers}
}

func (w *Watch) now() time.Time {
	if w.Now != nil {
		return w.Now().UTC()
	}
	return time.Now().UTC().Round(0)
}
