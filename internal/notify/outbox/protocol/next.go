// Package protocol decides how a notice is delivered once, whatever crashes:
// which rows to store, and what to do next. It is pure; package outbox does
// what it says.
package protocol

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// Limits bound what is done about one notice.
type Limits struct {
	Lease     time.Duration // how long a claim holds
	LookUp    time.Duration // after an unknown outcome, until the channel is asked
	Retention time.Duration // how long a finished notice is remembered
	Tries     int           // after so many a notice is abandoned
}

const (
	maxDelay        = time.Hour        // how long a notice is put off at most
	maxLookUpDelay  = 15 * time.Minute // between two look-ups
	outageTries     = 5                // after so many, the outage is reported elsewhere
	maxUploads      = 3                // after so many only the beginning of a file is shown
	editPoll        = time.Second / 4  // most edits are quick
	unconfiguredFor = 24 * time.Hour   // after so long, somebody meant it
)

var errPageFirst = errors.New("its page comes first")

// Next is the whole protocol of delivery: it decides what follows from an
// outcome. It is pure. It may be asked again about the same outcome when
// another process has changed the page meanwhile.
func (l Limits) Next(n Record, page *Record, o Outcome) Transition {
	if p, ok := errors.AsType[*Panic](o.Err); ok {
		return l.panicked(n, o.Step, p)
	}
	switch o.Step {
	case Unconfigured:
		return l.unconfigured(n)
	case Start:
		return l.started(n, page, o)
	case Pace:
		return l.paced(n, page, o)
	case Resolve:
		if o.Err != nil {
			n.Tries++
			return l.failed(n, page, n.Stage, o)
		}
		return l.claim(n)
	case LookUp:
		return l.lookedUp(n, page, o)
	case Ask:
		return l.asked(n, o)
	case Upload:
		return l.uploaded(n, page, o)
	case Edit:
		return l.edited(n, page, o)
	}
	return l.afterSend(n, page, o)
}

// unconfigured keeps a notice whose channel is not set up. A setting may be
// missing for a moment.
func (l Limits) unconfigured(n Record) Transition {
	if n.Age > unconfiguredFor {
		return l.finish(n, Abandoned)
	}
	return Transition{}
}

// started decides what a notice can do, as far as what it depends on allows.
func (l Limits) started(n Record, page *Record, o Outcome) Transition {
	switch {
	case o.Wait > 0:
		return Transition{Keep: true, Wait: o.Wait}
	case o.Err != nil:
		return Transition{Err: o.Err}
	case o.First != nil && o.First.Stage != Lost && !o.First.Stage.Finished():
		return Transition{Keep: true}
	case n.Notice.Act == notify.Post:
		return Transition{Then: Pace}
	}
	if t, ready := l.ready(n, page); !ready {
		return t
	}
	return Transition{Then: Pace}
}

// ready reports whether a notice can go to its page as that is now, and what
// follows where it cannot.
func (l Limits) ready(n Record, page *Record) (Transition, bool) {
	switch act := n.Notice.Act; {
	case act == notify.Close && (page == nil || page.Stage == Lost): // the alert may exist after all
		return Transition{}, true
	case page == nil:
		return l.finish(n, Obsolete), false
	}
	act, over := n.Notice.Act, page.Stage == Obsolete || page.Stage == Abandoned
	switch {
	case over && act == notify.Close && page.Uncertain: // it may exist after all: close it
	case page.Stage == Obsolete, over && act == notify.Close:
		return l.finish(n, Obsolete), false
	case page.Stage == Abandoned: // there is news: try once more
		return l.repost(n, page, page.Notice.Mention), false
	case page.Stage != Sent:
		return Transition{Keep: true}, false
	case act == notify.Update && (n.Notice.Version <= page.Shown || n.Notice.Version < page.Attempted):
		return l.finish(n, Obsolete), false
	case act == notify.Update && !page.Uneditable && page.Editor != "" && page.Ref.Age < l.Lease:
		// An older lock is asked about more rarely.
		return Transition{Keep: true, Wait: min(l.Lease-page.Ref.Age, max(page.Ref.Age, editPoll))}, false
	}
	return Transition{}, true
}

// paced begins what the pace allows. An update locks its page, so that two of
// them cannot overtake each other.
func (l Limits) paced(n Record, page *Record, o Outcome) Transition {
	switch {
	case o.Wait > 0:
		return Transition{Keep: true, Wait: o.Wait}
	case n.Notice.Act == notify.Post:
		return Transition{Then: Resolve}
	}
	if t, ready := l.ready(n, page); !ready {
		return t
	}
	if n.Notice.Act != notify.Update || page.Uneditable {
		return l.claim(n)
	}
	p := *page
	p.Editor, p.Attempted = o.Editor, n.Notice.Version
	return Transition{Then: Edit, Page: &p}
}

// claim marks the notice as being sent by us, and begins with looking up what
// an earlier send may have left.
func (l Limits) claim(n Record) Transition {
	again := n.Stage == Sending
	if !again {
		n.SendingSince = time.Time{} // otherwise the first send of unknown outcome counts
	}
	n.Uncertain = n.Uncertain || again
	n.Stage = Sending
	n.Tries++
	if again {
		return l.renew(n, LookUp)
	}
	return l.renew(n, beforeSend(n))
}

// renew stores the claim with a new lease. If we die, the notice may arrive at
// the very end of the lease; only then begins the delay for looking it up.
func (l Limits) renew(n Record, then Step) Transition {
	n.Wait = l.Lease + l.LookUp
	return Transition{Then: then, Notice: &n}
}

// beforeSend is what comes next for a claimed notice.
func beforeSend(n Record) Step {
	f := n.Notice.File
	switch {
	case n.Notice.Act == notify.Post:
		return Ask
	case f != nil && f.ID == "":
		return Upload
	}
	return Send
}

func (l Limits) lookedUp(n Record, page *Record, o Outcome) Transition {
	later, isLater := errors.AsType[*notify.LaterError](o.Err)
	switch {
	case isLater:
		return l.later(n, Sending, later)
	case errors.Is(o.Err, notify.ErrNotSent):
		return l.failed(n, page, Sending, o)
	case o.Err != nil:
		return l.unknown(n, fmt.Errorf("look up: %w", o.Err))
	case o.Found:
		return l.arrived(n, page, o)
	case n.Duplicate:
		n.Notice.Repost++
		n.Duplicate = false
	}
	return l.renew(n, beforeSend(n)) // the look-up may have taken long
}

// asked comes after the look-up: a page that was posted after all must be
// known, or nobody would ever update it.
func (l Limits) asked(n Record, o Outcome) Transition {
	switch {
	case o.Err != nil:
		return putOff(n, Pending, time.Second, fmt.Errorf("ask whether it is still needed: %w", o.Err))
	case o.Obsolete:
		return l.finish(n, Obsolete)
	}
	return Transition{Then: Send}
}

// uploaded stores the id of a file before it is shown: by the id the reply is
// found again. What fails here has shown nothing.
func (l Limits) uploaded(n Record, page *Record, o Outcome) Transition {
	later, isLater := errors.AsType[*notify.LaterError](o.Err)
	switch {
	case o.Err == nil:
		n.Notice.File = &notify.File{Name: n.Notice.File.Name, Content: n.Notice.File.Content, ID: o.FileID}
		return l.renew(n, Send)
	case errors.Is(o.Err, notify.ErrRejected), n.Tries >= maxUploads:
		n.Notice = inlined(n.Notice)
		return l.renew(n, Send)
	case !isLater || later.After == 0: // a "later" of the channel itself stays one
		o.Err = fmt.Errorf("%w: %w", notify.ErrNotSent, o.Err)
	}
	return l.failed(n, page, Pending, o)
}

func (l Limits) afterSend(n Record, page *Record, o Outcome) Transition {
	switch f := n.Notice.File; {
	case o.Err == nil:
		return l.arrived(n, page, o)
	case f != nil && f.ID != "" && errors.Is(o.Err, notify.ErrRejected): // the file is refused, not the reply
		n.Notice = inlined(n.Notice)
		return l.renew(n, Send)
	}
	return l.failed(n, page, Pending, o)
}

// edited unlocks the page unless the edit may still be on its way.
func (l Limits) edited(n Record, page *Record, o Outcome) Transition {
	if o.Err == nil {
		return l.arrived(n, page, o)
	}
	n.Tries++
	_, later := errors.AsType[*notify.LaterError](o.Err)
	uneditable := errors.Is(o.Err, notify.ErrUneditable)
	switch {
	case errors.Is(o.Err, notify.ErrGone):
		return l.gone(n, page, o)
	case !later && !uneditable && !errors.Is(o.Err, notify.ErrRejected) && !errors.Is(o.Err, notify.ErrNotSent):
		return l.retry(n, Pending, l.Lease, o.Err)
	}
	t := Transition{Then: Start} // as a reply
	if !uneditable {
		t = l.failed(n, page, Pending, o)
	}
	if page != nil && page.Editor == o.Editor {
		p := *page
		p.Editor, p.Uneditable = "", uneditable
		t.Page = &p
	}
	return t
}

// arrived stores that the notice was sent, and on its page what that shows
// now. If that fails, the next look-up finds the message.
func (l Limits) arrived(n Record, page *Record, o Outcome) Transition {
	n.Receipt, n.LastError = o.Receipt, ""
	if n.Notice.Act == notify.Post {
		n.Shown = n.Notice.Version
	}
	t := l.finish(n, Sent)
	t.Arrived = true
	if n.Notice.Act != notify.Update || page == nil || page.Stage != Sent {
		return t
	}
	p := *page
	if n.Notice.Version > p.Shown {
		p.PostedFor = cmp.Or(p.PostedFor, p.Notice.Reason)
		p.Shown, p.Notice = n.Notice.Version, asPost(n.Notice, p.Notice)
	}
	if p.Editor == o.Editor {
		p.Editor = ""
	}
	p.Wait = l.Retention
	t.Page = &p
	return t
}

// finish stores what became of a notice, for as long as its key may come again.
func (l Limits) finish(n Record, s Stage) Transition {
	n.Stage, n.Wait = s, l.Retention
	return Transition{Notice: &n}
}

// failed decides what an error of a channel means for the next try. back is the
// stage of a notice that was certainly not sent.
func (l Limits) failed(n Record, page *Record, back Stage, o Outcome) Transition {
	later, isLater := errors.AsType[*notify.LaterError](o.Err)
	gone, uneditable := errors.Is(o.Err, notify.ErrGone), errors.Is(o.Err, notify.ErrUneditable)
	switch {
	case errors.Is(o.Err, notify.ErrNotSent) && o.Over: // it was no try
		n.Tries--
		return putOff(n, back, 0, o.Err)
	case errors.Is(o.Err, notify.ErrNotSent):
		return l.retry(n, back, l.LookUp, o.Err)
	case isLater:
		return l.later(n, back, later)
	case n.Notice.Act == notify.Close && (gone || uneditable):
		return l.finish(n, Obsolete)
	case gone && page != nil:
		return l.gone(n, page, o)
	case errors.Is(o.Err, notify.ErrRejected), gone, uneditable:
		return l.refused(n, back, o.Err)
	}
	return l.unknown(n, o.Err)
}

// later pauses the whole channel. The notice is not to blame, so the try does
// not count.
func (l Limits) later(n Record, back Stage, cause *notify.LaterError) Transition {
	n.Tries--
	if n.Age > l.Retention {
		return l.abandon(n, cause)
	}
	after := min(max(cause.After, time.Second), maxDelay)
	t := putOff(n, back, after, cause)
	t.Pause = after
	return t
}

// refused tries again ever more rarely: somebody may fix the token or invite
// the bot.
func (l Limits) refused(n Record, back Stage, cause error) Transition {
	t := l.retry(n, back, min(time.Minute<<min(max(n.Tries-1, 0), 6), maxDelay), cause)
	t.NewID = n.Notice.Act == notify.Post
	return t
}

// unknown leaves the notice marked: it may have been sent. The next try begins
// with looking it up.
func (l Limits) unknown(n Record, cause error) Transition {
	n.Uncertain = true
	n.Duplicate = n.Duplicate || errors.Is(cause, notify.ErrDuplicate)
	delay := min(l.LookUp<<min(max(n.Tries-1, 0), 5), maxLookUpDelay)
	return l.retry(n, Sending, max(l.LookUp, delay), cause)
}

// panicked counts a try of which nobody knows how far it came.
func (l Limits) panicked(n Record, s Step, p *Panic) Transition {
	if s < LookUp { // no claim has counted it
		n.Tries++
	}
	if n.Stage == Sending {
		return l.unknown(n, p)
	}
	return l.retry(n, Pending, l.Lease, p)
}

// retry counts a try that led to nothing.
func (l Limits) retry(n Record, back Stage, after time.Duration, cause error) Transition {
	if n.Tries >= l.Tries {
		return l.abandon(n, cause)
	}
	t := putOff(n, back, after, cause)
	if n.Tries >= outageTries {
		t.Outage = cause
	}
	return t
}

// putOff makes a notice due after a while.
func putOff(n Record, s Stage, after time.Duration, cause error) Transition {
	n.Stage, n.LastError, n.Wait = s, cause.Error(), after
	return Transition{Notice: &n, Err: cause}
}

func (l Limits) abandon(n Record, cause error) Transition {
	n.LastError = cause.Error()
	t := l.finish(n, Abandoned)
	t.Outage, t.Err = cause, fmt.Errorf("given up after %d tries: %w", n.Tries, cause)
	return t
}

// gone posts a new page in place of one that was deleted. That somebody else
// has done so already is no reason to do it again.
func (l Limits) gone(n Record, page *Record, o Outcome) Transition {
	switch {
	case page == nil || page.Stage != Sent || page.Receipt != o.Page:
		t := putOff(n, Pending, 0, errPageFirst)
		t.Keep, t.Err = true, nil
		return t
	case n.Notice.Act != notify.Update && n.Tries >= outageTries: // each new page is deleted
		return l.refused(n, Pending, notify.ErrGone)
	}
	return l.repost(n, page, "")
}

// repost makes a page due once more, with what an update shows. The update
// itself is then obsolete; anything else waits for the new page.
func (l Limits) repost(n Record, page *Record, mention string) Transition {
	t := putOff(n, Pending, 0, errPageFirst)
	t.Keep, t.Err = true, nil
	shown := page.Notice
	if n.Notice.Act == notify.Update {
		t = l.finish(n, Obsolete)
		shown = asPost(n.Notice, page.Notice)
	}
	shown.Mention = mention
	shown.Repost++
	t.Page = &Record{Notice: shown, Stage: Pending, Uncertain: page.Uncertain && shown.Alias != "", Ref: page.Ref}
	return t
}
