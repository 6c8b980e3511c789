package errorqueue

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busbell/busbell/internal/incident"
)

// A reading is what is known of one place after a pass.
type reading struct {
	place    Place
	groups   groups // of an incomplete reading never all that lies there
	messages int    // failures read in this pass

	// complete says that a whole roll call ended in this pass, and that where
	// it missed something another receiver saw no more either: what it does not
	// mention is gone. Of an incomplete reading nothing follows for what it
	// does not mention, and what it counts may be more.
	complete bool

	// late says that failures may have come that no pass has looked at yet.
	late bool

	err error // why the place could not be read to where we wanted

	troubles []*group // problems of ours with the place

	progress progress // to be kept for the next pass
}

// defaultLinks is how many places are looked at side by side.
const defaultLinks = 8

// readAll reads all places, a bounded number at a time on one connection.
// Each place is looked at once before any is looked at again, and another
// one begins each time: where there is not time enough for all, nobody is
// always the last.
func (w *Watch) readAll(ctx context.Context, known map[string]incident.Kept, kept map[string]progress) []*reading {
	ctx, cancel := w.readingTime(ctx)
	defer cancel()
	surveys := make([]*survey, len(w.Places))
	next := make(chan *survey, len(surveys)) // holds each survey at most once
	for i := range surveys {
		surveys[i] = w.survey(w.Places[i], kept[w.Places[i].Entity()], known)
	}
	for i := range surveys {
		next <- surveys[(i+w.turn())%len(surveys)]
	}
	var left atomic.Int64
	left.Store(int64(len(surveys)))
	if len(surveys) == 0 {
		close(next)
	}
	var links sync.WaitGroup
	for range min(orDefault(w.Links, defaultLinks), len(surveys)) {
		links.Go(func() {
			for s := range next {
				if ctx.Err() == nil && s.look(ctx) {
					next <- s
				} else if left.Add(-1) == 0 {
					close(next)
				}
			}
		})
	}
	links.Wait()
	readings := make([]*reading, len(surveys))
	for i, s := range surveys {
		readings[i] = s.reading()
	}
	troubled(readings, known)
	w.logReadings(readings)
	return readings
}

// readingTime is how long a pass reads: it leaves time to write and deliver.
func (w *Watch) readingTime(ctx context.Context) (context.Context, context.CancelFunc) {
	most := orDefault(w.ReadFor, 150*time.Second)
	if deadline, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(deadline)*5/8)
	}
	return context.WithTimeout(ctx, most)
}

// turn is which place a pass begins with.
func (w *Watch) turn() int { return int(w.now().Unix()/60) % len(w.Places) }

func (w *Watch) logReadings(readings []*reading) {
	for _, r := range readings {
		switch {
		case r.err != nil:
			w.Log.Warn("source is blind", "source", r.place.Label(), "err", r.err)
		case r.late:
			w.Log.Info("source is deep, its news come late", "source", r.place.Label(), "read", r.progress.next)
		}
	}
}
