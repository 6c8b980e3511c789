package errorqueue

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
)

// A reading is what is known of one place after a pass.
type scanResult struct {
	source   Source
	implied  bool   // nobody named the place
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

	own      bool      // it is a queue of our own, of which only this was asked:
	oldest   time.Time // since when does a message wait?
	problems []*group  // problems of ours with the place

	progress progress // to be kept for the next pass
}

// defaultLinks is how many places are looked at side by side.
const defaultConnections = 8

// readAll reads all places, a bounded number at a time on one connection.
// Each place is looked at once before any is looked at again, and another
// one begins each time: where there is not time enough for all, nobody is
// always the last.
func (w *Watch) readAll(ctx context.Context, to sourceSet, known map[string]incident.Stored, kept map[string]progress) []*scanResult {
	ctx, cancel := w.readingTime(ctx)
	defer cancel()
	places := slices.Concat(to.named, to.implied)
	surveys := make([]*sourceScan, len(places))
	next := make(chan *sourceScan, len(surveys)) // holds each survey at most once
	for i, place := range places {
		surveys[i] = w.newScan(place, kept[place.Entity()], known)
	}
	for i := range surveys {
		next <- surveys[(i+w.rotation())%len(surveys)]
	}
	var left atomic.Int64
	left.Store(int64(len(surveys)))
	if len(surveys) == 0 {
		close(next)
	}
	var links sync.WaitGroup
	for range min(orDefault(w.Connections, defaultConnections), len(surveys)) {
		links.Go(func() {
			for s := range next {
				if ctx.Err() == nil && s.poll(ctx) {
					next <- s
				} else if left.Add(-1) == 0 {
					close(next)
				}
			}
		})
	}
	links.Wait()
	readings := make([]*scanResult, len(surveys))
	for i, s := range surveys {
		readings[i] = s.result()
		if i >= len(to.named) {
			readings[i].markImplied()
		}
	}
	return readings
}

// nobodyAsked marks the reading of a place that nobody named. Where there is
// none it is no trouble: what a queue does not have it cannot hold, and one
// of our own belongs to a function that is not deployed.
func (r *scanResult) markImplied() {
	r.implied = true
	if errors.Is(r.err, message.ErrMissing) {
		r.err, r.late = nil, false
	}
}

// readingTime is how long a pass reads: it leaves time to write and deliver.
func (w *Watch) readingTime(ctx context.Context) (context.Context, context.CancelFunc) {
	most := orDefault(w.ReadTime, 150*time.Second)
	if deadline, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(deadline)*5/8)
	}
	return context.WithTimeout(ctx, most)
}

// turn says with which place a pass begins.
func (w *Watch) rotation() int { return int(w.now().Unix() / 60) }

func (w *Watch) logResults(ctx context.Context, readings []*scanResult) {
	for _, r := range readings {
		switch {
		case r.err != nil:
			w.Log.WarnContext(ctx, "source is blind", "source", r.source.Label(), "err", r.err)
		case r.late:
			w.Log.InfoContext(ctx, "source is deep, its news come late", "source", r.source.Label(), "read", r.progress.next)
		}
	}
}
