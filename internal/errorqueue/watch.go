// Package errorqueue scans the sources that hold failed messages and tells
// people about the incidents behind them.
//
// One [Watch.Run] is one pass: scan the sources concurrently, understand each
// failure and group those with one fingerprint, mask what will be shown,
// compare the groups with the known incidents, decide which need a notice and
// why, commit the incidents with their notices, read what is to be delivered,
// and write that the pass has ended. Delivery is the caller's business. After a
// crash at any point the next pass carries out what was committed and continues
// there; no failure is lost. An incident that a person or another pass changed
// concurrently is decided again from what they made of it, and only the one
// whose incident was saved posts about it.
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
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/journal"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// A Watch is the flow. All fields but Implied, OwnQueues, Pager, RemindAfter,
// Now and the limits must be set; Find only where a source is a pattern.
type Watch struct {
	Deployment notice.Deployment
	Sources    []source.Source
	Find       func(context.Context, source.Query) ([]source.Entity, []source.Unlisted) // called once per pass
	Implied    []source.Source                                                          // scanned without being configured, see [source.Implied]
	OwnQueues  []string                                                                 // our own queues, in which no message may wait for long
	Open       func(source.Source) source.Peeker                                        // called once per pass and source
	triage.Triage
	Incidents incident.Store
	Delivery  *outbox.Delivery
	Journal   *incident.Journal
	Chat      incident.Target // where incidents are posted that no route sends elsewhere
	Pager     incident.Target // zero: nobody is paged
	Log       *slog.Logger

	// Features names the features that a message type carries; nil: none.
	Features func(messageType string) []string

	// Acknowledged says who has acknowledged an alert in the pager itself; nil
	// where that cannot be known.
	Acknowledged func(ctx context.Context, alias string) (by string, ok bool, err error)

	RemindAfter time.Duration    // how long after a broadcast a reminder follows; 0: never
	Now         func() time.Time // nil means time.Now

	// Limits; zero means the default.
	Connections int           // sources polled concurrently
	Batch       int           // messages of one poll
	PollTimeout time.Duration // of one poll
	ReadTime    time.Duration // of one pass, at most
	Writers     int           // rows written concurrently

	emergency  atomic.Bool     // this process may have open emergency pages
	lastListed []source.Entity // what Find returned last for each part of the namespace
	ledger     string          // the id of the ledger
}

// ErrUnreadable reports that no configured source could be read.
var ErrUnreadable = errors.New("no source could be read")

// A Pass is the result of one [Watch.Run].
type Pass struct {
	Sources, Unreadable int // how many were scanned, how many could not be read

	// Due is what there is to deliver now; nil where the pass did not come so far.
	Due *outbox.Due
}

// Run makes one pass. Its error means that not all decisions could be carried
// out, that the ledger could not be read, or that no source could be read;
// problems with a single source or a channel are posted and logged instead.
func (w *Watch) Run(ctx context.Context) (Pass, error) {
	listed := w.list(ctx)
	p, err := w.resume(ctx)
	set := w.sourceSet(listed, p.known)
	if err != nil {
		return Pass{}, errors.Join(err, w.pageWithoutLedger(ctx, set, err))
	}
	waiting := make(chan []*scanResult, 1)
	go func() { waiting <- w.readOwnQueues(ctx) }()
	results := slices.Concat(w.readAll(ctx, set, p.known, p.progress), set.unlisted, <-waiting)
	w.logResults(ctx, results)
	pass := Pass{Sources: len(results), Unreadable: unreadable(results)}
	configured := named(results)
	check := selfCheck{known: p.known, now: w.now()}
	results = append(results, check.check(results, p.last))
	results = append(results, check.badRows(p.badRows, rows[ledger.BadRow](w).Partition())...)
	changes, err := w.decideAndCommit(ctx, p, results)
	var due *outbox.Due
	if err == nil {
		due, err = w.finishPass(ctx, p, set, results)
	}
	if err = errors.Join(err, p.Err()); err != nil {
		return pass, errors.Join(err, w.pageWithoutLedger(ctx, set, err))
	}
	pass.Due = due
	w.Log.InfoContext(ctx, "pass done", "sources", pass.Sources, "unreadable", pass.Unreadable, "changes", changes)
	if err := w.Incidents.DeleteOld(ctx, p.known); err != nil {
		w.Log.WarnContext(ctx, "old incidents not deleted; the next pass tries again", "err", err)
	}
	if len(configured) > 0 && unreadable(configured) == len(configured) {
		return pass, fmt.Errorf("%w: %w", ErrUnreadable, configured[0].Err)
	}
	return pass, nil
}

// A passState is what earlier passes wrote, and what came of the journal so far.
type passState struct {
	loaded
	journal.Result
	known     map[string]incident.Stored // by fingerprint
	conflicts conflicts                  // since the last decision
}

// add adds what came of the journal.
func (p *passState) add(out journal.Result) {
	p.Add(out)
	for fingerprint := range out.Conflicts {
		p.conflicts.add(fingerprint)
	}
}

// resume reads what earlier passes knew, and carries out what they decided.
func (w *Watch) resume(ctx context.Context) (*passState, error) {
	p := &passState{conflicts: conflicts{}}
	from, err := w.Delivery.Origin(ctx)
	if err != nil {
		return p, err
	}
	w.ledger = from.Ledger
	if p.loaded, err = w.load(ctx); err != nil {
		return p, err
	}
	out, err := w.Journal.Resume(ctx)
	if err != nil {
		return p, err
	}
	p.add(out)
	if err := ctx.Err(); err != nil {
		return p, errors.Join(p.Err(), err)
	}
	p.known, err = w.loadIncidents(ctx)
	if err == nil && w.importAcknowledgements(ctx, p.known) {
		p.known, err = w.loadIncidents(ctx)
	}
	if err == nil {
		p.Fail(w.restoreNotices(ctx, p))
	}
	return p, err
}

// decideAndCommit brings the ledger up to the scan results. Incidents that
// somebody else changes concurrently, by a click or in another pass, are decided
// again from what they made of them. Its error means that something was not
// decided.
func (w *Watch) decideAndCommit(ctx context.Context, p *passState, results []*scanResult) (changes int, err error) {
	for try := range 5 {
		found := w.decideAll(ctx, p, results, w.now(), try > 0)
		changes += len(found)
		p.conflicts = conflicts{}
		if err := w.commit(ctx, p, found); err != nil || len(p.conflicts) == 0 {
			return changes, err
		}
		before := p.known
		if p.known, err = w.loadIncidents(ctx); err != nil {
			return changes, err
		}
		p.conflicts.classify(before, p.known)
	}
	w.Log.WarnContext(ctx, "incidents keep changing concurrently; the next pass continues", "incidents", len(p.conflicts))
	return changes, nil
}

// finishPass writes how far the sources were read and that the pass has ended,
// and reads what is to be delivered. After a bad pass emergency pages are
// raised, so none is closed.
func (w *Watch) finishPass(ctx context.Context, p *passState, set sourceSet, results []*scanResult) (*outbox.Due, error) {
	err := w.saveProgress(ctx, results)
	due, unread := w.Delivery.Due(ctx)
	if err = errors.Join(err, unread); err == nil && p.Err() == nil {
		p.last.EmergencyPages = w.closeEmergencyPages(ctx, set, p.last)
		if len(p.conflicts) == 0 { // all digests were updated again
			w.Journal.Delete(ctx, p.Unfinished...)
		}
	} else {
		p.last.EmergencyPages = true
	}
	return due, errors.Join(err, w.endPass(ctx, p.last))
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

func (w *Watch) now() time.Time {
	if w.Now != nil {
		return w.Now().UTC()
	}
	return time.Now().UTC().Round(0)
}
