package outbox

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// A step is one thing that a worker does for a notice.
type step int

const (
	stop    step = iota // nothing more for now
	start               // read what the notice depends on
	pace                // ask whether the pace allows it
	resolve             // ask the channel for the id of the destination
	edit                // change the page
	lookUp              // ask the channel whether an earlier send arrived
	ask                 // ask whether the notice is still needed
	upload              // store its file in the channel
	send                // post, reply or close
)

// An outcome is what a step led to. A page, where there is one, stands beside
// it.
type outcome struct {
	step step
	err  error
	over bool // the time of the caller is over

	first    *record        // start: the notice that comes first, nil if there is none
	wait     time.Duration  // pace: until it is allowed
	receipt  notify.Receipt // lookUp, edit, send
	found    bool           // lookUp: it arrived
	obsolete bool           // ask: nobody needs it
	fileID   string         // upload

	editor string         // the name by which this worker locks a page
	page   notify.Receipt // of the page or destination that was used
}

// A transition is what follows from an outcome: rows to store, the page
// before the notice, and what to do then.
type transition struct {
	then   step
	notice *record // nil: it stays as it is
	page   *record // nil: it stays as it is

	keep bool          // with stop: the notice stays in the queue
	wait time.Duration // and is not looked at before; 0: until another one is done
	err  error         // why the notice is not sent

	// What to store about the destination.
	pause   time.Duration // the channel wants to be left alone
	outage  error         // the destination takes no notices
	newID   bool          // its id may have changed
	arrived bool          // it took a notice
}

// limits bound what is done about one notice.
type limits struct {
	lease, lookUp, retention time.Duration
	tries                    int
}

const (
	maxDelay       = time.Hour        // how long a notice is put off at most
	maxLookUpDelay = 15 * time.Minute // between two look-ups
	outageTries    = 5                // after so many, another destination is told
	outageAfter    = 15 * time.Minute // after so long a "later", too
	maxUploads     = 3                // then only the beginning of a file is shown
	editPoll       = time.Second / 4  // most edits are quick
)

var (
	errPageFirst = errors.New("its page comes first")
	errNoFiles   = fmt.Errorf("%w: the channel takes no files", notify.ErrRejected)
)

// A panicError is a step that ended in a panic.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// next is the whole protocol of delivery: it decides what follows from an
// outcome. It is pure. It may be asked again about the same outcome when
// another process has changed the page meanwhile.
func (l limits) next(n record, page *record, o outcome) transition {
	if p, ok := errors.AsType[*panicError](o.err); ok {
		return l.panicked(n, o.step, p)
	}
	switch o.step {
	case start:
		return l.started(n, page, o)
	case pace:
		return l.paced(n, page, o)
	case resolve:
		if o.err != nil {
			n.Tries++
			return l.failed(n, page, n.Stage, o)
		}
		return l.claim(n)
	case lookUp:
		return l.lookedUp(n, page, o)
	case ask:
		return l.asked(n, o)
	case upload:
		return l.uploaded(n, page, o)
	case edit:
		return l.edited(n, page, o)
	}
	return l.afterSend(n, page, o)
}

// started decides what a notice can do, as far as what it depends on allows.
func (l limits) started(n record, page *record, o outcome) transition {
	switch {
	case o.wait > 0:
		return transition{keep: true, wait: o.wait}
	case o.err != nil:
		return transition{err: o.err}
	case o.first != nil && o.first.Stage != lost && !o.first.Stage.finished():
		return transition{keep: true}
	case n.Notice.Act == notify.Post:
		return transition{then: pace}
	}
	if t, ready := l.ready(n, page); !ready {
		return t
	}
	return transition{then: pace}
}

// ready reports whether a notice can go to its page as that is now, and what
// follows where it cannot.
func (l limits) ready(n record, page *record) (transition, bool) {
	switch act := n.Notice.Act; {
	case act == notify.Close && (page == nil || page.Stage == lost): // the alert may exist after all
		return transition{}, true
	case page == nil:
		return l.finish(n, obsolete), false
	}
	act, over := n.Notice.Act, page.Stage == obsolete || page.Stage == abandoned
	switch {
	case over && act == notify.Close && page.Uncertain: // it may exist after all: close it
	case page.Stage == obsolete, over && act == notify.Close:
		return l.finish(n, obsolete), false
	case page.Stage == abandoned: // there is news: try once more
		return l.repost(n, page, page.Notice.Mention), false
	case page.Stage != sent:
		return transition{keep: true}, false
	case act == notify.Update && (n.Notice.Version <= page.Shown || n.Notice.Version < page.Attempted):
		return l.finish(n, obsolete), false
	case act == notify.Update && !page.Uneditable && page.Editor != "" && page.ref.Age < l.lease:
		// An older lock is asked about more rarely.
		return transition{keep: true, wait: min(l.lease-page.ref.Age, max(page.ref.Age, editPoll))}, false
	}
	return transition{}, true
}

// paced begins what the pace allows. An update locks its page, so that two of
// them cannot overtake each other.
func (l limits) paced(n record, page *record, o outcome) transition {
	switch {
	case o.wait > 0:
		return transition{keep: true, wait: o.wait}
	case n.Notice.Act == notify.Post:
		return transition{then: resolve}
	}
	if t, ready := l.ready(n, page); !ready {
		return t
	}
	if n.Notice.Act != notify.Update || page.Uneditable {
		return l.claim(n)
	}
	p := *page
	p.Editor, p.Attempted = o.editor, n.Notice.Version
	return transition{then: edit, page: &p}
}

// claim marks the notice as being sent by us, and begins with looking up what
// an earlier send may have left.
func (l limits) claim(n record) transition {
	again := n.Stage == sending
	if !again {
		n.SendingSince = time.Time{} // otherwise the first send of unknown outcome counts
	}
	n.Uncertain = n.Uncertain || again
	n.Stage = sending
	n.Tries++
	if again {
		return l.renew(n, lookUp)
	}
	return l.renew(n, beforeSend(n))
}

// renew stores the claim with a new lease. If we die, the notice may arrive at
// the very end of the lease; only then begins the delay for looking it up.
func (l limits) renew(n record, then step) transition {
	n.Wait = l.lease + l.lookUp
	return transition{then: then, notice: &n}
}

// beforeSend is what comes next for a claimed notice.
func beforeSend(n record) step {
	f := n.Notice.File
	switch {
	case n.Notice.Act == notify.Post:
		return ask
	case f != nil && f.ID == "":
		return upload
	}
	return send
}

func (l limits) lookedUp(n record, page *record, o outcome) transition {
	later, isLater := errors.AsType[*notify.LaterError](o.err)
	switch {
	case isLater:
		return l.later(n, sending, later)
	case errors.Is(o.err, notify.ErrNotSent):
		return l.failed(n, page, sending, o)
	case o.err != nil:
		return l.unknown(n, fmt.Errorf("look up: %w", o.err))
	case o.found:
		return l.arrived(n, page, o)
	case n.Duplicate:
		n.Notice.Repost++
		n.Duplicate = false
	}
	return l.renew(n, beforeSend(n)) // the look-up may have taken long
}

// asked comes after the look-up: a page that was posted after all must be
// known, or nobody would ever update it.
func (l limits) asked(n record, o outcome) transition {
	switch {
	case o.err != nil:
		return putOff(n, pending, time.Second, fmt.Errorf("ask whether it is still needed: %w", o.err))
	case o.obsolete:
		return l.finish(n, obsolete)
	}
	return transition{then: send}
}

// uploaded stores the id of a file before it is shown: by the id the reply is
// found again. What fails here has shown nothing.
func (l limits) uploaded(n record, page *record, o outcome) transition {
	later, isLater := errors.AsType[*notify.LaterError](o.err)
	switch {
	case o.err == nil:
		n.Notice.File = &notify.File{Name: n.Notice.File.Name, Content: n.Notice.File.Content, ID: o.fileID}
		return l.renew(n, send)
	case errors.Is(o.err, notify.ErrRejected), n.Tries >= maxUploads:
		n.Notice = inlined(n.Notice)
		return l.renew(n, send)
	case !isLater || later.After == 0: // a "later" of the channel itself stays one
		o.err = fmt.Errorf("%w: %w", notify.ErrNotSent, o.err)
	}
	return l.failed(n, page, pending, o)
}

func (l limits) afterSend(n record, page *record, o outcome) transition {
	switch f := n.Notice.File; {
	case o.err == nil:
		return l.arrived(n, page, o)
	case f != nil && f.ID != "" && errors.Is(o.err, notify.ErrRejected): // the file is refused, not the reply
		n.Notice = inlined(n.Notice)
		return l.renew(n, send)
	}
	return l.failed(n, page, pending, o)
}

// edited unlocks the page unless the edit may still be on its way.
func (l limits) edited(n record, page *record, o outcome) transition {
	if o.err == nil {
		return l.arrived(n, page, o)
	}
	n.Tries++
	_, later := errors.AsType[*notify.LaterError](o.err)
	uneditable := errors.Is(o.err, notify.ErrUneditable)
	switch {
	case errors.Is(o.err, notify.ErrGone):
		return l.gone(n, page, o)
	case !later && !uneditable && !errors.Is(o.err, notify.ErrRejected) && !errors.Is(o.err, notify.ErrNotSent):
		return l.retry(n, pending, l.lease, o.err)
	}
	t := transition{then: start} // as a reply
	if !uneditable {
		t = l.failed(n, page, pending, o)
	}
	if page != nil && page.Editor == o.editor {
		p := *page
		p.Editor, p.Uneditable = "", uneditable
		t.page = &p
	}
	return t
}

// arrived stores that the notice was sent, and on its page what that shows
// now. If that fails, the next look-up finds the message.
func (l limits) arrived(n record, page *record, o outcome) transition {
	n.Receipt, n.LastError = o.receipt, ""
	if n.Notice.Act == notify.Post {
		n.Shown = n.Notice.Version
	}
	t := l.finish(n, sent)
	t.arrived = true
	if n.Notice.Act != notify.Update || page == nil || page.Stage != sent {
		return t
	}
	p := *page
	if n.Notice.Version > p.Shown {
		p.PostedFor = cmp.Or(p.PostedFor, p.Notice.Reason)
		p.Shown, p.Notice = n.Notice.Version, asPost(n.Notice, p.Notice)
	}
	if p.Editor == o.editor {
		p.Editor = ""
	}
	p.Wait = l.retention
	t.page = &p
	return t
}

// finish stores what became of a notice, for as long as its key may come again.
func (l limits) finish(n record, s stage) transition {
	n.Stage, n.Wait = s, l.retention
	return transition{notice: &n}
}

// failed decides what an error of a channel means for the next try. back is the
// stage of a notice that was certainly not sent.
func (l limits) failed(n record, page *record, back stage, o outcome) transition {
	later, isLater := errors.AsType[*notify.LaterError](o.err)
	gone, uneditable := errors.Is(o.err, notify.ErrGone), errors.Is(o.err, notify.ErrUneditable)
	switch {
	case errors.Is(o.err, notify.ErrNotSent) && o.over: // it was no try
		n.Tries--
		return putOff(n, back, 0, o.err)
	case errors.Is(o.err, notify.ErrNotSent):
		return l.retry(n, back, l.lookUp, o.err)
	case isLater:
		return l.later(n, back, later)
	case n.Notice.Act == notify.Close && (gone || uneditable):
		return l.finish(n, obsolete)
	case gone && page != nil:
		return l.gone(n, page, o)
	case errors.Is(o.err, notify.ErrRejected), gone, uneditable:
		return l.refused(n, back, o.err)
	}
	return l.unknown(n, o.err)
}

// later pauses the whole channel. The notice is not to blame, so the try does
// not count.
func (l limits) later(n record, back stage, cause *notify.LaterError) transition {
	n.Tries--
	if n.age > l.retention {
		return l.abandon(n, cause)
	}
	after := min(max(cause.After, time.Second), maxDelay)
	t := putOff(n, back, after, cause)
	t.pause = after
	return t
}

// refused tries again ever more rarely: somebody may fix the token or invite
// the bot.
func (l limits) refused(n record, back stage, cause error) transition {
	t := l.retry(n, back, min(time.Minute<<min(max(n.Tries-1, 0), 6), maxDelay), cause)
	t.newID = n.Notice.Act == notify.Post
	return t
}

// unknown leaves the notice marked: it may have been sent. The next try begins
// with looking it up.
func (l limits) unknown(n record, cause error) transition {
	n.Uncertain = true
	n.Duplicate = n.Duplicate || errors.Is(cause, notify.ErrDuplicate)
	delay := min(l.lookUp<<min(max(n.Tries-1, 0), 5), maxLookUpDelay)
	return l.retry(n, sending, max(l.lookUp, delay), cause)
}

// panicked counts a try of which nobody knows how far it came.
func (l limits) panicked(n record, s step, p *panicError) transition {
	if s < lookUp { // no claim has counted it
		n.Tries++
	}
	if n.Stage == sending {
		return l.unknown(n, p)
	}
	return l.retry(n, pending, l.lease, p)
}

// retry counts a try that led to nothing.
func (l limits) retry(n record, back stage, after time.Duration, cause error) transition {
	if n.Tries >= l.tries {
		return l.abandon(n, cause)
	}
	t := putOff(n, back, after, cause)
	if n.Tries >= outageTries {
		t.outage = cause
	}
	return t
}

// putOff makes a notice due after a while.
func putOff(n record, s stage, after time.Duration, cause error) transition {
	n.Stage, n.LastError, n.Wait = s, cause.Error(), after
	return transition{notice: &n, err: cause}
}

func (l limits) abandon(n record, cause error) transition {
	n.LastError = cause.Error()
	t := l.finish(n, abandoned)
	t.outage, t.err = cause, fmt.Errorf("given up after %d tries: %w", n.Tries, cause)
	return t
}

// gone posts a new page in place of one that was deleted. That somebody else
// has done so already is no reason to do it again.
func (l limits) gone(n record, page *record, o outcome) transition {
	switch {
	case page == nil || page.Stage != sent || page.Receipt != o.page:
		t := putOff(n, pending, 0, errPageFirst)
		t.keep, t.err = true, nil
		return t
	case n.Notice.Act != notify.Update && n.Tries >= outageTries: // each new page is deleted
		return l.refused(n, pending, notify.ErrGone)
	}
	return l.repost(n, page, "")
}

// repost makes a page due once more, with what an update shows. The update
// itself is then obsolete; anything else waits for the new page.
func (l limits) repost(n record, page *record, mention string) transition {
	t := putOff(n, pending, 0, errPageFirst)
	t.keep, t.err = true, nil
	shown := page.Notice
	if n.Notice.Act == notify.Update {
		t = l.finish(n, obsolete)
		shown = asPost(n.Notice, page.Notice)
	}
	shown.Mention = mention
	shown.Repost++
	t.page = &record{Notice: shown, Stage: pending, Uncertain: page.Uncertain && shown.Alias != "", ref: page.ref}
	return t
}
