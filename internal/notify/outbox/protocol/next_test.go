package protocol_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox/protocol"
)

var limits = protocol.Limits{Lease: time.Minute, LookUp: 30 * time.Second, Retention: 30 * 24 * time.Hour, Tries: 8}

// record is the row of a notice; the changes are made to it.
func record(act notify.Act, stage protocol.Stage, changes ...func(*protocol.Record)) protocol.Record {
	r := protocol.Record{Notice: notify.Notice{Key: "n", Act: act, Version: 5}, Stage: stage}
	if act == notify.Post {
		r.Notice.Version = 0
	}
	for _, change := range changes {
		change(&r)
	}
	return r
}

// page is the row of a page that shows version 4.
func page(changes ...func(*protocol.Record)) *protocol.Record {
	r := record(notify.Post, protocol.Sent, changes...)
	r.Notice.Key, r.Shown, r.Receipt = "page", 4, notify.Receipt{Destination: "C1", ID: "1"}
	return &r
}

func tries(n int) func(*protocol.Record)         { return func(r *protocol.Record) { r.Tries = n } }
func is(s protocol.Stage) func(*protocol.Record) { return func(r *protocol.Record) { r.Stage = s } }
func age(d time.Duration) func(*protocol.Record) { return func(r *protocol.Record) { r.Age = d } }
func attempted(version int64) func(*protocol.Record) {
	return func(r *protocol.Record) { r.Attempted = version }
}
func uncertain(r *protocol.Record)  { r.Uncertain = true }
func duplicate(r *protocol.Record)  { r.Duplicate = true }
func uneditable(r *protocol.Record) { r.Uneditable = true }
func withFile(r *protocol.Record)   { r.Notice.File = &notify.File{Content: "frames"} }
func uploaded(r *protocol.Record)   { r.Notice.File = &notify.File{Content: "frames", ID: "F1"} }
func by(e string, d time.Duration) func(*protocol.Record) {
	return func(r *protocol.Record) { r.Editor, r.Ref = e, ledger.Ref{Age: d} }
}

var errOdd = errors.New("odd")

func after(s protocol.Step, errs ...error) protocol.Outcome {
	return protocol.Outcome{Step: s, Err: errors.Join(errs...), Editor: "me", Page: notify.Receipt{Destination: "C1", ID: "1"}}
}

func with(o protocol.Outcome, change func(*protocol.Outcome)) protocol.Outcome {
	change(&o)
	return o
}

var steps = map[protocol.Step]string{
	protocol.Start: "start", protocol.Pace: "pace", protocol.Resolve: "resolve", protocol.Edit: "edit",
	protocol.LookUp: "look up", protocol.Ask: "ask", protocol.Upload: "upload", protocol.Send: "send",
}

func TestALimitedNoticeGoesBehindTheOthers(t *testing.T) {
	queue := []*protocol.Record{}
	for i, r := range []protocol.Record{
		record(notify.Reply, protocol.Pending), record(notify.Post, protocol.Sending), record(notify.Post, protocol.Pending, func(r *protocol.Record) { r.Limited = true }),
		record(notify.Post, protocol.Pending), record(notify.Post, protocol.Pending),
	} {
		r.Notice.Key, r.Written = string(rune('a'+i)), time.Unix(int64(i), 0)
		queue = append(queue, &r)
	}
	var got string
	for _, r := range protocol.InOrder(queue) {
		got += r.Notice.Key
	}
	if got != "debca" {
		t.Errorf("in order %s, want posts, then the look-up, then what was limited, then replies", got)
	}
}

// brief writes what a transition says.
func brief(t protocol.Transition) string {
	var s []string
	add := func(is bool, format string, args ...any) {
		if is {
			s = append(s, fmt.Sprintf(format, args...))
		}
	}
	if p := t.Page; p != nil {
		add(true, "page %s", p.Stage)
		add(p.Editor != "", "locked by %s", p.Editor)
		add(p.Uneditable, "uneditable")
		add(p.Notice.Repost > 0, "repost %d", p.Notice.Repost)
		add(p.Shown > 4, "shows %d", p.Shown)
	}
	if n := t.Notice; n != nil {
		add(true, "notice %s %s", n.Stage, n.Wait)
		add(n.Tries > 0, "try %d", n.Tries)
		add(n.Uncertain, "uncertain")
		add(n.Duplicate, "duplicate")
		add(n.Notice.Repost > 0, "repost %d", n.Notice.Repost)
		add(n.Notice.File != nil && n.Notice.File.ID != "", "file %s", "stored")
		add(n.Notice.Trace != "", "inlined")
	}
	add(t.Keep, "keep %s", t.Wait)
	add(t.Pause > 0, "pause %s", t.Pause)
	add(t.Held != protocol.Stop, "of %s", steps[t.Held])
	add(t.Outage != nil, "outage")
	add(t.NewID, "new id")
	add(t.Arrived, "arrived")
	add(t.Err != nil, "error")
	add(t.Then != protocol.Stop, "then %s", steps[t.Then])
	return strings.Join(s, ", ")
}

const month = "720h0m0s"

func TestNextDecidesTheWholeProtocol(t *testing.T) {
	post, reply, update := record(notify.Post, protocol.Pending), record(notify.Reply, protocol.Pending), record(notify.Update, protocol.Pending)
	closing := record(notify.Close, protocol.Pending)
	sending := record(notify.Post, protocol.Sending, tries(1))
	later := &notify.LaterError{After: 7 * time.Second, Err: errOdd}
	limited := &notify.LaterError{After: 7 * time.Second, Err: errOdd, Limited: true}
	for _, tt := range []struct {
		name   string
		notice protocol.Record
		page   *protocol.Record
		o      protocol.Outcome
		want   string
	}{
		{"the channel is not set up", post, nil, after(protocol.Unconfigured), ""},
		{"nor was it for a day", record(notify.Post, protocol.Pending, age(25*time.Hour)), nil, after(protocol.Unconfigured), "notice abandoned " + month},

		{"a post begins", post, nil, after(protocol.Start), "then pace"},
		{"nothing is read while the pace holds it back", post, nil, with(after(protocol.Start), func(o *protocol.Outcome) { o.Wait = time.Second }), "keep 1s"},
		{"what it depends on cannot be read", post, nil, after(protocol.Start, errOdd), "error"},
		{"another notice comes first", post, nil, with(after(protocol.Start), func(o *protocol.Outcome) { o.First = &sending }), "keep 0s"},
		{"that one is sent", post, nil, with(after(protocol.Start), func(o *protocol.Outcome) { o.First = page() }), "then pace"},
		{"that one was lost", post, nil, with(after(protocol.Start), func(o *protocol.Outcome) { o.First = page(is(protocol.Lost)) }), "then pace"},
		{"a reply begins", reply, page(), after(protocol.Start), "then pace"},
		{"its page is forgotten", reply, nil, after(protocol.Start), "notice obsolete " + month},
		{"its page waits", reply, page(is(protocol.Pending)), after(protocol.Start), "keep 0s"},
		{"its page was lost", reply, page(is(protocol.Lost)), after(protocol.Start), "keep 0s"},
		{"its page is obsolete", reply, page(is(protocol.Obsolete)), after(protocol.Start), "notice obsolete " + month},
		{"its page was abandoned", reply, page(is(protocol.Abandoned)), after(protocol.Start), "page pending, repost 1, notice pending 0s, keep 0s"},
		{"news about an abandoned page", update, page(is(protocol.Abandoned)), after(protocol.Start), "page pending, repost 1, notice obsolete " + month},
		{"an update begins", update, page(), after(protocol.Start), "then pace"},
		{"a newer version is shown", record(notify.Update, protocol.Pending, func(r *protocol.Record) { r.Notice.Version = 4 }), page(), after(protocol.Start), "notice obsolete " + month},
		{"a newer version may be shown", update, page(attempted(6)), after(protocol.Start), "notice obsolete " + month},
		{"the page was just locked", update, page(by("them", 0)), after(protocol.Start), "keep 250ms"},
		{"the page has been locked for a while", update, page(by("them", 8*time.Second)), after(protocol.Start), "keep 8s"},
		{"its lock ends soon", update, page(by("them", 55*time.Second)), after(protocol.Start), "keep 5s"},
		{"its lock is over", update, page(by("them", time.Minute)), after(protocol.Start), "then pace"},
		{"a lock holds up no reply", reply, page(by("them", 0)), after(protocol.Start), "then pace"},
		{"closing what is obsolete", closing, page(is(protocol.Obsolete)), after(protocol.Start), "notice obsolete " + month},
		{"closing what may exist after all", closing, page(is(protocol.Abandoned), uncertain), after(protocol.Start), "then pace"},
		{"closing what was lost", closing, page(is(protocol.Lost)), after(protocol.Start), "then pace"},
		{"closing what is forgotten", closing, nil, after(protocol.Start), "then pace"},

		{"the pace is used up meanwhile", post, nil, with(after(protocol.Pace), func(o *protocol.Outcome) { o.Wait = time.Second }), "keep 1s"},
		{"a post needs the id of its destination", post, nil, after(protocol.Pace), "then resolve"},
		{"a reply is claimed", reply, page(), after(protocol.Pace), "notice sending 1m30s, try 1, then send"},
		{"a reply with a file", record(notify.Reply, protocol.Pending, withFile), page(), after(protocol.Pace), "notice sending 1m30s, try 1, then upload"},
		{"an update locks its page", update, page(), after(protocol.Pace), "page sent, locked by me, then edit"},
		{"another process has locked it meanwhile", update, page(by("them", 0)), after(protocol.Pace), "keep 250ms"},
		{"an update of what cannot be edited", update, page(uneditable), after(protocol.Pace), "notice sending 1m30s, try 1, then send"},

		{"the destination has an id", post, nil, after(protocol.Resolve), "notice sending 1m30s, try 1, then ask"},
		{"after an unknown outcome it is looked up", sending, nil, after(protocol.Resolve), "notice sending 1m30s, try 2, uncertain, then look up"},
		{"the destination does not exist", post, nil, after(protocol.Resolve, notify.ErrRejected), "notice pending 1m0s, try 1, new id, error"},

		{"it had arrived", sending, nil, with(after(protocol.LookUp), func(o *protocol.Outcome) { o.Found = true }), "notice sent " + month + ", try 1, arrived"},
		{"it had not", sending, nil, after(protocol.LookUp), "notice sending 1m30s, try 1, then ask"},
		{"it had not, though the channel thinks so", record(notify.Post, protocol.Sending, duplicate), nil, after(protocol.LookUp), "notice sending 1m30s, repost 1, then ask"},
		{"nobody knows", sending, nil, after(protocol.LookUp, errOdd), "notice sending 30s, try 1, uncertain, error"},
		{"the channel says later", sending, nil, after(protocol.LookUp, later), "notice sending 7s, pause 7s, error"},
		{"look-ups are limited", sending, nil, after(protocol.LookUp, limited), "notice sending 7s, pause 7s, of look up, error"},
		{"posts are limited", sending, nil, after(protocol.Send, limited), "notice pending 7s, pause 7s, of send, error"},
		{"edits are limited", update, page(by("me", 0)), after(protocol.Edit, limited), "page sent, notice pending 7s, pause 7s, of edit, error"},
		{"it was not asked", sending, nil, after(protocol.LookUp, notify.ErrNotSent), "notice sending 30s, try 1, error"},

		{"it is needed", sending, nil, after(protocol.Ask), "then send"},
		{"nobody needs it", sending, nil, with(after(protocol.Ask), func(o *protocol.Outcome) { o.Obsolete = true }), "notice obsolete " + month + ", try 1"},
		{"nobody can tell", sending, nil, after(protocol.Ask, errOdd), "notice pending 1s, try 1, error"},

		{"a file is stored", record(notify.Reply, protocol.Sending, withFile), page(), with(after(protocol.Upload), func(o *protocol.Outcome) { o.FileID = "F1" }), "notice sending 1m30s, file stored, then send"},
		{"a file is refused", record(notify.Reply, protocol.Sending, withFile), page(), after(protocol.Upload, notify.ErrRejected), "notice sending 1m30s, inlined, then send"},
		{"a file fails", record(notify.Reply, protocol.Sending, withFile, tries(2)), page(), after(protocol.Upload, errOdd), "notice pending 30s, try 2, error"},
		{"a file fails too often", record(notify.Reply, protocol.Sending, withFile, tries(3)), page(), after(protocol.Upload, errOdd), "notice sending 1m30s, try 3, inlined, then send"},
		{"the channel takes files later", record(notify.Reply, protocol.Sending, withFile, tries(1)), page(), after(protocol.Upload, later), "notice pending 7s, pause 7s, error"},

		{"it is sent", sending, nil, after(protocol.Send), "notice sent " + month + ", try 1, arrived"},
		{"a shown file is refused", record(notify.Reply, protocol.Sending, uploaded), page(), after(protocol.Send, notify.ErrRejected), "notice sending 1m30s, inlined, then send"},
		{"it is refused", sending, nil, after(protocol.Send, notify.ErrRejected), "notice pending 1m0s, try 1, new id, error"},
		{"it is refused again and again", record(notify.Reply, protocol.Sending, tries(5)), page(), after(protocol.Send, notify.ErrRejected), "notice pending 16m0s, try 5, outage, error"},
		{"it is refused too often", record(notify.Reply, protocol.Sending, tries(8)), page(), after(protocol.Send, notify.ErrRejected), "notice abandoned " + month + ", try 8, outage, error"},
		{"its outcome is unknown", sending, nil, after(protocol.Send, errOdd), "notice sending 30s, try 1, uncertain, error"},
		{"it is taken for a repetition", sending, nil, after(protocol.Send, notify.ErrUnknown, notify.ErrDuplicate), "notice sending 30s, try 1, uncertain, duplicate, error"},
		{"look-ups become rarer", record(notify.Post, protocol.Sending, tries(4)), nil, after(protocol.Send, errOdd), "notice sending 4m0s, try 4, uncertain, error"},
		{"the channel is busy", sending, nil, after(protocol.Send, later), "notice pending 7s, pause 7s, error"},
		{"it has been busy for a month", record(notify.Post, protocol.Sending, tries(1), age(31*24*time.Hour)), nil, after(protocol.Send, later), "notice abandoned " + month + ", outage, error"},
		{"the invocation was over", sending, nil, with(after(protocol.Send, notify.ErrNotSent), func(o *protocol.Outcome) { o.Over = true }), "notice pending 0s, error"},
		{"the lease was over", sending, nil, after(protocol.Send, notify.ErrNotSent), "notice pending 30s, try 1, error"},
		{"closing what is gone", record(notify.Close, protocol.Sending), page(), after(protocol.Send, notify.ErrGone), "notice obsolete " + month},
		{"replying to a deleted page", record(notify.Reply, protocol.Sending, tries(1)), page(), after(protocol.Send, notify.ErrGone), "page pending, repost 1, notice pending 0s, try 1, keep 0s"},
		{"another process has posted it again", record(notify.Reply, protocol.Sending, tries(1)), page(), with(after(protocol.Send, notify.ErrGone), func(o *protocol.Outcome) { o.Page.ID = "0" }), "notice pending 0s, try 1, keep 0s"},
		{"each new page is deleted", record(notify.Reply, protocol.Sending, tries(5)), page(), after(protocol.Send, notify.ErrGone), "notice pending 16m0s, try 5, outage, error"},

		{"a page is edited", update, page(by("me", 0)), after(protocol.Edit), "page sent, shows 5, notice sent " + month + ", arrived"},
		{"another process locked it meanwhile", update, page(by("them", 0)), after(protocol.Edit), "page sent, locked by them, shows 5, notice sent " + month + ", arrived"},
		{"an edit of a deleted page", update, page(by("me", 0)), after(protocol.Edit, notify.ErrGone), "page pending, repost 1, notice obsolete " + month + ", try 1"},
		{"an edit of what cannot be edited", update, page(by("me", 0)), after(protocol.Edit, notify.ErrUneditable), "page sent, uneditable, then start"},
		{"a refused edit unlocks", update, page(by("me", 0)), after(protocol.Edit, notify.ErrRejected), "page sent, notice pending 1m0s, try 1, error"},
		{"a later edit unlocks", update, page(by("me", 0)), after(protocol.Edit, later), "page sent, notice pending 7s, pause 7s, error"},
		{"but not another's lock", update, page(by("them", 0)), after(protocol.Edit, later), "notice pending 7s, pause 7s, error"},
		{"an edit of unknown outcome keeps its lock", update, page(by("me", 0)), after(protocol.Edit, errOdd), "notice pending 1m0s, try 1, error"},

		{"a panic before the claim", post, nil, after(protocol.Resolve, &protocol.Panic{Value: "odd"}), "notice pending 1m0s, try 1, error"},
		{"a panic after it", sending, nil, after(protocol.Send, &protocol.Panic{Value: "odd"}), "notice sending 30s, try 1, uncertain, error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := fmt.Sprintf("%+v %+v", tt.notice, tt.page)
			if got := brief(limits.Next(tt.notice, tt.page, tt.o)); got != tt.want {
				t.Errorf("next: %s\nwant: %s", got, tt.want)
			}
			if after := fmt.Sprintf("%+v %+v", tt.notice, tt.page); after != before {
				t.Errorf("it changed what it was given: %s, before %s", after, before)
			}
		})
	}
}
