package outbox

import (
	"cmp"
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox/protocol"
)

// Write writes notices to the ledger, from which they are delivered: those of one
// page in their order, different pages concurrently. A notice whose key exists is
// left as it is. A notice that cannot be written does not stop the others.
func (d *Delivery) Write(ctx context.Context, notices ...notify.Notice) error {
	var all errgroup.Group
	all.SetLimit(cmp.Or(d.Writers, 16))
	errs := make([]error, len(notices))
	for _, page := range protocol.ByPage(notices) {
		all.Go(func() error {
			for _, i := range page {
				_, errs[i] = d.rows().insert(ctx, notices[i])
			}
			return nil
		})
	}
	_ = all.Wait()
	return errors.Join(errs...)
}

// restoreWithin is how old a page may be to be looked for after its row was lost. An
// older page is posted again.
const restoreWithin = 24 * time.Hour

// Restore writes the notices whose rows were lost, or are missing although they are
// not resolved. It looks for a page first that may have been posted. What the page
// shows is unknown, so it needs an update.
func (d *Delivery) Restore(ctx context.Context, notices ...notify.Notice) error {
	var errs []error
	for _, n := range notices {
		row, err := d.rows().Get(ctx, n.Key)
		switch {
		case errors.Is(err, ledger.ErrNotFound) && (n.Act != notify.Post || n.State != notify.Resolved):
			err = d.Write(ctx, n)
		case errors.Is(err, ledger.ErrNotFound):
			err = nil
		case err == nil && row.Value.Stage == protocol.Lost:
			r := &protocol.Record{Notice: protocol.Bounded(n), Stage: protocol.Pending, Ref: row.Ref}
			if n.Act == notify.Post && n.Alias == "" { // an alert may be opened again
				r.Notice.Version = 0
				r.Stage, r.Uncertain, r.Wait, r.SendingSince = protocol.Sending, true, d.limits().LookUp, d.now().Add(-restoreWithin)
			}
			_, err = d.rows().save(ctx, r)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// DeleteAll deletes all notices, sent or not, and returns how many there were.
func (d *Delivery) DeleteAll(ctx context.Context) (n int, err error) {
	var errs []error
	for row, err := range d.rows().List(ctx) {
		if err == nil {
			err = d.rows().Delete(ctx, row.Ref)
		}
		if err == nil {
			n++
		}
		errs = append(errs, err)
	}
	return n, errors.Join(errs...)
}

// sendFor is how long Send waits for the channels.
const sendFor = 2 * time.Second

// Send writes notices and sends the new ones. Its error means that they may not be
// written. After that it waits at most two seconds for the channels: a call that takes
// longer continues in the background, and the next Deliver sends the rest.
func (d *Delivery) Send(ctx context.Context, notices ...notify.Notice) error {
	var errs []error
	var written []*protocol.Record
	for _, n := range notices {
		r, err := d.rows().insert(ctx, n)
		errs = append(errs, err)
		if r != nil && d.limiter.Wait(d.Paces[n.Channel], n, d.now()) == 0 {
			written = append(written, r)
		}
	}
	if len(written) > 0 {
		select {
		case <-d.begin(ctx, written):
		case <-time.After(sendFor):
		case <-ctx.Done():
		}
	}
	return errors.Join(errs...)
}

// begin sends notices in the background, for at most a lease. The returned channel
// is closed when that is done.
func (d *Delivery) begin(ctx context.Context, queue []*protocol.Record) <-chan struct{} {
	done := make(chan struct{})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.limits().Lease)
	d.begun.Go(func() {
		defer close(done)
		defer cancel()
		if err := d.sendNow(ctx, queue, 0); err != nil {
			d.Log.WarnContext(ctx, "notices wait for the next pass", "err", err)
		}
	})
	return done
}

// Settle waits until the calls that Send has begun are done.
func (d *Delivery) Settle() { d.begun.Wait() }

// SendWritten sends notices that are in the ledger. The next Deliver sends those that
// it could not send.
func (d *Delivery) SendWritten(ctx context.Context, notices ...notify.Notice) error {
	var errs []error
	var due []*protocol.Record
	for _, n := range notices {
		r, err := d.rows().get(ctx, n.Key)
		switch {
		case errors.Is(err, ledger.ErrNotFound):
		case err != nil:
			errs = append(errs, err)
		case r.Due() && (r.Stage == protocol.Pending || r.Stage == protocol.Sending): // else sent, or another process has it
			due = append(due, r)
		}
	}
	if len(due) > 0 {
		errs = append(errs, d.sendNow(ctx, due, d.Wait))
	}
	return errors.Join(errs...)
}

// sendNow sends only these notices. wait is how long it may wait for the pace.
func (d *Delivery) sendNow(ctx context.Context, queue []*protocol.Record, wait time.Duration) error {
	due := &Due{d: d, found: found{due: queue}}
	if err := due.prepare(ctx); err != nil {
		return err
	}
	_, err := due.work(ctx, wait)
	return err
}
