package notify

import (
	"context"
	"errors"
	"fmt"
)

// mostForgotten bounds what one sweep deletes; the next goes on.
const mostForgotten = 200

// sweep deletes finished records whose time is over. The page of a subject
// that may still speak stays, for whoever wants to speak there needs it.
func (d *Delivery) sweep(ctx context.Context, known sites, old []*record) error {
	var errs []error
	for _, r := range old[:min(len(old), mostForgotten)] {
		if ctx.Err() != nil {
			break // there is no hurry
		}
		if err := d.forget(ctx, known, r); err != nil {
			errs = append(errs, fmt.Errorf("forget notice %s: %w", r.Notice.Key, err))
		}
	}
	return errors.Join(errs...)
}

func (d *Delivery) forget(ctx context.Context, known sites, r *record) error {
	stays, err := d.stays(ctx, known, r)
	if err != nil {
		return err
	}
	if stays {
		r.Wait = d.retention()
		_, err := d.write(ctx, r)
		return err
	}
	return d.notices().Delete(ctx, r.entry)
}

func (d *Delivery) stays(ctx context.Context, known sites, r *record) (bool, error) {
	if r.Notice.Act != Post || r.Stage != sent && !r.Uncertain {
		return false, nil
	}
	if at, ours := placeOf(r.Notice.Subject); ours {
		return known[at] != nil && !known[at].Deaf.IsZero(), nil
	}
	if d.Keep == nil {
		return false, nil
	}
	return d.Keep(ctx, r.Notice.Subject)
}
