// Package protocol decides how a notice is delivered once despite crashes: which rows
// to store, and which step to take next. It is pure; package outbox takes the steps.
package protocol

import (
	"cmp"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// Limits are the limits of the delivery of one notice.
type Limits struct {
	Lease     time.Duration // how long a claim holds
	LookUp    time.Duration // from an unknown outcome until the look-up
	Retention time.Duration // how long a finished notice is remembered
	Tries     int           // after so many a notice is abandoned
}

const (
	editPoll        = time.Second / 4 // most edits are quick
	unconfiguredFor = 24 * time.Hour  // after that the channel is missing on purpose
)

// table is the whole protocol of delivery: what follows from each step when it
// is done, and when it has failed.
var table = map[Step]rule{
	Unconfigured: {done: move.unconfigured},
	Start:        {done: move.started, failed: causes{other: failure.unread}},
	Pace:         {done: move.paced},
	Resolve:      {done: move.claim},
	Edit:         {done: move.arrived, failed: causes{gone: failure.gone, uneditable: failure.sendAsReply, unknown: failure.keepLock, other: failure.unlock}},
	LookUp:       {done: move.lookedUp, failed: causes{later: failure.later, notSent: failure.notSent, other: failure.stillUnknown}},
	Ask:          {done: move.asked, failed: causes{other: failure.askAgain}},
	Upload:       {done: move.uploaded, failed: causes{other: failure.notUploaded}},
	Send:         {done: move.arrived, failed: causes{rejected: failure.rejectedFile}},
}

// A rule is what follows from a step. What failed does not name follows from
// the cause alone, see defaults.
type rule struct {
	done   func(move) Transition
	failed causes
}

// Next decides what follows from an outcome. It may be asked again about the same
// outcome when another process has changed the page meanwhile.
func (l Limits) Next(n Record, page *Record, o Outcome) Transition {
	m := move{Limits: l, n: n, page: page, o: o}
	r := table[o.Step]
	if o.Err == nil {
		return r.done(m)
	}
	if o.Step < LookUp { // no claim has counted the try
		m.n.Tries++
	}
	f := failure{m, causeOf(o.Err)}
	return r.failed.of(f.cause)(f)
}

// A move is a notice, its page, and what a step led to.
type move struct {
	Limits
	n    Record
	page *Record // nil for a post, or if its row is gone
	o    Outcome
}

// unconfigured keeps a notice whose channel is not set up. A setting may be
// missing for a moment.
func (m move) unconfigured() Transition {
	if m.n.Age > unconfiguredFor {
		return m.finish(Abandoned)
	}
	return Transition{}
}

// started decides whether a notice can be sent, given what it depends on.
func (m move) started() Transition {
	first := m.o.First
	switch {
	case m.o.Wait > 0:
		return Transition{Keep: true, Wait: m.o.Wait}
	case first != nil && first.Stage != Lost && !first.Stage.Finished():
		return Transition{Keep: true}
	}
	if t, ready := m.ready(); !ready {
		return t
	}
	return Transition{Then: Pace}
}

// ready reports whether a notice can go to its page as that is now, and what
// follows where it cannot.
func (m move) ready() (Transition, bool) {
	n, page, act := m.n.Notice, m.page, m.n.Notice.Act
	switch {
	case act == notify.Post:
		return Transition{}, true
	case act == notify.Close && (page == nil || page.Stage == Lost): // the alert may exist after all
		return Transition{}, true
	case page == nil:
		return m.finish(Obsolete), false
	}
	over := page.Stage == Obsolete || page.Stage == Abandoned
	switch {
	case over && act == notify.Close && page.Uncertain: // it may exist after all: close it
	case page.Stage == Obsolete, over && act == notify.Close:
		return m.finish(Obsolete), false
	case page.Stage == Abandoned: // there is news: post it once more
		return m.repost(page.Notice.Mention), false
	case page.Stage != Sent:
		return Transition{Keep: true}, false
	case act == notify.Update && (n.Version <= page.Shown || n.Version < page.Attempted):
		return m.finish(Obsolete), false
	case act == notify.Update && !page.Uneditable && page.Editor != "" && page.Ref.Age < m.Lease:
		// An older lock is asked about more rarely.
		return Transition{Keep: true, Wait: min(m.Lease-page.Ref.Age, max(page.Ref.Age, editPoll))}, false
	}
	return Transition{}, true
}

// paced begins to send a notice. An update locks its page, so that two updates cannot
// overtake each other.
func (m move) paced() Transition {
	switch {
	case m.o.Wait > 0:
		return Transition{Keep: true, Wait: m.o.Wait}
	case m.n.Notice.Act == notify.Post:
		return Transition{Then: Resolve}
	}
	if t, ready := m.ready(); !ready {
		return t
	}
	if m.n.Notice.Act != notify.Update || m.page.Uneditable {
		return m.claim()
	}
	p := *m.page
	p.Editor, p.Attempted = m.o.Editor, m.n.Notice.Version
	return Transition{Then: Edit, Page: &p}
}

// claim marks the notice as being sent by us. After an earlier send of unknown outcome
// a look-up comes first.
func (m move) claim() Transition {
	again := m.n.Stage == Sending
	if !again {
		m.n.SendingSince = time.Time{} // otherwise the first send of unknown outcome counts
	}
	m.n.Uncertain = m.n.Uncertain || again
	m.n.Stage = Sending
	m.n.Tries++
	if again {
		return m.renew(LookUp)
	}
	return m.renew(beforeSend(m.n.Notice))
}

// renew stores the claim with a new lease. If we crash, the notice may still arrive
// until the end of the lease, so the delay before the look-up begins then.
func (m move) renew(then Step) Transition {
	n := m.n
	n.Wait = m.Lease + m.LookUp
	return Transition{Then: then, Notice: &n}
}

// beforeSend is what comes next for a claimed notice.
func beforeSend(n notify.Notice) Step {
	switch {
	case n.Act == notify.Post:
		return Ask
	case n.File != nil && n.File.ID == "":
		return Upload
	}
	return Send
}

func (m move) lookedUp() Transition {
	switch {
	case m.o.Found:
		return m.arrived()
	case m.n.Duplicate:
		m.n.Notice.Repost++
		m.n.Duplicate = false
	}
	return m.renew(beforeSend(m.n.Notice)) // the look-up may have taken long
}

// asked comes after the look-up, because a page that was posted must be known even if
// nobody needs it: it will be updated.
func (m move) asked() Transition {
	if m.o.Obsolete {
		return m.finish(Obsolete)
	}
	return Transition{Then: Send}
}

// uploaded stores the id of a file before it is shown, because a look-up finds the reply
// by that id.
func (m move) uploaded() Transition {
	f := m.n.Notice.File
	m.n.Notice.File = &notify.File{Name: f.Name, Content: f.Content, ID: m.o.FileID}
	return m.renew(Send)
}

// inline sends the reply with the beginning of its file instead of the file.
func (m move) inline() Transition {
	m.n.Notice = inlined(m.n.Notice)
	return m.renew(Send)
}

// arrived stores that the notice was sent, and what its page shows now. If that fails,
// the next look-up finds the message.
func (m move) arrived() Transition {
	n, page := &m.n, m.page
	n.Receipt, n.LastError = m.o.Receipt, ""
	if n.Notice.Act == notify.Post {
		n.Shown = n.Notice.Version
	}
	t := m.finish(Sent)
	t.Arrived = true
	if n.Notice.Act != notify.Update || page == nil || page.Stage != Sent {
		return t
	}
	p := *page
	if n.Notice.Version > p.Shown {
		p.PostedFor = cmp.Or(p.PostedFor, p.Notice.Reason)
		p.Shown, p.Notice = n.Notice.Version, asPost(n.Notice, p.Notice)
	}
	if p.Editor == m.o.Editor {
		p.Editor = ""
	}
	p.Wait = m.Retention
	t.Page = &p
	return t
}

// finish stores what became of a notice, for as long as its key may be used again.
func (m move) finish(s Stage) Transition {
	n := m.n
	n.Stage, n.Wait = s, m.Retention
	return Transition{Notice: &n}
}

// repost makes a page due again, with what an update shows. The update itself is then
// obsolete; other notices wait for the new page.
func (m move) repost(mention string) Transition {
	t, shown := waitForPage(m.n), m.page.Notice
	if m.n.Notice.Act == notify.Update {
		t, shown = m.finish(Obsolete), asPost(m.n.Notice, m.page.Notice)
	}
	shown.Mention = mention
	shown.Repost++
	t.Page = &Record{Notice: shown, Stage: Pending, Uncertain: m.page.Uncertain && shown.Alias != "", Ref: m.page.Ref}
	return t
}
