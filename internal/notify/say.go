package notify

import (
	"context"
	"errors"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// sayFor is how long whoever says something waits for the channels.
const sayFor = 2 * time.Second

// Say writes notices and sends those of them that are new. Its error means
// that they may not be written. Once they are, it waits no longer than two
// seconds for the channels: a call that takes longer goes on beside, and what
// the pace does not allow now is left to the next Deliver, like all that a
// channel does not take.
func (d *Delivery) Say(ctx context.Context, notices ...Notice) error {
	var errs []error
	var fresh []*record
	for _, n := range notices {
		switch r, err := d.insert(ctx, n); {
		case err != nil:
			errs = append(errs, err)
		case r != nil && d.paces.wait(d.Paces[n.Channel].bucket(n), d.now()) == 0:
			fresh = append(fresh, r)
		}
	}
	if len(fresh) > 0 {
		begun := d.begin(ctx, fresh)
		timer := time.NewTimer(sayFor)
		defer timer.Stop()
		select {
		case <-begun:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return errors.Join(errs...)
}

// begin sends notices beside the caller, for no longer than a lease, and
// closes the channel that it returns when that is done.
func (d *Delivery) begin(ctx context.Context, queue []*record) <-chan struct{} {
	done := make(chan struct{})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.lease())
	d.begun.Go(func() {
		defer close(done)
		defer cancel()
		if err := d.sendNow(ctx, queue, 0); err != nil {
			d.Log.WarnContext(ctx, "notices wait for the next pass", "err", err)
		}
	})
	return done
}

// Settle waits until all is done that Say has begun.
func (d *Delivery) Settle() { d.begun.Wait() }

// Show sends notices that are in the ledger. What it does not manage is left
// to the next Deliver.
func (d *Delivery) Show(ctx context.Context, notices ...Notice) error {
	var errs []error
	var due []*record
	for _, n := range notices {
		r, err := d.get(ctx, n.Key)
		switch {
		case errors.Is(err, ledger.ErrNotFound):
		case err != nil:
			errs = append(errs, err)
		case r.due() && !r.Stage.finished(): // else said, or somebody else's, or the next sweep's
			due = append(due, r)
		}
	}
	if len(due) > 0 {
		errs = append(errs, d.sendNow(ctx, due, d.Wait))
	}
	return errors.Join(errs...)
}

// sendNow sends just these notices, and waits for the channels for so long.
func (d *Delivery) sendNow(ctx context.Context, queue []*record, wait time.Duration) error {
	due := &Due{d: d, found: found{due: queue}}
	if err := due.prepare(ctx); err != nil {
		return err
	}
	_, err := due.tours(ctx, wait)
	return err
}
