package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox/destination"
	"github.com/busbell/busbell/internal/notify/outbox/protocol"
)

// lostFor is how long an emptied row stays. Notices that need it wait that long for a
// pass to restore it.
const lostFor = 10 * time.Minute

// rows are the notices in the ledger.
type rows struct {
	ledger.Table[protocol.Record]
	now func() time.Time
}

func (d *Delivery) rows() rows {
	return rows{ledger.Table[protocol.Record]{Ledger: d.Ledger, Log: d.Log, Environment: d.Environment, Name: d.Part + "notices", Shape: 2}, d.now}
}

func (d *Delivery) destinationRows() ledger.Table[destination.Row] {
	return ledger.Table[destination.Row]{Ledger: d.Ledger, Log: d.Log, Environment: d.Environment, Name: d.Part + "channels", Shape: 1}
}

// get returns the record of a notice, or ErrNotFound of package ledger.
func (t rows) get(ctx context.Context, key string) (*protocol.Record, error) {
	row, err := t.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	return t.read(ctx, row)
}

// read returns what a row holds.
func (t rows) read(ctx context.Context, row ledger.Row[protocol.Record]) (*protocol.Record, error) {
	r := row.Value
	r.Ref = row.Ref
	if r.Stage == protocol.Lost && row.Age >= lostFor {
		if err := t.Delete(ctx, r.Ref); err != nil {
			t.Log.WarnContext(ctx, "lost notice not deleted", "notice", row.Key, "err", err)
		}
		return nil, ledger.ErrNotFound
	}
	if r.Written.IsZero() {
		r.Written = row.Written
	}
	if r.Stage == protocol.Sending && r.SendingSince.IsZero() {
		r.SendingSince = row.Written
	}
	r.Age = row.Written.Add(row.Age).Sub(r.Written)
	return &r, nil
}

// insert writes a notice and returns its record; nil if its key exists already.
func (t rows) insert(ctx context.Context, n notify.Notice) (*protocol.Record, error) {
	r := &protocol.Record{Notice: protocol.Bounded(n), Stage: protocol.Pending, Ref: ledger.Ref{Key: n.Key}}
	if err := t.store(ctx, r); errors.Is(err, ledger.ErrExists) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("write notice %s: %w", n.Key, err)
	}
	return r, nil
}

// save stores the record. It returns false if another process has changed it.
func (t rows) save(ctx context.Context, r *protocol.Record) (bool, error) {
	if err := t.store(ctx, r); ledger.Conflict(err) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("update notice %s: %w", r.Ref.Key, err)
	}
	return true, nil
}

// store writes the record. An unfinished row is always listed as due, so that the
// clock of the reader does not matter; [protocol.Record.Due] decides.
func (t rows) store(ctx context.Context, r *protocol.Record) error {
	r.Ref.Due = time.Unix(0, 0).UTC()
	if r.Stage.Finished() {
		r.Ref.Due = t.now().Add(r.Wait)
	}
	row, err := t.Save(ctx, ledger.Row[protocol.Record]{Ref: r.Ref, Value: *r})
	if err == nil {
		r.Ref = row.Ref
	}
	return err
}

// detached returns a context for storing what has happened, even if the invocation is
// over.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}
