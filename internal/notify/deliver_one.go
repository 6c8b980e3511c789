package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// deliverOne takes one due notice as far as it goes: claim, look up what an
// earlier try may have left, send, record.
func (d *Delivery) deliverOne(ctx context.Context, ch Channel, r *record) (stage, error) {
	page, overtaken, err := d.pageOf(ctx, r)
	switch {
	case err != nil:
		return pending, err
	case overtaken:
		return d.finish(ctx, r, moot)
	case r.Notice.Act != Announce && page == nil:
		return pending, nil // its page comes first
	}
	uncertain := r.Stage == sending
	if won, err := d.claim(ctx, r); err != nil || !won {
		return pending, err
	}
	var on Receipt
	if page != nil {
		on = page.Receipt
	}
	if uncertain {
		receipt, found, err := ch.Find(ctx, r.Notice, on, r.SendingSince)
		if err != nil {
			return d.unknown(ctx, r, fmt.Errorf("look up: %w", err))
		}
		if found {
			return d.record(ctx, r, page, receipt)
		}
	}
	// Asked after looking up: a page that was created after all must be known,
	// or nobody would ever bring it up to date.
	if overtaken, err := d.overtaken(ctx, r.Notice); err != nil || overtaken {
		return d.mootOrLater(ctx, r, err)
	}
	receipt, err := ch.Send(ctx, r.Notice, on)
	if err != nil {
		return d.failed(ctx, r, page, err)
	}
	return d.record(ctx, r, page, receipt)
}

func (d *Delivery) overtaken(ctx context.Context, n Notice) (bool, error) {
	if n.Act != Announce || d.Moot == nil {
		return false, nil
	}
	return d.Moot(ctx, n)
}

func (d *Delivery) mootOrLater(ctx context.Context, r *record, err error) (stage, error) {
	if err != nil {
		return d.again(ctx, r, time.Second, fmt.Errorf("ask whether it is still needed: %w", err))
	}
	return d.finish(ctx, r, moot)
}

// pageOf returns the record of the page that a notice needs, nil while that
// page is not there yet, and whether the notice has been overtaken.
func (d *Delivery) pageOf(ctx context.Context, r *record) (page *record, overtaken bool, err error) {
	n := r.Notice
	if n.Act == Announce {
		return nil, false, nil
	}
	e, err := d.Ledger.Get(ctx, d.key(n.Page))
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read page %s: %w", n.Page, err)
	}
	page, err = fromEntry(e)
	switch {
	case err != nil:
		return nil, false, err
	case page.Stage == moot || page.Stage == dead:
		// An alert of unknown outcome may be there all the same: end it.
		return page, n.Act != End || !page.Uncertain, nil
	case page.Stage != sent:
		return nil, false, nil
	}
	return page, n.Act == Revise && n.Version <= page.Rendered, nil
}

// claim marks the notice as being sent by us. Not won means that somebody
// else has it.
func (d *Delivery) claim(ctx context.Context, r *record) (bool, error) {
	now := d.now()
	if r.Stage != sending {
		r.SendingSince = now // otherwise the first send of unknown outcome counts
	}
	r.Uncertain = r.Uncertain || r.Stage == sending
	r.Stage, r.Owner = sending, newOwner()
	r.Tries++
	r.entry.Due = now.Add(max(d.lease(), d.lookUp()))
	return d.write(ctx, r)
}

// write stores the record if nobody else changed it. When the answer is lost
// it reads back whose write is there.
func (d *Delivery) write(ctx context.Context, r *record) (bool, error) {
	e, err := r.toEntry()
	if err != nil {
		return false, err
	}
	stored, err := d.Ledger.Update(ctx, e)
	if err == nil {
		r.entry = stored
		return true, nil
	}
	back, readErr := d.Ledger.Get(ctx, e.Key)
	if readErr != nil {
		return false, fmt.Errorf("write record: %w", errors.Join(err, readErr))
	}
	there, readErr := fromEntry(back)
	if readErr != nil {
		return false, readErr
	}
	if there.Owner == r.Owner && there.Stage == r.Stage {
		r.entry = back
		return true, nil
	}
	if errors.Is(err, ledger.ErrChanged) || errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	return false, fmt.Errorf("write record: %w", err)
}

// record stores that the notice was said, and on its page which version that
// shows now. If the writing fails, the next look-up finds the message.
func (d *Delivery) record(ctx context.Context, r, page *record, receipt Receipt) (stage, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	r.Receipt, r.LastError = receipt, ""
	if r.Notice.Act == Announce {
		r.Rendered = r.Notice.Version
	}
	if page != nil && r.Notice.Act == Revise {
		page.Rendered = r.Notice.Version
		if _, err := d.write(ctx, page); err != nil {
			return sending, err
		}
	}
	d.Log.Info("said", "notice", r.Notice.Key, "channel", r.Notice.Channel, "act", string(r.Notice.Act), "reason", r.Notice.Reason)
	return d.finish(ctx, r, sent)
}

func (d *Delivery) finish(ctx context.Context, r *record, s stage) (stage, error) {
	r.Stage, r.entry.Due = s, time.Time{}
	_, err := d.write(ctx, r)
	return s, err
}

// failed decides what an error of Send means for the next try.
func (d *Delivery) failed(ctx context.Context, r, page *record, err error) (stage, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	later, isLater := errors.AsType[*LaterError](err)
	switch {
	case isLater:
		return d.again(ctx, r, max(later.After, time.Second), err)
	case errors.Is(err, ErrGone) && page != nil && r.Notice.Act == Revise:
		return d.reannounce(ctx, r, page)
	case errors.Is(err, ErrRejected), errors.Is(err, ErrGone):
		// Somebody may mend the token or invite the bot: try again, ever more rarely.
		return d.again(ctx, r, min(time.Minute<<min(r.Tries-1, 6), time.Hour), err)
	}
	return d.unknown(ctx, r, err)
}

// again makes a notice that was certainly not said due after a while.
func (d *Delivery) again(ctx context.Context, r *record, after time.Duration, cause error) (stage, error) {
	if r.Tries >= d.tries() {
		return d.giveUp(ctx, r, cause)
	}
	r.Stage, r.LastError, r.entry.Due = pending, cause.Error(), d.now().Add(after)
	_, err := d.write(ctx, r)
	return pending, errors.Join(cause, err)
}

// unknown leaves the notice marked: it may have been said. The next try
// begins with looking it up.
func (d *Delivery) unknown(ctx context.Context, r *record, cause error) (stage, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	r.Uncertain = true
	if r.Tries >= d.tries() {
		return d.giveUp(ctx, r, cause)
	}
	r.LastError, r.entry.Due = cause.Error(), d.now().Add(d.lookUp())
	_, err := d.write(ctx, r)
	return sending, errors.Join(cause, err)
}

func (d *Delivery) giveUp(ctx context.Context, r *record, cause error) (stage, error) {
	r.LastError = cause.Error()
	s, err := d.finish(ctx, r, dead)
	return s, errors.Join(fmt.Errorf("given up after %d tries: %w", r.Tries, cause), err)
}

// reannounce makes a new page of one that was deleted: the page's own record
// becomes due again with the newest face.
func (d *Delivery) reannounce(ctx context.Context, r, page *record) (stage, error) {
	face := r.Notice
	face.Key, face.Act, face.Page = page.Notice.Key, Announce, ""
	page.Notice, page.Stage, page.Receipt, page.Owner = face, pending, Receipt{}, newOwner()
	page.entry.Due = d.now()
	if _, err := d.write(ctx, page); err != nil {
		return pending, err
	}
	return d.finish(ctx, r, moot)
}
