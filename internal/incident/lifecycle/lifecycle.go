// Package lifecycle opens, updates and resolves incidents.
//
// A [Tracker] compares observations with the known incidents, decides which need
// a notice and why, and commits the incidents together with their notices. It
// does not depend on the kind of problem: an incident opens when its fingerprint
// is observed, and resolves when the fingerprint is gone. If a person or another
// process changes an incident concurrently, the tracker decides again from the
// new version.
//
// The tracker also applies people's actions, and repairs data that was lost with
// unusable rows of the ledger.
package lifecycle

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/incident/repair"
	"github.com/busbell/busbell/internal/journal"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// A Tracker changes the incidents of one environment.
type Tracker struct {
	Deployment notice.Deployment
	Incidents  incident.Store
	Journal    *incident.Journal
	Delivery   *outbox.Delivery
	Pager      incident.Target // zero: nobody is paged
	Log        *slog.Logger

	// Acknowledged returns who acknowledged an alert in the pager; nil if the
	// pager cannot be queried.
	Acknowledged func(ctx context.Context, alias string) (by string, ok bool, err error)

	RemindAfter time.Duration    // how long after a broadcast a reminder follows; 0: never
	Now         func() time.Time // nil means time.Now

	ledger string // its id
}

// An Observer observes the problems behind incidents.
type Observer interface {
	// Observe returns an observation for each fingerprint, at least for those of
	// all living incidents.
	Observe(known map[string]incident.Stored, now time.Time) map[string]incident.Observation

	// Quiet reports whether incidents that do not page are held back now.
	Quiet(now time.Time) bool

	// Number is the number of the current decision. The names of digests and
	// grouped alerts contain it. Each later decision has another number, even if
	// this process is killed. The very first decision has number 0.
	Number(ctx context.Context) (int64, error)
}

// A State holds all known incidents and the result of the journal so far.
type State struct {
	journal.Result
	Known     map[string]incident.Stored // by fingerprint
	conflicts conflicts                  // since the last decision
}

// Settled reports whether the last decision was based on the current content of
// the ledger.
func (s *State) Settled() bool { return len(s.conflicts) == 0 }

// add adds a result of the journal.
func (s *State) add(out journal.Result) {
	s.Add(out)
	for fingerprint := range out.Conflicts {
		s.conflicts.add(fingerprint)
	}
}

// Resume finishes earlier decisions, reads all incidents, imports
// acknowledgements from the pager, and repairs data that was lost with unusable
// rows.
func (t *Tracker) Resume(ctx context.Context, setAside []ledger.Row[ledger.BadRow]) (*State, error) {
	s := &State{conflicts: conflicts{}}
	from, err := t.Delivery.Origin(ctx)
	if err != nil {
		return s, err
	}
	t.ledger = from.Ledger
	out, err := t.Journal.Resume(ctx)
	if err != nil {
		return s, err
	}
	s.add(out)
	if err := ctx.Err(); err != nil {
		return s, errors.Join(s.Err(), err)
	}
	s.Known, err = t.repair().Load(ctx)
	if err == nil && t.importAcknowledgements(ctx, s.Known) {
		s.Known, err = t.repair().Load(ctx)
	}
	if err != nil {
		return s, err
	}
	known, outdated, err := t.repair().Restore(ctx, s.Known, setAside, len(s.Lost) > 0)
	s.Known = known
	for _, fingerprint := range outdated {
		s.conflicts.add(fingerprint)
	}
	if s.Fail(err); err == nil {
		t.Journal.Delete(ctx, s.Lost...)
	}
	return s, nil
}

// Commit updates the ledger from the observations. If an incident changes
// concurrently, Commit decides again from the new version. It returns an error if
// some incident was not decided.
func (t *Tracker) Commit(ctx context.Context, s *State, o Observer) (changes int, err error) {
	for try := range 5 {
		found := t.decideAll(ctx, s, o, t.now(), try > 0)
		changes += len(found)
		s.conflicts = conflicts{}
		if err := t.commit(ctx, s, o, found); err != nil || s.Settled() {
			return changes, err
		}
		before := s.Known
		if s.Known, err = t.repair().Load(ctx); err != nil {
			return changes, err
		}
		s.conflicts.classify(before, s.Known)
	}
	t.Log.WarnContext(ctx, "incidents keep changing concurrently; the next pass continues", "incidents", len(s.conflicts))
	return changes, nil
}

// commit commits the changes and the notices about them. If it returns an error,
// nothing was decided.
func (t *Tracker) commit(ctx context.Context, s *State, o Observer, changes []*change) error {
	if len(changes) == 0 {
		return nil
	}
	number, err := o.Number(ctx)
	if err != nil {
		return err
	}
	decided := t.plan(s.Known, changes, s.Stale, number)
	clear(s.Stale)
	out, err := t.Journal.Commit(ctx, decided.Change)
	s.add(out)
	return err
}

func (t *Tracker) repair() *repair.Repair {
	return &repair.Repair{Incidents: t.Incidents, Delivery: t.Delivery, Deployment: t.paging(), Pager: t.Pager, Log: t.Log, Now: t.now}
}

// paging is the deployment of alerts, whose aliases contain the ledger's id.
func (t *Tracker) paging() notice.Deployment {
	v := t.Deployment
	v.Ledger = t.ledger
	return v
}

func (t *Tracker) now() time.Time {
	if t.Now != nil {
		return t.Now().UTC()
	}
	return time.Now().UTC().Round(0)
}
