package opsgenie

import (
	"context"
	"iter"
	"maps"
	"slices"
)

// A Snapshot is what the pager holds at one moment.
type Snapshot struct {
	Rev        int64          `json:"rev"`     // counts changes
	Cleared    int64          `json:"cleared"` // the Rev at which all alerts were last forgotten
	Alerts     []Alert        `json:"alerts"`  // oldest first
	Heartbeats map[string]int `json:"heartbeats"`

	// Calls counts the calls of each method, refused ones and those that met
	// a fault included.
	Calls map[string]int `json:"calls"`
}

// Open are the alerts that nobody has closed.
func (s Snapshot) Open() []Alert {
	return slices.DeleteFunc(slices.Clone(s.Alerts), func(a Alert) bool { return !a.Open() })
}

// Alias are the alerts of an alias, oldest first; at most the last is open.
func (s Snapshot) Alias(alias string) []Alert {
	return slices.DeleteFunc(slices.Clone(s.Alerts), func(a Alert) bool { return a.Alias != alias })
}

// Snapshot is all that the pager holds now. It stays as it is.
func (s *Server) Snapshot() Snapshot { return s.Changed(0) }

// Changed is a snapshot that has only those alerts that were opened or
// changed after rev.
func (s *Server) Changed(rev int64) Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := Snapshot{
		Rev: s.rev, Cleared: s.cleared, Alerts: []Alert{},
		Heartbeats: maps.Clone(s.beats), Calls: maps.Clone(s.calls),
	}
	for _, a := range s.alerts {
		if a.Rev > rev {
			kept := *a
			kept.History = slices.Clone(a.History)
			snap.Alerts = append(snap.Alerts, kept)
		}
	}
	return snap
}

// Wait returns the newest rev as soon as it is later than the given one, or
// ctx's error.
func (s *Server) Wait(ctx context.Context, rev int64) (int64, error) {
	for {
		s.mu.Lock()
		now, changed := s.rev, s.changed
		s.mu.Unlock()
		if now > rev {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// Watch yields a snapshot at once and another after each change, until ctx
// ends. Changes that come faster than they are looked at come together.
func (s *Server) Watch(ctx context.Context) iter.Seq[Snapshot] {
	return func(yield func(Snapshot) bool) {
		for {
			snap := s.Snapshot()
			if !yield(snap) {
				return
			}
			if _, err := s.Wait(ctx, snap.Rev); err != nil {
				return
			}
		}
	}
}

// Clear forgets all alerts and the requests that still wait.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alerts, s.waiting = nil, nil
	clear(s.outcomes)
	clear(s.beats)
	clear(s.calls)
	s.touch(nil)
	s.cleared = s.rev
}

// touch notes a change, to a if it is not nil.
func (s *Server) touch(a *Alert) {
	s.rev++
	if a != nil {
		a.Rev = s.rev
	}
	close(s.changed)
	s.changed = make(chan struct{})
}
