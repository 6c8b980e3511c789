package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/notify"
)

// A Target is where an incident is shown: a place in a channel.
type Target struct {
	Channel string `json:"channel"`
	To      string `json:"to,omitempty"`
	Mention string `json:"mention,omitempty"` // of broadcasts; from the configuration only
}

func (t Target) String() string { return t.Channel + ":" + t.To }

// Place is the target without its mention.
func (t Target) Place() Target { return Target{Channel: t.Channel, To: t.To} }

// A Deployment is what all notices of one Busbell have in common.
type Deployment struct {
	Environment string
	Namespace   string // of Service Bus; distinguishes two environments of one name where the ledger cannot be read
	Ledger      string // the id of the ledger, part of every alias
	Buttons     bool   // pages have buttons
}

// Post is the notice that creates the incident's own page.
func (i *Incident) Post(v Deployment, to Target, reason string) notify.Notice {
	n := i.render(v, to, reason)
	n.Key, n.Act, n.Mention = i.PageKey(to), notify.Post, to.Mention
	return n
}

// PageKey is the key of the incident's own page at a target.
func (i *Incident) PageKey(to Target) string { return i.Subject() + "@" + to.String() }

// Update is the notice that updates the incident's own page.
func (i *Incident) Update(v Deployment, p Page, reason string) notify.Notice {
	n := i.render(v, p.To, reason)
	n.Act, n.Page = notify.Update, p.Key
	n.Key = fmt.Sprintf("%s/v%d", p.Key, i.Version)
	return n
}

// Reply adds a line to the thread of a page. what names the occasion, which a
// page has once.
func (i *Incident) Reply(p Page, reason, what string, line notify.Text) notify.Notice {
	return notify.Notice{
		Key: p.Key + "/" + what, Channel: p.To.Channel, To: p.To.To, Act: notify.Reply,
		Reason: reason, Page: p.Key, Subject: i.Subject(), State: i.statusIcon(), Headline: line,
	}
}

// Page is the alert for a pager at the incident's present priority.
func (i *Incident) Page(v Deployment, to Target, reason string) (notify.Notice, Alert) {
	n := i.render(v, to, reason)
	n.Act, n.Priority, n.Actions = notify.Post, i.Priority, nil
	rise := i.Priority
	if i.PageEpoch > 0 { // an earlier alert of this priority is closed
		rise += "/" + strconv.Itoa(i.PageEpoch)
	}
	n.Alias = alias(v.Environment, v.Ledger, i.Fingerprint, strconv.Itoa(i.Generation), rise)
	n.Key = i.Subject() + "@" + to.String() + "/" + rise
	return n, Alert{Key: n.Key, Alias: n.Alias, Priority: i.Priority}
}

// Close closes an alert, which many incidents may have shared.
func Close(to Target, a Alert, reason string) notify.Notice {
	return notify.Notice{
		Key: a.Key + "/end", Channel: to.Channel, To: to.To, Act: notify.Close, Reason: reason,
		Page: a.Key, Subject: a.Key, Alias: a.Alias, State: notify.Resolved,
		Headline: notify.Text{notify.Ours("Over: " + reason)},
	}
}

// alias is the pager's key of an alert: a hash, because a pager puts it into
// a path.
func alias(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "busbell-" + hex.EncodeToString(sum[:16])
}

// render is what a page of the incident shows.
func (i *Incident) render(v Deployment, to Target, reason string) notify.Notice {
	n := notify.Notice{
		Channel: to.Channel, To: to.To, Reason: reason, Subject: i.Subject(), Version: i.Version,
		State: i.statusIcon(), Headline: i.Headline(), Facts: i.facts(), Trace: i.Failure.Trace,
		Footer: notify.Text{
			notify.Ours("incident "), notify.Code(i.Fingerprint), notify.Ours(fmt.Sprintf(" · life %d · ", i.Generation)),
			notify.Foreign(v.Environment), notify.Ours(" · told because: " + reason),
		},
	}
	if v.Buttons {
		n.Actions = buttons(i.Subject(), i.State)
	}
	return n
}

func (i *Incident) statusIcon() notify.State {
	switch {
	case i.State == Resolved:
		return notify.Resolved
	case i.Silence.Why == Ignored, i.State == Snoozed:
		return notify.Snoozed
	case i.State == Acknowledged:
		return notify.Acknowledged
	case i.Ours:
		return notify.Unreadable
	}
	return notify.Open
}

// Headline is the incident in one line that stands alone.
func (i *Incident) Headline() notify.Text {
	f := i.Failure
	if i.Ours {
		return i.Kind.headline(f.FailingQueue, i.State == Resolved)
	}
	line := notify.Text{notify.Ours(i.headlineCount() + " failed "), notify.Bold(ShortType(f.MessageType, "message"))}
	if f.FailingQueue != "" {
		line = append(line, notify.Ours(" in "), notify.Bold(f.FailingQueue))
	}
	if cause := ShortType(f.ExceptionType, f.Reason); cause != "" {
		line = append(line, notify.Ours(": "), notify.Foreign(cause))
	}
	return line
}

// headlineCount is the number of messages in the headline: those that are there
// or, when they are gone, the most that there were.
func (i *Incident) headlineCount() string {
	switch {
	case i.State == Resolved:
		return "Resolved: " + strconv.Itoa(i.Peak)
	case !i.GoneSince.IsZero():
		return "Gone for now: " + strconv.Itoa(i.Peak)
	}
	return strconv.Itoa(i.Count())
}

// ShortType is a full type name without its namespace, type arguments
// likewise left out; otherwise is for a name that is empty. A name that is not
// written as types are ("shop.order.placed") has no namespace.
func ShortType(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	name, _, _ = strings.Cut(name, "[[")
	short := name[strings.LastIndexAny(name, ".+")+1:]
	if first, _ := utf8.DecodeRuneInString(short); unicode.IsUpper(first) {
		return short
	}
	return name
}
