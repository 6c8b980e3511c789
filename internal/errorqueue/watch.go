// Package errorqueue watches the places where failed messages lie and tells
// people about the problems behind them.
//
// One [Watch.Run] is one pass: read the sources side by side, understand each
// failure and group those with one fingerprint, mask what will be shown,
// compare the groups with the incidents that are known, decide which deserve
// a word and why, write that plan to the ledger, then the incidents with their
// notices, read what waits to be said, write that the pass has ended, and
// deliver. After a crash at any point the next pass carries the plan out, and
// goes on where it stands; no failure is lost, and a notice is posted again only
// after looking whether it is already there. An incident that a person or another pass changed
// meanwhile is decided again from what they made of it, and only whose
// incident was saved speaks of it.
//
// A source that cannot be read is reported, never taken for empty: an
// incident resolves only when every source it was seen in was read whole and
// no longer holds it.
//
// A source that is too deep for one look is read in stretches, over as many
// passes as it takes; how far, and what was counted, lies in the ledger. In an
// ordinary queue what is new is read besides, from a mark on.
package errorqueue

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/privacy"
)

// A Source shows the messages that lie in one place without taking them away.
type Peeker interface {
	// Peek yields the messages from sequence number from on, oldest first,
	// as a fresh receiver sees them. An error ends the sequence: what came
	// before it is good.
	Peek(ctx context.Context, from int64) iter.Seq2[message.Message, error]
}

// A Watch is the flow. All fields but Beside, Own, Pager, RemindAfter, Now and the
// limits must be set; Find only where a place is a pattern.
type Watch struct {
	Deployment incident.Deployment
	Sources    []Source
	Find       func(context.Context, Query) ([]Entity, []Unlisted) // called once a pass
	Implied    []Source                                            // watched without being named; see [Beside]
	OwnQueues  []string                                            // our own queues, in which nothing may wait for long
	Open       func(Source) Peeker                                 // called once a pass and place
	Reader     *failure.Reader
	Masker     *privacy.Masker
	Rules      Rules
	Incidents  incident.Store
	Delivery   *notify.Delivery
	Chat       incident.Target // where everything is told that no route sends elsewhere
	Pager      incident.Target // zero: nobody is paged
	Log        *slog.Logger

	// Features names the features that a message type carries; nil: none.
	Features func(messageType string) []string

	// Acknowledged says who has acknowledged an alert in the pager itself; nil
	// where that cannot be known.
	Acknowledged func(ctx context.Context, alias string) (by string, ok bool, err error)

	RemindAfter time.Duration    // how long an open incident stays silent; 0: for ever
	Now         func() time.Time // nil means time.Now

	// Limits; zero means the default.
	Connections int           // how many sources are read at once
	Batch       int           // messages that one look at a source may meet
	PollTimeout time.Duration // how long one look may take
	ReadTime    time.Duration // how long a pass reads at most
	Writers     int           // how many rows are written at once

	emergency  atomic.Bool // this process may have raised alarms that are open
	lastListed []Entity    // what Find returned last, of each part of the namespace
	ledger     string      // the id of the ledger
}

// ErrBlind reports that not one source that is named could be read.
var ErrUnreadable = errors.New("no source could be read")

// A Pass is what came of one [Watch.Run].
type Pass struct {
	Sources, Unreadable int // how many there are, how many could not be read
	Undelivered         notify.Outcome
}

// Run makes one pass. Its error means that not all that was decided could be
// carried out, that what is owed cannot be read from the ledger, or that no
// source could be read; trouble with a single source or with a channel is told
// and logged instead.
func (w *Watch) Run(ctx context.Context) (Pass, error) {
	listed := w.list(ctx)
	p, err := w.resume(ctx)
	to := w.sourceSet(listed, p.known)
	if err != nil {
		return Pass{}, errors.Join(err, w.pageWithoutLedger(ctx, to, err))
	}
	waiting := make(chan []*scanResult, 1)
	go func() { waiting <- w.readOwnQueues(ctx) }()
	readings := slices.Concat(w.readAll(ctx, to, p.known, p.progress), to.unlisted, <-waiting)
	w.logResults(ctx, readings)
	pass := Pass{Sources: len(readings), Unreadable: unreadable(readings)}
	named := named(readings)
	look := selfCheck{known: p.known, now: w.now()}
	readings = append(readings, look.check(readings, p.last))
	readings = append(readings, look.badRows(p.badRows, rows[ledger.BadRow](w).Partition())...)
	changes, err := w.decideAndCommit(ctx, p, readings)
	var due *notify.Due
	if err == nil {
		due, err = w.finishPass(ctx, p, to, readings)
	}
	if err = errors.Join(err, p.err()); err != nil {
		return pass, errors.Join(err, w.pageWithoutLedger(ctx, to, err))
	}
	// What was written is told even where the clock ran out on reading.
	pass.Undelivered, err = due.Deliver(ctx)
	w.Log.InfoContext(ctx, "pass done", "sources", pass.Sources, "blind", pass.Unreadable, "changes", changes, "said", pass.Undelivered.Sent, "unsaid", pass.Undelivered.Left)
	if err != nil {
		w.Log.WarnContext(ctx, "notices wait for the next pass", "err", err)
	}
	if err := w.Incidents.DeleteOld(ctx, p.known); err != nil {
		w.Log.WarnContext(ctx, "old incidents stay until the next pass", "err", err)
	}
	if len(named) > 0 && unreadable(named) == len(named) {
		return pass, fmt.Errorf("%w: %w", ErrUnreadable, named[0].err)
	}
	return pass, nil
}

// past is what earlier passes have left, and what came of going on with it.
type passState struct {
	loaded
	result
	known map[string]incident.Stored // by fingerprint
}

// recall reads what earlier passes knew, and ends what they began.
func (w *Watch) resume(ctx context.Context) (*passState, error) {
	p := &passState{result: newResult()}
	from, err := w.Delivery.Origin(ctx)
	if err != nil {
		return p, err
	}
	w.ledger = from.Ledger
	if p.loaded, err = w.load(ctx); err != nil {
		return p, err
	}
	p.add(w.goOn(ctx, p.plans))
	if err := ctx.Err(); err != nil {
		return p, errors.Join(p.err(), err)
	}
	p.known, err = w.loadIncidents(ctx)
	if err == nil && w.importAcknowledgements(ctx, p.known) {
		p.known, err = w.loadIncidents(ctx)
	}
	if err == nil {
		p.fail(w.restoreNotices(ctx, p))
	}
	return p, err
}

// settle brings the ledger up to what was read. What somebody else changes
// meanwhile, by a click or in another pass, is decided again from what they
// made of it. Its error means that something was not decided.
func (w *Watch) decideAndCommit(ctx context.Context, p *passState, readings []*scanResult) (changes int, err error) {
	for round := range 5 {
		found := w.decideAll(ctx, p, readings, w.now(), round > 0)
		changes += len(found)
		p.conflicts = conflicts{}
		if err := w.write(ctx, p, found); err != nil || len(p.conflicts) == 0 {
			return changes, err
		}
		before := p.known
		if p.known, err = w.loadIncidents(ctx); err != nil {
			return changes, err
		}
		p.conflicts.classify(before, p.known)
	}
	w.Log.WarnContext(ctx, "incidents keep being changed by others; the next pass goes on", "incidents", len(p.conflicts))
	return changes, nil
}

// conclude writes how far the places were read, and that the pass has ended,
// and reads what is to be said. After a bad pass alarms are raised, so none is
// ended.
func (w *Watch) finishPass(ctx context.Context, p *passState, to sourceSet, readings []*scanResult) (*notify.Due, error) {
	err := w.saveProgress(ctx, readings)
	due, unread := w.Delivery.Due(ctx)
	if err = errors.Join(err, unread); err == nil && p.err() == nil {
		p.last.EmergencyPages = w.closeEmergencyPages(ctx, to, p.last)
	} else {
		p.last.EmergencyPages = true
	}
	return due, errors.Join(err, w.endPass(ctx, p.last))
}

func unreadable(readings []*scanResult) int {
	n := 0
	for _, r := range readings {
		if r.err != nil {
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
