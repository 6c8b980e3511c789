package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox/protocol"
)

// maxDeleted is how many rows one delivery deletes; the next one continues.
const maxDeleted = 200

// cleanUp deletes finished records whose retention is over.
func (due *Due) cleanUp(ctx context.Context) error {
	var errs []error
	for _, r := range due.found.old[:min(len(due.found.old), maxDeleted)] {
		if ctx.Err() != nil {
			break // the next delivery continues
		}
		if err := due.delete(ctx, r); err != nil {
			errs = append(errs, fmt.Errorf("delete notice %s: %w", r.Notice.Key, err))
		}
	}
	return errors.Join(errs...)
}

// delete deletes a record. The page of a subject about which more notices may follow
// stays for another retention, because they need it.
func (due *Due) delete(ctx context.Context, r *protocol.Record) error {
	inUse, err := due.inUse(ctx, r)
	switch {
	case err != nil:
		return err
	case !inUse:
		return due.d.rows().Delete(ctx, r.Ref)
	}
	r.Wait = due.d.limits().Retention
	_, err = due.d.rows().save(ctx, r)
	return err
}

func (due *Due) inUse(ctx context.Context, r *protocol.Record) (bool, error) {
	if r.Notice.Act != notify.Post || r.Stage != protocol.Sent && !r.Uncertain {
		return false, nil
	}
	if to, ok := outageOf(r.Notice.Subject); ok {
		return !due.destinations.Get(to).Unreachable.IsZero(), nil
	}
	if due.d.InUse == nil {
		return false, nil
	}
	return due.d.InUse(ctx, r.Notice.Subject)
}
