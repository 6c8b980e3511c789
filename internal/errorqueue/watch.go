// Package errorqueue watches the places where failed messages lie and tells
// people about the problems behind them.
//
// One [Watch.Run] is one pass: read the sources side by side, understand each
// failure and group those with one fingerprint, mask what will be shown,
// compare the groups with the incidents that are known, decide which deserve
// a word and why, write the notices to the ledger, then the incidents, and
// deliver. A crash at any point repeats work; it loses no failure, and a
// notice is posted again only after looking whether it is already there.
//
// A source that cannot be read is reported, never taken for empty: an
// incident resolves only when every source it was seen in was read whole and
// no longer holds it.
package errorqueue

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/privacy"
)

// A Source shows the messages that lie in one place without taking them away.
type Source interface {
	// Peek yields the messages from sequence number from on, oldest first,
	// as a fresh receiver sees them. An error ends the sequence: what came
	// before it is good.
	Peek(ctx context.Context, from int64) iter.Seq2[message.Message, error]
}

// A Watch is the flow. All fields but Pager, Now and Links must be set.
type Watch struct {
	Environment string
	Places      []Place
	Open        func(Place) Source // called once a pass and place
	Reader      *failure.Reader
	Masker      *privacy.Masker
	Rules       Rules
	Incidents   incident.Store
	Delivery    *notify.Delivery
	Chat        incident.Target
	Pager       incident.Target // zero: nobody is paged
	Log         *slog.Logger

	Links int              // how many sources are read at once; 0 means 8
	Now   func() time.Time // nil means time.Now
}

// ErrBlind reports that not one source could be read.
var ErrBlind = errors.New("no source could be read")

// Run makes one pass. Its error means that not all that is owed is in the
// ledger, or that no source could be read; trouble with a single source or
// with a channel is told and logged instead.
func (w *Watch) Run(ctx context.Context) error {
	known, err := w.Incidents.All(ctx)
	if err != nil {
		return err
	}
	readings := w.readAll(ctx, known)
	now := w.now()
	changes := w.compare(known, readings, now)
	if err := w.write(ctx, known, changes); err != nil {
		return err
	}
	// What was written is told even where the clock ran out on reading.
	out, err := w.Delivery.Deliver(ctx)
	w.Log.Info("pass done", "sources", len(readings), "blind", blind(readings), "changes", len(changes), "said", out.Sent, "unsaid", out.Left)
	if err != nil {
		w.Log.Warn("notices wait for the next pass", "err", err)
	}
	if len(readings) > 0 && blind(readings) == len(readings) {
		return fmt.Errorf("%w: %w", ErrBlind, readings[0].err)
	}
	return nil
}

func blind(readings []*reading) int {
	n := 0
	for _, r := range readings {
		if r.err != nil {
			n++
		}
	}
	return n
}

func (w *Watch) now() time.Time {
	if w.Now != nil {
		return w.Now().UTC()
	}
	return time.Now().UTC().Round(0)
}
