package incident_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
)

func store() incident.Store {
	return incident.Store{Ledger: new(ledger.Memory), Environment: "test"}
}

func save(t *testing.T, s incident.Store, k incident.Stored) {
	t.Helper()
	if err := s.Save(t.Context(), k); err != nil {
		t.Fatal(err)
	}
}

func known(t *testing.T, s incident.Store) incident.Stored {
	t.Helper()
	all, err := s.All(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d incidents, %v", len(all), err)
	}
	return all["1-abc"]
}

func TestOfTwoPassesOneChangesAnIncident(t *testing.T) {
	s := store()
	fresh := incident.Stored{Incident: incident.Incident{Fingerprint: "1-abc", Generation: 1, State: incident.Open}}
	save(t, s, fresh)
	if err := s.Save(t.Context(), fresh); !errors.Is(err, ledger.ErrExists) {
		t.Errorf("a second first sighting: %v, want ErrExists", err)
	}
	mine, theirs := known(t, s), known(t, s)
	theirs.Priority = "P1"
	save(t, s, theirs)
	mine.Priority = "P2"
	if err := s.Save(t.Context(), mine); !errors.Is(err, ledger.ErrChanged) {
		t.Errorf("a change over a change: %v, want ErrChanged", err)
	}
	if got := known(t, s).Priority; got != "P1" {
		t.Errorf("priority %s, want P1", got)
	}
}

func TestALifeIsOverWhenItResolvedOrTheNextBegan(t *testing.T) {
	s := store()
	i := incident.Incident{Fingerprint: "1-abc", Generation: 2, State: incident.Open}
	second := i.Subject()
	first := (&incident.Incident{Fingerprint: "1-abc", Generation: 1}).Subject()
	over := func(subject string) bool {
		t.Helper()
		is, err := s.IsOver(t.Context(), subject)
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	if over(second) {
		t.Error("a life that the ledger does not know yet is over")
	}
	save(t, s, incident.Stored{Incident: i})
	if over(second) || !over(first) {
		t.Error("the second life is open, the first is over")
	}
	k := known(t, s)
	k.State = incident.Resolved
	save(t, s, k)
	if !over(second) {
		t.Error("a resolved life is not over")
	}
	for _, subject := range []string{"milestone/level reached/1", "incident/1-abc", "incident/1-abc/x", ""} {
		if over(subject) {
			t.Errorf("%q is no life of an incident", subject)
		}
	}
}

func TestAResolvedIncidentIsForgottenAfterAWhile(t *testing.T) {
	now := time.Date(2026, 4, 17, 8, 0, 0, 0, time.UTC)
	written := now
	s := store()
	s.Ledger = &ledger.Memory{Now: func() time.Time { return written }}
	for fingerprint, i := range map[string]struct {
		state incident.State
		age   time.Duration
	}{
		"1-open":     {incident.Open, 2 * incident.Retention},
		"1-recent":   {incident.Resolved, incident.Retention},
		"1-old":      {incident.Resolved, incident.Retention + time.Second},
		"1-returned": {incident.Resolved, 2 * incident.Retention},
	} {
		written = now.Add(-i.age)
		save(t, s, incident.Stored{Incident: incident.Incident{Fingerprint: fingerprint, Generation: 1, State: i.state}})
	}
	written = now
	all, err := s.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	returned := all["1-returned"] // while others think of forgetting it
	returned.State = incident.Open
	save(t, s, returned)
	for range 2 { // the second time it is gone already
		if err := s.DeleteOld(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	left, err := s.All(t.Context())
	if err != nil || len(left) != 3 || left["1-old"].Generation != 0 {
		t.Errorf("left %d: %v, %v", len(left), slices.Sorted(maps.Keys(left)), err)
	}
}

func TestAPassWithNothingToForgetAsksNobody(t *testing.T) {
	s := store()
	save(t, s, incident.Stored{Incident: incident.Incident{Fingerprint: "1-abc", Generation: 1, State: incident.Open}})
	all, err := s.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Ledger = nil // whoever asks it, panics
	if err := s.DeleteOld(t.Context(), all); err != nil {
		t.Error(err)
	}
}
