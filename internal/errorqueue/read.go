package errorqueue

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
)

// A reading is what one pass found in one place.
type reading struct {
	place    Place
	groups   map[string]*group
	messages int // failures read
	err      error
}

// readAll reads all places, a bounded number at a time on one connection.
func (w *Watch) readAll(ctx context.Context, known map[string]incident.Kept) []*reading {
	readings := make([]*reading, len(w.Places))
	var links errgroup.Group
	links.SetLimit(max(w.Links, 1))
	if w.Links == 0 {
		links.SetLimit(8)
	}
	for i, place := range w.Places {
		links.Go(func() error {
			readings[i] = w.read(ctx, place)
			if r := readings[i]; r.err == nil && r.messages == 0 && holdsAny(known, place.Entity()) {
				// An empty answer may be an outage: ask once more, afresh.
				readings[i] = w.read(ctx, place)
			}
			return nil
		})
	}
	_ = links.Wait() // each reading holds its own error
	for _, r := range readings {
		if r.err != nil {
			w.Log.Warn("source is blind", "source", r.place.Label(), "err", r.err)
		}
	}
	return readings
}

// holdsAny reports whether an open incident was last seen in the entity.
func holdsAny(known map[string]incident.Kept, entity string) bool {
	for _, k := range known {
		if _, ok := k.Sources[entity]; ok && k.State == incident.Open && !k.Blind {
			return true
		}
	}
	return false
}

// read reads one place from its first message to its last.
func (w *Watch) read(ctx context.Context, place Place) *reading {
	r := &reading{place: place, groups: map[string]*group{}}
	for m, err := range w.Open(place).Peek(ctx, 0) {
		if err != nil {
			r.err = err
			return r
		}
		if m.State != message.Scheduled { // a scheduled message has not failed
			w.add(r, &m)
		}
	}
	// The SDK may end without an error when its time is up.
	r.err = ctx.Err()
	return r
}
