package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/busbell/busbell/internal/notify"
)

// maxDigestLines is how many incidents a digest lists.
const maxDigestLines = 10

const digestPrefix = "digest/"

// DigestKey is the key of a page that shows many incidents. The occasion says
// why they are shown together, and is the same when that is decided again after
// a crash.
func DigestKey(to Target, occasion ...string) string {
	return digestPrefix + alias(occasion...) + "@" + to.String()
}

// Digest is the notice that posts many incidents on one page. [AsUpdate] makes
// an update of it.
func Digest(v Deployment, to Target, reason, key string, incidents []*Incident) notify.Notice {
	sorted := slices.SortedFunc(slices.Values(incidents), func(a, b *Incident) int {
		return cmp.Or(cmp.Compare(b.Count(), a.Count()), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	n := notify.Notice{
		Key: key, Channel: to.Channel, To: to.To, Act: notify.Post, Reason: reason, Subject: key,
		Mention: to.Mention, State: notify.Resolved,
		Footer: notify.Text{notify.Foreign(v.Environment), notify.Ours(" · told together because: " + reason)},
	}
	open, waiting, messages := 0, 0, 0
	for at, i := range sorted {
		n.Version = max(n.Version, i.Version)
		if i.Alive() {
			open++
			if i.State == Open {
				waiting++
			}
		}
		messages += i.Count()
		if at < maxDigestLines {
			n.Lines = append(n.Lines, i.Headline())
		}
	}
	if more := len(sorted) - maxDigestLines; more > 0 {
		n.Lines = append(n.Lines, notify.Text{notify.Ours(fmt.Sprintf("… and %d more", more))})
	}
	kind := commonKind(sorted)
	n.Headline = notify.Text{notify.Ours(counted(messages, "failure") + " of " + counted(open, "kind"))}
	if kind.Merges() {
		n.Headline = notify.Text{notify.Ours(fmt.Sprintf(merged[kind].many, open))}
		n.Facts = []notify.Fact{{Name: "Why", Value: notify.Text{notify.Foreign(sorted[0].Failure.ExceptionMessage)}}}
	}
	switch {
	case len(sorted) == 0:
		n.Headline = notify.Text{notify.Ours("Nothing is left here: what had to be heard again is shown further down")}
		return n
	case open == 0 && kind.Merges():
		n.Headline = notify.Text{notify.Ours(fmt.Sprintf(merged[kind].over, len(sorted)))}
		return n
	case open == 0:
		n.Headline = notify.Text{notify.Ours("Resolved: failures of " + counted(len(sorted), "kind"))}
		return n
	case waiting == 0:
		n.State = notify.Acknowledged
	case kind.Merges():
		n.State = notify.Unreadable
	default:
		n.State = notify.Open
	}
	if messages > 0 && kind == "" {
		n.Facts = append(n.Facts, notify.Fact{Name: "Look closer", Value: notify.Text{notify.Code("busbell failures list")}})
	}
	if v.Buttons {
		n.Actions = buttons(key, map[bool]State{true: Acknowledged, false: Open}[waiting == 0])
	}
	return n
}

// commonKind is the kind of all the incidents, "" where they differ.
func commonKind(incidents []*Incident) Kind {
	for _, i := range incidents {
		if i.Kind != incidents[0].Kind {
			return ""
		}
	}
	if len(incidents) == 0 {
		return ""
	}
	return incidents[0].Kind
}

// counted is a number with its noun.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// AsUpdate turns a post into the update of its page.
func AsUpdate(n notify.Notice) notify.Notice {
	n.Act, n.Page, n.Mention = notify.Update, n.Key, ""
	n.Key = fmt.Sprintf("%s/v%d", n.Page, n.Version)
	return n
}

// DigestReply is a line in a digest's thread. what names the occasion, as for
// [Incident.Reply].
func DigestReply(digest notify.Notice, reason, what string, line notify.Text) notify.Notice {
	return notify.Notice{
		Key: digest.Key + "/" + what, Channel: digest.Channel, To: digest.To, Act: notify.Reply,
		Reason: reason, Page: digest.Key, Subject: digest.Key, State: digest.State, Headline: line,
	}
}

// GroupedAlert is one alert for incidents beyond those that are paged singly.
// They share its alias and its key, which is a [DigestKey]; its priority is the
// highest of theirs.
func GroupedAlert(v Deployment, to Target, reason, key string, incidents []*Incident) (notify.Notice, Alert) {
	n := Digest(v, to, reason, key, incidents)
	n.Priority, n.Alias, n.Actions = incidents[0].Priority, alias(v.Environment, v.Ledger, n.Key), nil
	for _, i := range incidents {
		n.Priority = min(n.Priority, i.Priority)
	}
	n.Headline = append(notify.Text{notify.Ours("Storm: ")}, n.Headline...)
	return n, Alert{Key: n.Key, Alias: n.Alias, Priority: n.Priority}
}
