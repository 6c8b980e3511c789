package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// A destinationRow is what all processes need to know of a destination.
type destinationRow struct {
	ID string `json:"id,omitempty"` // the channel's own

	// Of a channel as a whole: how long, from the row's last write on, it wants
	// to be left alone, and since when it has said nothing but "later".
	Pause      time.Duration `json:"pause,omitempty"`
	LaterSince time.Time     `json:"laterSince,omitzero"`

	// Unreachable is since when it takes no notices, zero while it does. Outage
	// counts how often that was; Reported is where the present one was reported,
	// and Why is its cause.
	Unreachable time.Time          `json:"unreachable,omitzero"`
	Outage      int                `json:"outage,omitempty"`
	Reported    notify.Destination `json:"reported,omitzero"`
	Why         string             `json:"why,omitempty"`

	pausedUntil time.Time // by our clock
	ref         ledger.Ref
}

// destinations are all of an environment, as they were when they were read or
// changed last.
type destinations struct {
	ledger.Table[destinationRow]
	now func() time.Time

	mu    sync.Mutex // the workers share them
	known map[notify.Destination]destinationRow
}

func (d *Delivery) destinations() *destinations {
	table := ledger.Table[destinationRow]{Ledger: d.Ledger, Log: d.Log, Environment: d.Environment, Name: d.Part + "channels", Shape: 1}
	return &destinations{Table: table, now: d.now, known: map[notify.Destination]destinationRow{}}
}

// load reads all of them.
func (all *destinations) load(ctx context.Context) error {
	for row, err := range all.List(ctx) {
		if err != nil {
			return fmt.Errorf("list destinations: %w", err)
		}
		channel, to, _ := strings.Cut(row.Key, ":")
		all.known[notify.Destination{Channel: channel, To: to}] = all.read(row)
	}
	return nil
}

// read reads a row. What began, began before it was written: the clock of its
// writer may be ahead of ours.
func (all *destinations) read(row ledger.Row[destinationRow]) destinationRow {
	r, written := row.Value, row.WrittenBy(all.now())
	r.ref, r.pausedUntil = row.Ref, written.Add(r.Pause)
	for _, since := range []*time.Time{&r.LaterSince, &r.Unreachable} {
		if since.After(written) {
			*since = written
		}
	}
	return r
}

// get is what is known of a destination; the zero row where nothing is.
func (all *destinations) get(at notify.Destination) destinationRow {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.known[at]
}

// change stores what f makes of a destination, unless it returns false. When
// another process has changed the row, f is asked again.
func (all *destinations) change(ctx context.Context, at notify.Destination, f func(*destinationRow) bool) error {
	ctx, cancel := detached(ctx)
	defer cancel()
	r := all.get(at)
	for range 5 {
		var err error
		if f(&r) {
			r.Pause = max(r.pausedUntil.Sub(all.now()), 0)
			row := ledger.Row[destinationRow]{Ref: r.ref, Value: r}
			row.Key = at.String()
			row, err = all.Save(ctx, row)
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
		row, err := all.Get(ctx, at.String())
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return fmt.Errorf("read destination %s: %w", at, err)
		}
		r = all.read(row)
	}
	return fmt.Errorf("update destination %s: %w", at, ledger.ErrChanged)
}

// learn stores the channel's id of a destination; "" forgets it.
func (all *destinations) learn(ctx context.Context, at notify.Destination, id string) {
	err := all.change(ctx, at, func(r *destinationRow) bool {
		changed := r.ID != id
		r.ID = id
		return changed
	})
	if err != nil { // the channel is only asked again
		all.Log.WarnContext(ctx, "id of a destination not stored", "destination", at.String(), "err", err)
	}
}
