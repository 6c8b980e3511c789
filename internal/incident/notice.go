package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/busbell/busbell/internal/notify"
)

// A Target is where an incident is told: a place in a channel.
type Target struct {
	Channel, To string
	Mention     string // for what should be heard; from the configuration only
}

func (t Target) String() string { return t.Channel + ":" + t.To }

// Announce is the notice that makes the incident's own page.
func (i *Incident) Announce(to Target, environment, reason string) notify.Notice {
	n := i.face(to, environment, reason)
	n.Key, n.Act, n.Mention = i.PageKey(to), notify.Announce, to.Mention
	return n
}

// PageKey is the key of the incident's own page at a target.
func (i *Incident) PageKey(to Target) string { return i.Subject() + "@" + to.String() }

// Revise brings the incident's own page up to date.
func (i *Incident) Revise(to Target, environment, reason string) notify.Notice {
	n := i.face(to, environment, reason)
	n.Act, n.Page = notify.Revise, i.Page
	n.Key = fmt.Sprintf("%s/v%d", i.Page, i.Version)
	return n
}

// Remark adds a line to the thread of the incident's own page. What
// names the occasion: the same is said once in a life.
func (i *Incident) Remark(to Target, reason, what string, line notify.Text) notify.Notice {
	return notify.Notice{
		Key: i.Page + "/" + what, Channel: to.Channel, To: to.To, Act: notify.Remark,
		Reason: reason, Page: i.Page, Subject: i.Subject(), State: i.sign(), Headline: line,
	}
}

// Raise is the alert for a pager at the incident's present priority.
func (i *Incident) Raise(to Target, environment, reason string) (notify.Notice, Alert) {
	n := i.face(to, environment, reason)
	n.Act, n.Priority = notify.Announce, i.Priority
	n.Alias = alias(environment, i.Fingerprint, strconv.Itoa(i.Generation), i.Priority)
	n.Key = i.Subject() + "@" + to.String() + "/" + i.Priority
	return n, Alert{Key: n.Key, Alias: n.Alias, Priority: i.Priority}
}

// End closes an alert, which may have been shared by many incidents.
func End(to Target, a Alert, reason string) notify.Notice {
	return notify.Notice{
		Key: a.Key + "/end", Channel: to.Channel, To: to.To, Act: notify.End, Reason: reason,
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

// face is what a page of the incident shows.
func (i *Incident) face(to Target, environment, reason string) notify.Notice {
	return notify.Notice{
		Channel: to.Channel, To: to.To, Reason: reason, Subject: i.Subject(), Version: i.Version,
		State: i.sign(), Headline: i.Headline(), Facts: i.facts(), Trace: i.Failure.Trace,
		Footer: notify.Text{
			notify.Ours("incident "), notify.Code(i.Fingerprint), notify.Ours(fmt.Sprintf(" · life %d · ", i.Generation)),
			notify.Foreign(environment), notify.Ours(" · told because: " + reason),
		},
	}
}

func (i *Incident) sign() notify.State {
	switch {
	case i.State == Resolved:
		return notify.Resolved
	case i.Blind:
		return notify.Blind
	}
	return notify.Open
}

// Headline is the incident in one line that stands alone.
func (i *Incident) Headline() notify.Text {
	f := i.Failure
	if i.Blind {
		return i.Trouble.headline(f.FailingQueue, i.State == Resolved)
	}
	line := notify.Text{notify.Ours(i.number() + " failed "), notify.Bold(ShortType(f.MessageType, "message"))}
	if f.FailingQueue != "" {
		line = append(line, notify.Ours(" in "), notify.Bold(f.FailingQueue))
	}
	if cause := ShortType(f.ExceptionType, f.Reason); cause != "" {
		line = append(line, notify.Ours(": "), notify.Foreign(cause))
	}
	return line
}

// number is how many messages the headline speaks of: those that are there,
// or, when they are gone, the most that there were.
func (i *Incident) number() string {
	if i.State == Resolved {
		return "Resolved: " + strconv.Itoa(i.Most)
	}
	return strconv.Itoa(i.Count())
}

// ShortType is a full type name without its namespace, type arguments
// likewise left out; otherwise is for a name that is empty.
func ShortType(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	name, _, _ = strings.Cut(name, "[[")
	return name[strings.LastIndexAny(name, ".+")+1:]
}
