package protocol

import (
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

const (
	maxDelay       = time.Hour        // how long a notice is put off at most
	maxLookUpDelay = 15 * time.Minute // between two look-ups
	outageTries    = 5                // after so many, the outage is reported elsewhere
	maxUploads     = 3                // after so many only the beginning of a file is shown
)

// A cause is what an error says about the next try.
type cause int

const (
	unknown    cause = iota // the notice may have been sent
	notSent                 // the time for calls was over
	later                   // the channel wants to be left alone
	rejected                // the channel refuses the notice
	gone                    // the page was deleted
	uneditable              // the page cannot be changed
	panicked                // nobody knows how far the step came
	other                   // in causes: all that it does not name, but a panic
)

func causeOf(err error) cause {
	_, isPanic := errors.AsType[*Panic](err)
	_, isLater := errors.AsType[*notify.LaterError](err)
	switch {
	case isPanic:
		return panicked
	case errors.Is(err, notify.ErrNotSent):
		return notSent
	case isLater:
		return later
	case errors.Is(err, notify.ErrGone):
		return gone
	case errors.Is(err, notify.ErrUneditable):
		return uneditable
	case errors.Is(err, notify.ErrRejected):
		return rejected
	}
	return unknown
}

// causes are what follows from a failed step, by the cause.
type causes map[cause]func(failure) Transition

// defaults are what follows if the step has no rule for the cause.
var defaults = causes{
	unknown:    failure.unknown,
	notSent:    failure.notSent,
	later:      failure.later,
	rejected:   failure.refused,
	gone:       failure.gone,
	uneditable: failure.uneditable,
	panicked:   failure.panicked,
}

func (c causes) of(is cause) func(failure) Transition {
	if f := c[is]; f != nil {
		return f
	}
	if f := c[other]; f != nil && is != panicked {
		return f
	}
	return defaults[is]
}

// A failure is a move whose step has failed.
type failure struct {
	move
	cause cause
}

// unread leaves a notice as it is whose dependencies cannot be read.
func (f failure) unread() Transition { return Transition{Err: f.o.Err} }

// askAgain puts off a page of which nobody can tell whether it is needed.
func (f failure) askAgain() Transition {
	return putOff(f.n, Pending, time.Second, fmt.Errorf("ask whether it is still needed: %w", f.o.Err))
}

// stillUnknown looks up again later.
func (f failure) stillUnknown() Transition {
	f.o.Err = fmt.Errorf("look up: %w", f.o.Err)
	return f.unknown()
}

// notUploaded tries to upload again, or gives up the file. What fails here has
// shown nothing.
func (f failure) notUploaded() Transition {
	pause, _ := errors.AsType[*notify.LaterError](f.o.Err)
	switch {
	case f.cause == rejected, f.n.Tries >= maxUploads:
		return f.inline()
	case f.cause == later && pause.After > 0:
		return f.later()
	}
	f.o.Err = fmt.Errorf("%w: %w", notify.ErrNotSent, f.o.Err)
	return f.notSent()
}

// rejectedFile gives up an uploaded file: it is what was refused, not the reply.
func (f failure) rejectedFile() Transition {
	if file := f.n.Notice.File; file != nil && file.ID != "" {
		return f.inline()
	}
	return f.refused()
}

// keepLock tries an edit again that may still be on its way.
func (f failure) keepLock() Transition { return f.retry(Pending, f.Lease, f.o.Err) }

// unlock unlocks the page after an edit that has not changed it.
func (f failure) unlock() Transition {
	t := defaults[f.cause](f)
	t.Page = f.unlocked(false)
	return t
}

// sendAsReply says in a reply what a page that cannot be changed should show.
func (f failure) sendAsReply() Transition {
	return Transition{Then: Start, Page: f.unlocked(true)}
}

// unlocked is the page without our lock; nil if we do not hold it.
func (f failure) unlocked(uneditable bool) *Record {
	if f.page == nil || f.page.Editor != f.o.Editor {
		return nil
	}
	p := *f.page
	p.Editor, p.Uneditable = "", uneditable
	return &p
}

// notSent tries again. That our own time was over is no try.
func (f failure) notSent() Transition {
	if f.o.Over {
		f.n.Tries--
		return putOff(f.n, f.back(), 0, f.o.Err)
	}
	return f.retry(f.back(), f.LookUp, f.o.Err)
}

// back is the stage of a notice that was certainly not sent by this step.
func (f failure) back() Stage {
	if f.o.Step == Resolve || f.o.Step == LookUp {
		return f.n.Stage
	}
	return Pending
}

// later pauses the whole channel, or only what it limits. The notice is not to
// blame, so the try does not count; the next time others come before it.
func (f failure) later() Transition {
	pause, _ := errors.AsType[*notify.LaterError](f.o.Err)
	f.n.Tries--
	if f.n.Age > f.Retention {
		return f.abandon(pause)
	}
	after := min(max(pause.After, time.Second), maxDelay)
	f.n.Limited = pause.Limited
	t := putOff(f.n, f.back(), after, pause)
	if t.Pause = after; pause.Limited {
		t.Held = f.o.Step
	}
	return t
}

// refused tries again with growing delays, because somebody may fix the token or invite
// the bot.
func (f failure) refused() Transition {
	t := f.retry(f.back(), min(time.Minute<<min(max(f.n.Tries-1, 0), 6), maxDelay), f.o.Err)
	t.NewID = f.n.Notice.Act == notify.Post
	return t
}

// uneditable is no failure when a page is closed.
func (f failure) uneditable() Transition {
	if f.n.Notice.Act == notify.Close {
		return f.finish(Obsolete)
	}
	return f.refused()
}

// gone posts a new page instead of a deleted one, unless another process has done so.
func (f failure) gone() Transition {
	act, page := f.n.Notice.Act, f.page
	switch {
	case act == notify.Close:
		return f.finish(Obsolete)
	case page == nil && f.o.Step != Edit:
		return f.refused()
	case page == nil || page.Stage != Sent || page.Receipt != f.o.Page:
		return waitForPage(f.n)
	case act != notify.Update && f.n.Tries >= outageTries: // each new page is deleted
		f.o.Err = notify.ErrGone
		return f.refused()
	}
	return f.repost("")
}

// unknown leaves the notice marked as sending. The next try begins with a look-up.
func (f failure) unknown() Transition {
	f.n.Uncertain = true
	f.n.Duplicate = f.n.Duplicate || errors.Is(f.o.Err, notify.ErrDuplicate)
	delay := min(f.LookUp<<min(max(f.n.Tries-1, 0), 5), maxLookUpDelay)
	return f.retry(Sending, max(f.LookUp, delay), f.o.Err)
}

// panicked counts a try whose outcome is unknown.
func (f failure) panicked() Transition {
	if f.n.Stage == Sending {
		return f.unknown()
	}
	return f.retry(Pending, f.Lease, f.o.Err)
}

// retry puts off a notice, or abandons it after too many tries.
func (f failure) retry(back Stage, after time.Duration, err error) Transition {
	if f.n.Tries >= f.Tries {
		return f.abandon(err)
	}
	t := putOff(f.n, back, after, err)
	if f.n.Tries >= outageTries {
		t.Outage = err
	}
	return t
}

func (f failure) abandon(err error) Transition {
	f.n.LastError = err.Error()
	t := f.finish(Abandoned)
	t.Outage, t.Err = err, fmt.Errorf("given up after %d tries: %w", f.n.Tries, err)
	return t
}

// putOff makes a notice due after a while.
func putOff(n Record, s Stage, after time.Duration, err error) Transition {
	n.Stage, n.LastError, n.Wait = s, err.Error(), after
	return Transition{Notice: &n, Err: err}
}

// waitForPage keeps a notice in the queue until its page has been posted.
func waitForPage(n Record) Transition {
	n.Stage, n.LastError, n.Wait = Pending, "its page comes first", 0
	return Transition{Notice: &n, Keep: true}
}
