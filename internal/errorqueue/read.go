package errorqueue

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
)

// A reading is what is known of one place after a pass.
type reading struct {
	place    Place
	groups   map[string]*group // by fingerprint; of an incomplete reading never all that lies there
	messages int               // failures read in this pass
	since    time.Time         // failures before it are not counted by the hour

	// complete says that a whole roll call ended in this pass, and that where
	// it found nothing another receiver found nothing either: what it does not
	// mention is gone. Of an incomplete reading nothing follows for what it
	// does not mention, and what it counts may be more.
	complete bool

	// late says that failures may have come that no pass has looked at yet.
	late bool

	err error // why the place could not be read to where we wanted

	troubles []*group // problems of ours with the place
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
		if r.late {
			w.Log.Info("source is deep, its news come late", "source", r.place.Label())
		}
	}
	troubled(readings, known)
	return readings
}

// holdsAny reports whether an open incident was last seen in the entity.
func holdsAny(known map[string]incident.Kept, entity string) bool {
	for _, k := range known {
		if _, ok := k.Sources[entity]; ok && k.Alive() && !k.Blind {
			return true
		}
	}
	return false
}

// read reads one place from its first message to its last.
func (w *Watch) read(ctx context.Context, place Place) *reading {
	r := &reading{place: place, groups: map[string]*group{}, since: w.now().Add(-24 * time.Hour)}
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
	r.complete = r.err == nil
	return r
}
