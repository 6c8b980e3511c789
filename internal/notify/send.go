package notify

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// one takes one notice as far as it goes. The pace is asked before the ledger
// is: what has to wait is met again and again. A panic is a try of which
// nobody knows how far it came.
func (t *tour) one(ctx context.Context, r *record) (s stage, err error) {
	if wait := t.d.paces.wait(t.pace(r.Notice), t.d.now()); wait > 0 {
		return pending, &pacedError{wait}
	}
	tries := r.Tries
	defer func() {
		if p := recover(); p != nil {
			s, err = t.panicked(ctx, r, tries, p)
		}
	}()
	page, err := t.pageOf(ctx, r)
	switch {
	case errors.Is(err, errMoot):
		return t.finish(ctx, r, moot)
	case err != nil:
		return pending, err
	case r.Notice.Act == Update && !page.Fixed:
		return t.edit(ctx, r, page)
	}
	return t.send(ctx, r, page)
}

func (t *tour) pace(n Notice) bucket { return t.d.Paces[t.name].bucket(n) }

// panicked counts a try that ended in a panic.
func (t *tour) panicked(ctx context.Context, r *record, tries int, p any) (stage, error) {
	t.d.Log.ErrorContext(ctx, "a notice ended in a panic", "notice", r.Notice.Key, "panic", p, "stack", string(debug.Stack()))
	cause := fmt.Errorf("panic: %v", p)
	r.Tries = tries + 1
	if r.Stage == sending {
		return t.unknown(ctx, r, cause)
	}
	return t.again(ctx, r, pending, t.d.lease(), cause)
}

// pageOf returns the record of the page that a notice needs, none for an
// announcement.
func (t *tour) pageOf(ctx context.Context, r *record) (*record, error) {
	n := r.Notice
	if err := t.first(ctx, n); err != nil {
		return nil, err
	}
	if n.Act == Post {
		return nil, nil
	}
	page, err := t.d.get(ctx, n.Page)
	switch {
	case n.Act == Close && errors.Is(err, ledger.ErrNotFound):
		return nil, nil // its row was lost; the alert may be there all the same
	case errors.Is(err, errLost):
		return nil, errPageFirst
	case errors.Is(err, ledger.ErrNotFound):
		return nil, errMoot
	case err != nil:
		return nil, fmt.Errorf("read page %s: %w", n.Page, err)
	}
	return page, t.fits(ctx, n, page)
}

// first reports whether a notice must wait for another.
func (t *tour) first(ctx context.Context, n Notice) error {
	if n.After == "" {
		return nil
	}
	before, err := t.d.get(ctx, n.After)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read notice %s: %w", n.After, err)
	}
	if !before.Stage.finished() {
		return errPageFirst
	}
	return nil
}

// fits reports why a notice cannot go to its page as that is now.
func (t *tour) fits(ctx context.Context, n Notice, page *record) error {
	over := page.Stage == moot || page.Stage == dead
	switch {
	case over && n.Act == Close && page.Uncertain:
		return nil // it may be there all the same: end it
	case page.Stage == moot, over && n.Act == Close:
		return errMoot
	case page.Stage == dead: // there is news: try once more to be heard
		return t.revive(ctx, n, page)
	case page.Stage != sent:
		return errPageFirst
	case n.Act == Update && (n.Version <= page.Rendered || n.Version < page.Attempted):
		return errMoot
	}
	return nil
}

// send claims the notice, looks up what an earlier try may have left, sends
// and records.
func (t *tour) send(ctx context.Context, r, page *record) (stage, error) {
	if wait := t.d.paces.take(t.pace(t.spoken(r, page)), t.d.now()); wait > 0 {
		return pending, &pacedError{wait}
	}
	on, err := t.where(ctx, r, page)
	if err != nil {
		r.Tries++
		return t.failed(ctx, r, page, r.Stage, err)
	}
	uncertain := r.Stage == sending
	if err := t.claim(ctx, r); err != nil {
		return pending, err
	}
	t.d.at("claimed")
	if uncertain {
		receipt, found, err := t.lookUp(ctx, r, page, on)
		later, isLater := errors.AsType[*LaterError](err)
		switch {
		case isLater:
			return t.later(ctx, r, sending, later)
		case errors.Is(err, ErrNotSent):
			return t.failed(ctx, r, page, sending, err)
		case err != nil:
			return t.unknown(ctx, r, fmt.Errorf("look up: %w", err))
		case found:
			return t.record(ctx, r, page, receipt)
		}
		if err := t.hold(ctx, r); err != nil { // looking it up may have taken long
			return sending, err
		}
	}
	// Asked after looking up: a page that was created after all must be known,
	// or nobody would ever bring it up to date.
	switch overtaken, err := t.overtaken(ctx, r.Notice); {
	case err != nil:
		return t.putOff(ctx, r, pending, time.Second, fmt.Errorf("ask whether it is still needed: %w", err))
	case overtaken:
		return t.finish(ctx, r, moot)
	}
	receipt, err := t.call(ctx, r, page, on)
	if err != nil {
		return t.failed(ctx, r, page, pending, err)
	}
	return t.record(ctx, r, page, receipt)
}

// where is the receipt of the notice's page, or the id of the place where the
// page will be.
func (t *tour) where(ctx context.Context, r, page *record) (Receipt, error) {
	if page != nil {
		return page.Receipt, nil
	}
	at := r.Notice.place()
	known, ok := t.ch.(Resolver)
	if !ok || t.site(at).ID != "" {
		return Receipt{Destination: t.site(at).ID}, nil
	}
	asking, cancel := context.WithTimeout(ctx, t.d.lease()/2)
	defer cancel()
	id, err := known.Resolve(asking, at.To)
	if err != nil {
		return Receipt{}, err
	}
	t.learn(ctx, at, id)
	return Receipt{Destination: id}, nil
}

// claim marks the notice as being sent by us; errTaken means that somebody
// else has it.
func (t *tour) claim(ctx context.Context, r *record) error {
	if r.Stage != sending {
		r.SendingSince = time.Time{} // otherwise the first send of unknown outcome counts
	}
	r.Uncertain = r.Uncertain || r.Stage == sending
	r.Stage = sending
	r.Tries++
	return t.hold(ctx, r)
}

// hold takes the claim's time anew. Should we die, the notice may have
// arrived at the very end of the lease; only from then on does the delay for
// looking it up count.
func (t *tour) hold(ctx context.Context, r *record) error {
	r.Wait, r.leased = t.d.lease()+t.d.lookUp(), time.Now()
	won, err := t.d.write(ctx, r)
	if err == nil && !won {
		return errTaken
	}
	return err
}

// within bounds a call by the first half of the lease, counted from before that
// was taken and not from when the call begins: a process that was held up in
// between must not send what is already somebody else's. Nobody's clock has a
// part in it: others go by the age of the row, we by the time that passes.
func (t *tour) within(ctx context.Context, r *record) (context.Context, context.CancelFunc) {
	return context.WithDeadline(ctx, r.leased.Add(t.d.lease()/2))
}

// lookUp asks the channel whether an earlier try arrived.
func (t *tour) lookUp(ctx context.Context, r, page *record, on Receipt) (Receipt, bool, error) {
	asking, cancel := t.within(ctx, r)
	defer cancel()
	receipt, found, err := t.ch.Find(asking, t.spoken(r, page), on, r.SendingSince)
	t.d.at("looked up")
	if err == nil && !found && r.Spent {
		r.Notice.Repost++
		r.Spent = false
	}
	return receipt, found, err
}

// call sends once, well within the lease.
func (t *tour) call(ctx context.Context, r, page *record, on Receipt) (Receipt, error) {
	if err := t.upload(ctx, r); err != nil {
		return Receipt{}, err
	}
	calling, cancel := t.within(ctx, r)
	defer cancel()
	if calling.Err() != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrNotSent, calling.Err())
	}
	receipt, err := t.ch.Send(calling, t.spoken(r, page), on)
	t.d.at("sent")
	if f := r.Notice.File; f == nil || f.ID == "" || !errors.Is(err, ErrRejected) {
		return receipt, err
	}
	if err := t.inline(ctx, r, err); err != nil { // the file was refused, not what it says
		return Receipt{}, err
	}
	return t.call(ctx, r, page, on)
}

func (t *tour) overtaken(ctx context.Context, n Notice) (bool, error) {
	if n.Act != Post {
		return false, nil
	}
	if at, ours := placeOf(n.Subject); ours {
		return t.site(at).Deaf.IsZero(), nil
	}
	if t.d.Moot == nil {
		return false, nil
	}
	return t.d.Moot(ctx, n)
}
