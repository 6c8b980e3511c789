package incident

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// ErrOver reports that an incident is resolved or unknown, so that nothing can be
// done about it.
var ErrOver = errors.New("the incident is over")

// A Store holds the incidents of one environment, one row per fingerprint: its
// current or last life.
type Store struct {
	Ledger      ledger.Ledger
	Environment string
	Log         *slog.Logger     // nil discards
	Now         func() time.Time // nil means time.Now
}

func (s Store) table() ledger.Table[Incident] {
	return ledger.Table[Incident]{Ledger: s.Ledger, Log: s.Log, Environment: s.Environment, Name: "incidents", Shape: 2}
}

// A Stored is an incident as the ledger has it. The zero Stored is one that the
// ledger does not know; one without a generation had a row that could not be
// used.
type Stored struct {
	Incident
	row ledger.Ref
}

// Lost reports whether the ledger has a row for the incident that could not be
// used.
func (k Stored) Lost() bool { return k.Generation == 0 && k.row.Version != "" }

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

// maxSnooze is longer than that of any button: until tomorrow morning.
const maxSnooze = 36 * time.Hour

// bound corrects times of a clock that was ahead: our own events happened before
// the row was written, and a snooze lasts no longer than the longest.
func (i *Incident) bound(written time.Time) {
	ours := []*time.Time{&i.BroadcastAt, &i.GoneSince}
	if i.Kind.Ours() { // the broker says when messages failed
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

// Save writes the incident over the version that was read; see [ledger.Table.Save].
func (s Store) Save(ctx context.Context, k Stored) error {
	k.row.Key = k.Fingerprint
	if _, err := s.table().Save(ctx, ledger.Row[Incident]{Ref: k.row, Value: k.Incident}); err != nil {
		return fmt.Errorf("save incident row %s: %w", k.Fingerprint, err)
	}
	return nil
}

// Delete deletes the row of an incident, unless it has changed since it was read.
func (s Store) Delete(ctx context.Context, k Stored) error {
	if err := s.table().Delete(ctx, k.row); err != nil {
		return fmt.Errorf("delete incident row %s: %w", k.Fingerprint, err)
	}
	return nil
}

// Examine finds the rows that cannot be used. It changes none.
func (s Store) Examine(ctx context.Context) ledger.Examined { return s.table().Examine(ctx) }

// Retention is how long a resolved incident is kept. Notices must not be kept
// longer: a problem that returns after that time is a new incident, and begins
// with the first generation.
const Retention = 90 * 24 * time.Hour

// DeleteOld deletes, among incidents that [Store.All] has read, those that were
// resolved longer ago than Retention by the ledger's clock. It calls the ledger
// only if there are any; an incident that has changed since stays.
func (s Store) DeleteOld(ctx context.Context, all map[string]Stored) error {
	var errs []error
	for _, k := range all {
		if k.State == Resolved && k.row.Age > Retention {
			errs = append(errs, s.Delete(ctx, k))
		}
	}
	return errors.Join(errs...)
}

// Find returns the incident that a subject names, in its current or last life.
// ErrOver: the ledger does not know it.
func (s Store) Find(ctx context.Context, subject string) (Stored, error) {
	fingerprint, _, ok := ParseSubject(subject)
	if !ok {
		return Stored{}, ErrOver
	}
	r, err := s.table().Get(ctx, fingerprint)
	if errors.Is(err, ledger.ErrNotFound) || err == nil && r.Value.Generation == 0 {
		return Stored{}, ErrOver
	}
	if err != nil {
		return Stored{}, fmt.Errorf("read incident row %s: %w", fingerprint, err)
	}
	return s.stored(r), nil
}

// FindByPrefix returns the incidents whose fingerprint begins with a prefix;
// only one if that is a whole fingerprint. Text that messages show around the
// fingerprint is ignored.
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

// IsOver reports whether the incident that a notice's subject names is resolved,
// or all that a digest or a grouped alert shows. Other subjects are never over;
// nor is an incident that the ledger does not know.
func (s Store) IsOver(ctx context.Context, subject string) (bool, error) {
	if IsDigest(subject) {
		alive, err := s.IsAlive(ctx, subject)
		return !alive, err
	}
	_, generation, ok := ParseSubject(subject)
	if !ok {
		return false, nil
	}
	k, err := s.Find(ctx, subject)
	if errors.Is(err, ErrOver) {
		return false, nil
	}
	return k.Generation > generation || k.Generation == generation && !k.Alive(), err
}

// IsAlive reports whether a subject, an incident or a digest, has something open
// in it, so that its pages are still needed.
func (s Store) IsAlive(ctx context.Context, subject string) (bool, error) {
	found, _, err := s.Named(ctx, subject)
	if errors.Is(err, ErrOver) {
		return false, nil
	}
	return slices.ContainsFunc(found, func(k Stored) bool { return k.Alive() }), err
}

// Named are the incidents that subjects, or keys of digests or grouped
// alerts, name, and all around them: every incident if a digest is concerned.
func (s Store) Named(ctx context.Context, subjects ...string) (found, around []Stored, err error) {
	if len(subjects) == 1 && !IsDigest(subjects[0]) {
		k, err := s.Find(ctx, subjects[0])
		switch {
		case err != nil:
			return nil, nil, err
		case k.Subject() != subjects[0]:
			return nil, nil, ErrOver
		case !k.InDigest():
			return []Stored{k}, []Stored{k}, nil
		}
	}
	all, err := s.All(ctx)
	for _, fingerprint := range slices.Sorted(maps.Keys(all)) {
		k := all[fingerprint]
		around = append(around, k)
		if slices.ContainsFunc(subjects, k.named) {
			found = append(found, k)
		}
	}
	return found, around, err
}

// named reports whether a subject names this incident, or a digest or an alert
// that shows it.
func (i *Incident) named(subject string) bool {
	return i.Subject() == subject || i.Shows(subject)
}
