package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// edit brings a page up to date. The page's row is locked meanwhile, so that
// two edits of one page cannot overtake each other; an edit that was lost is
// simply made again.
func (t *tour) edit(ctx context.Context, r, page *record) (stage, error) {
	if left := t.d.lease() - page.entry.Age; page.Editor != "" && left > 0 { // most edits are quick
		return pending, &pacedError{min(left, time.Second/4)}
	}
	if wait := t.d.paces.take(t.pace(r.Notice), t.d.now()); wait > 0 {
		return pending, &pacedError{wait}
	}
	page.Editor, page.Attempted, page.leased = rand.Text(), r.Notice.Version, time.Now()
	if won, err := t.d.write(ctx, page); err != nil || !won {
		return pending, cmp.Or(err, error(&pacedError{time.Second / 4}))
	}
	t.d.at("locked")
	r.Tries++
	calling, cancel := t.within(ctx, page)
	defer cancel()
	receipt, err := t.ch.Send(calling, t.spoken(r, page), page.Receipt)
	t.d.at("edited")
	if err == nil {
		return t.record(ctx, r, page, receipt)
	}
	return t.unedited(ctx, r, page, err)
}

// unedited decides what an error means, and lets go of the page unless the
// edit may still be on its way.
func (t *tour) unedited(ctx context.Context, r, page *record, cause error) (stage, error) {
	lastingly, cancel := lasting(ctx)
	defer cancel()
	_, later := errors.AsType[*LaterError](cause)
	fixed := errors.Is(cause, ErrUneditable)
	switch {
	case errors.Is(cause, ErrGone):
		return t.gone(lastingly, r, page)
	case !later && !fixed && !errors.Is(cause, ErrRejected) && !errors.Is(cause, ErrNotSent):
		return t.again(lastingly, r, pending, t.d.lease(), cause)
	}
	page.Editor, page.Fixed = "", fixed
	if won, err := t.d.write(lastingly, page); err != nil || !won {
		return pending, errors.Join(cause, err)
	}
	if fixed {
		t.d.Log.InfoContext(ctx, "page cannot be changed: its thread says what changed", "notice", r.Notice.Key, "err", cause)
		return t.send(ctx, r, page)
	}
	return t.failed(ctx, r, page, pending, cause)
}

// rendered notes what a page shows now, and that nobody is changing it any
// more. Whoever else changed the row meanwhile had something else to say.
func (t *tour) rendered(ctx context.Context, n Notice, page *record) error {
	ours := page.Editor
	for range 5 {
		if n.Version > page.Rendered {
			page.Made = cmp.Or(page.Made, page.Notice.Reason)
			page.Rendered, page.Notice = n.Version, n.face(page.Notice)
		}
		if page.Editor == ours {
			page.Editor = ""
		}
		page.Wait = t.d.retention()
		won, err := t.d.write(ctx, page)
		if err != nil || won {
			return err
		}
		page, err = t.d.get(ctx, n.Page)
		if err != nil {
			return fmt.Errorf("read page %s: %w", n.Page, err)
		}
		if page.Stage != sent {
			return nil
		}
	}
	return fmt.Errorf("note what page %s shows: %w", n.Page, ledger.ErrChanged)
}

// gone makes a new page of one that was deleted. A revision has nothing left
// to do then; a remark waits for the new page.
func (t *tour) gone(ctx context.Context, r, page *record) (stage, error) {
	page.Notice.Mention = ""
	if r.Notice.Act == Update {
		if err := t.reannounce(ctx, r.Notice.face(page.Notice), page); err != nil {
			return pending, err
		}
		return t.finish(ctx, r, moot)
	}
	if r.Tries >= deafTries { // it is said of each new page
		return t.refused(ctx, r, pending, ErrGone)
	}
	if err := t.reannounce(ctx, page.Notice, page); err != nil {
		return pending, err
	}
	return t.putOff(ctx, r, pending, 0, errPageFirst)
}

// revive tries a page again that was given up, for there is news.
func (t *tour) revive(ctx context.Context, n Notice, page *record) error {
	face, then := page.Notice, errPageFirst
	if n.Act == Update {
		face, then = n.face(page.Notice), errMoot
	}
	if err := t.reannounce(ctx, face, page); err != nil {
		return err
	}
	return then
}

// reannounce makes a page's own record due again.
func (t *tour) reannounce(ctx context.Context, face Notice, page *record) error {
	face.Repost++
	*page = record{Notice: face, Stage: pending, Uncertain: page.Uncertain && face.Alias != "", entry: page.entry}
	won, err := t.d.write(ctx, page)
	if won {
		t.more = append(t.more, page)
	}
	return err
}

// face is the announcement of page, if it were made now with what n shows.
func (n Notice) face(page Notice) Notice {
	n.Key, n.Act, n.Page, n.Mention, n.Repost = page.Key, Post, "", page.Mention, page.Repost
	return n
}

// spoken is the notice as it goes out: the revision of a page that cannot be
// changed is a line in its thread.
func (t *tour) spoken(r, page *record) Notice {
	n := r.Notice
	if n.Act == Update && page != nil && page.Fixed {
		n = n.asLine(page.Notice)
	}
	n.Origin = t.origin
	return n
}

// asLine is a remark that says what a revision changes of a page.
func (n Notice) asLine(page Notice) Notice {
	line := Notice{
		Key: n.Key, Channel: n.Channel, To: n.To, Act: Reply, Reason: n.Reason, Page: n.Page,
		Subject: n.Subject, State: n.State, Headline: n.Headline,
	}
	before := map[string]string{}
	for _, f := range page.Facts {
		before[f.Name] = fmt.Sprint(f.Value)
	}
	for _, f := range n.Facts {
		if before[f.Name] != fmt.Sprint(f.Value) {
			line.Lines = append(line.Lines, append(Text{Ours(f.Name + ": ")}, f.Value...))
		}
	}
	return line
}
