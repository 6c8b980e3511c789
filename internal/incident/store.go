package incident

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A Store keeps the incidents of one environment, one row for each
// fingerprint: its present or last life.
type Store struct {
	Ledger      ledger.Ledger
	Environment string
	Log         *slog.Logger     // nil discards
	Now         func() time.Time // nil means time.Now
}

func (s Store) table() ledger.Table[Incident] {
	return ledger.Table[Incident]{Ledger: s.Ledger, Log: s.Log, Environment: s.Environment, Name: "incidents", Shape: 1}
}

// A Kept is an incident as it lies in the ledger. The zero Kept is one that
// the ledger does not know; one without a generation had a row that could not
// be used.
type Stored struct {
	Incident
	row ledger.Ref
}

// Base names what was read of the incident: it changes with every write, and
// is "" for one that the ledger does not know.
func (k Stored) RowVersion() string { return k.row.Version }

// From is an incident that was made from what had that base, to be saved only
// if nobody has changed it since.
func (s Store) From(i Incident, base string) Stored {
	return Stored{Incident: i, row: ledger.Ref{Version: base}}
}

// All returns every incident by its fingerprint, resolved ones included.
func (s Store) All(ctx context.Context) (map[string]Stored, error) {
	all := map[string]Stored{}
	for r, err := range s.table().List(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list incidents: %w", err)
		}
		all[r.Key] = s.stored(r)
	}
	return all, nil
}

func (s Store) stored(r ledger.Row[Incident]) Stored {
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	r.Value.Fingerprint = r.Key
	r.Value.bound(r.WrittenBy(now().UTC()))
	return Stored{Incident: r.Value, row: r.Ref}
}

// bound corrects what a clock that was ahead wrote: what we did was done by
// the time that the row was written, and a snooze lasts no longer than any may.
func (i *Incident) bound(written time.Time) {
	ours := []*time.Time{&i.BroadcastAt, &i.GoneSince}
	if i.Ours { // of others the broker says when they failed
		ours = append(ours, &i.FirstSeen, &i.LastSeen)
	}
	for n := range i.Returns {
		ours = append(ours, &i.Returns[n])
	}
	for _, at := range ours {
		if at.After(written) {
			*at = written
		}
	}
	if i.SnoozedUntil.After(written.Add(maxSnooze)) {
		i.SnoozedUntil = written
	}
}

// Save writes the incident over what was read before. ErrChanged or ErrExists
// of package ledger means that somebody else was first.
func (s Store) Save(ctx context.Context, k Stored) error {
	k.row.Key = k.Fingerprint
	if _, err := s.table().Save(ctx, ledger.Row[Incident]{Ref: k.row, Value: k.Incident}); err != nil {
		return fmt.Errorf("save incident %s: %w", k.Fingerprint, err)
	}
	return nil
}

// Examine finds the rows that cannot be used. It changes none.
func (s Store) Examine(ctx context.Context) ledger.Examined { return s.table().Examine(ctx) }

// Remembered is how long a resolved incident is kept. A notice must not be
// kept for longer: a problem that comes back after that is new, and begins
// with the first generation again.
const Retention = 90 * 24 * time.Hour

// Forget deletes, of all incidents as [Store.All] has read them, those that
// were resolved so long ago, by the ledger's clock. It asks the ledger only
// where there is one to delete; what changed meanwhile stays.
func (s Store) DeleteOld(ctx context.Context, all map[string]Stored) error {
	var errs []error
	for _, k := range all {
		if k.State != Resolved || k.row.Age <= Retention {
			continue
		}
		if err := s.table().Delete(ctx, k.row); err != nil {
			errs = append(errs, fmt.Errorf("forget incident %s: %w", k.Fingerprint, err))
		}
	}
	return errors.Join(errs...)
}

// Find returns the incident whose life a subject names, in its present or
// last life. ErrOver: the ledger does not know it.
func (s Store) Find(ctx context.Context, subject string) (Stored, error) {
	fingerprint, _, ok := parseSubject(subject)
	if !ok {
		return Stored{}, ErrOver
	}
	k, _, err := s.Compare(ctx, Incident{Fingerprint: fingerprint})
	return k, err
}

// Compare returns the present or last life of an incident, as [Store.Find]
// does, and whether the ledger holds exactly i.
func (s Store) Compare(ctx context.Context, i Incident) (k Stored, same bool, err error) {
	r, err := s.table().Get(ctx, i.Fingerprint)
	if errors.Is(err, ledger.ErrNotFound) || err == nil && r.Value.Generation == 0 {
		return Stored{}, false, ErrOver
	}
	if err != nil {
		return Stored{}, false, fmt.Errorf("read incident %s: %w", i.Fingerprint, err)
	}
	k, r.Value = s.stored(r), i // what is handed out may be corrected
	changed, err := s.table().Changed(r)
	return k, !changed, err
}

// Named returns the incidents whose fingerprint begins so: one where an
// operator has copied it whole from a message, or at least its beginning.
// What a message shows around it may stand there too.
func (s Store) FindByPrefix(ctx context.Context, name string) ([]Stored, error) {
	name = strings.TrimPrefix(strings.TrimSpace(name), subjectPrefix)
	name, _, _ = strings.Cut(name, "/")
	all, err := s.All(ctx)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(all, func(_ string, k Stored) bool { return k.Lost() })
	if k, ok := all[name]; ok {
		return []Stored{k}, nil
	}
	var found []Stored
	for _, fingerprint := range slices.Sorted(maps.Keys(all)) {
		if name != "" && strings.HasPrefix(fingerprint, name) {
			found = append(found, all[fingerprint])
		}
	}
	return found, nil
}

// Over reports whether the life that a notice's subject names has ended, or
// those that a digest or a storm's alert names. Subjects that are neither are
// never over; nor is an incident that the ledger does not know.
func (s Store) IsOver(ctx context.Context, subject string) (bool, error) {
	if strings.HasPrefix(subject, digestPrefix) {
		alive, err := s.IsAlive(ctx, subject)
		return !alive, err
	}
	_, generation, ok := parseSubject(subject)
	if !ok {
		return false, nil
	}
	k, err := s.Find(ctx, subject)
	if errors.Is(err, ErrOver) {
		return false, nil
	}
	return k.Generation > generation || k.Generation == generation && !k.Alive(), err
}

// Alive reports whether a subject, an incident's life or a digest, has
// something alive in it, so that its pages are still needed.
func (s Store) IsAlive(ctx context.Context, subject string) (bool, error) {
	kept, _, err := s.subjects(ctx, subject)
	if errors.Is(err, ErrOver) {
		return false, nil
	}
	return slices.ContainsFunc(kept, func(k Stored) bool { return k.Alive() }), err
}

func parseSubject(subject string) (fingerprint string, generation int, ok bool) {
	rest, ok := strings.CutPrefix(subject, subjectPrefix)
	if !ok {
		return "", 0, false
	}
	fingerprint, number, ok := strings.Cut(rest, "/")
	if !ok {
		return "", 0, false
	}
	generation, err := strconv.Atoi(number)
	return fingerprint, generation, err == nil
}
