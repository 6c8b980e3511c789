// Package destination stores what all processes need to know of a destination: its
// id in the channel, how long it must not be called, and since when it is
// unreachable.
package destination

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// A Row has what is known of a destination.
type Row struct {
	ID string `json:"id,omitempty"` // the channel's own

	// Of a channel as a whole: how long after the last write of the row it must not be
	// called, or only not by certain calls, and since when it has only said "later".
	Pause      time.Duration            `json:"pause,omitempty"`
	Holds      map[string]time.Duration `json:"holds,omitempty"`
	LaterSince time.Time                `json:"laterSince,omitzero"`

	// Unreachable is since when it takes no notices; zero while it does. Outage counts
	// the outages, Reported is where the present one was reported, and Why is its cause.
	Unreachable time.Time          `json:"unreachable,omitzero"`
	Outage      int                `json:"outage,omitempty"`
	Reported    notify.Destination `json:"reported,omitzero"`
	Why         string             `json:"why,omitempty"`

	pausedUntil time.Time            // by our clock
	heldUntil   map[string]time.Time // likewise
	ref         ledger.Ref
}

// Leave makes all processes leave the channel alone until a time, or only the named
// call.
func (r *Row) Leave(call string, until time.Time) {
	switch {
	case call == "" && r.pausedUntil.Before(until):
		r.pausedUntil = until
	case call != "":
		held := map[string]time.Time{call: until}
		for other, end := range r.heldUntil {
			if other != call {
				held[other] = end
			}
		}
		r.heldUntil = held
	}
}

// Until is when all calls, or the named call, may be made again.
func (r Row) Until(call string) time.Time {
	if call == "" {
		return r.pausedUntil
	}
	return r.heldUntil[call]
}

// All are the destinations of an environment, as last read or changed. It is safe for
// concurrent use.
type All struct {
	rows ledger.Table[Row]
	now  func() time.Time

	mu    sync.Mutex
	known map[notify.Destination]Row
}

// Read reads them from their table.
func Read(ctx context.Context, rows ledger.Table[Row], now func() time.Time) (*All, error) {
	all := &All{rows: rows, now: now, known: map[notify.Destination]Row{}}
	for row, err := range rows.List(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list destinations: %w", err)
		}
		channel, to, _ := strings.Cut(row.Key, ":")
		all.known[notify.Destination{Channel: channel, To: to}] = all.read(row)
	}
	return all, nil
}

// Unreachable are the destinations that take no notices.
func (all *All) Unreachable() map[notify.Destination]Row {
	all.mu.Lock()
	defer all.mu.Unlock()
	found := maps.Clone(all.known)
	maps.DeleteFunc(found, func(_ notify.Destination, r Row) bool { return r.Unreachable.IsZero() })
	return found
}

// read reads a row. Its times are not later than its write, because the clock of the
// writer may be ahead of ours.
func (all *All) read(row ledger.Row[Row]) Row {
	r, written := row.Value, row.WrittenBy(all.now())
	r.ref, r.pausedUntil = row.Ref, written.Add(r.Pause)
	r.heldUntil = map[string]time.Time{}
	for call, hold := range r.Holds {
		r.heldUntil[call] = written.Add(hold)
	}
	for _, since := range []*time.Time{&r.LaterSince, &r.Unreachable} {
		if since.After(written) {
			*since = written
		}
	}
	return r
}

// Get returns what is known of a destination; the zero Row if nothing is.
func (all *All) Get(at notify.Destination) Row {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.known[at]
}

// writeFor is the timeout of a write, which is also made after the invocation is over.
const writeFor = 5 * time.Second

// Change stores what f makes of a destination, unless f returns false. If another
// process has changed the row, f is called again.
func (all *All) Change(ctx context.Context, at notify.Destination, f func(*Row) bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeFor)
	defer cancel()
	r := all.Get(at)
	for range 5 {
		var err error
		if f(&r) {
			r.Pause = max(r.pausedUntil.Sub(all.now()), 0)
			r.Holds = map[string]time.Duration{}
			for call, until := range r.heldUntil {
				if hold := until.Sub(all.now()); hold > 0 {
					r.Holds[call] = hold
				}
			}
			row := ledger.Row[Row]{Ref: r.ref, Value: r}
			row.Key = at.String()
			row, err = all.rows.Save(ctx, row)
			r.ref = row.Ref
		}
		if err == nil {
			all.mu.Lock()
			defer all.mu.Unlock()
			all.known[at] = r
			return nil
		}
		if !ledger.Conflict(err) {
			return fmt.Errorf("update destination %s: %w", at, err)
		}
		row, err := all.rows.Get(ctx, at.String())
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return fmt.Errorf("read destination %s: %w", at, err)
		}
		r = all.read(row)
	}
	return fmt.Errorf("update destination %s: %w", at, ledger.ErrChanged)
}

// Learn stores the id of a destination in its channel; "" deletes it.
func (all *All) Learn(ctx context.Context, at notify.Destination, id string) {
	err := all.Change(ctx, at, func(r *Row) bool {
		changed := r.ID != id
		r.ID = id
		return changed
	})
	if err != nil { // the channel is asked again
		all.rows.Log.WarnContext(ctx, "id of a destination not stored", "destination", at.String(), "err", err)
	}
}
