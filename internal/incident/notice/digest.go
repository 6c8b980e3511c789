package notice

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/reason"
	"github.com/busbell/busbell/internal/notify"
)

// maxDigestLines is how many incidents a digest lists.
const maxDigestLines = 10

// Digest is the notice that posts many incidents on one page. [AsUpdate] makes
// an update of it.
func Digest(v Deployment, to incident.Target, why reason.Reason, key string, incidents []*incident.Incident) notify.Notice {
	sorted := slices.SortedFunc(slices.Values(incidents), func(a, b *incident.Incident) int {
		return cmp.Or(cmp.Compare(b.Count(), a.Count()), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	n := notify.Notice{
		Key: key, Channel: to.Channel, To: to.To, Act: notify.Post, Reason: string(why), Subject: key,
		Mention: to.Mention, State: notify.Resolved,
		Footer: notify.Text{notify.Foreign(v.Environment), notify.Ours(" · " + string(why))},
	}
	open, waiting, messages := 0, 0, 0
	for at, i := range sorted {
		n.Version = max(n.Version, i.Version)
		if i.Alive() {
			open++
			if i.State == incident.Open {
				waiting++
			}
		}
		messages += i.Count()
		if at < maxDigestLines {
			n.Lines = append(n.Lines, Headline(i))
		}
	}
	if more := len(sorted) - maxDigestLines; more > 0 {
		n.Lines = append(n.Lines, notify.Text{notify.Ours(fmt.Sprintf("… and %d more", more))})
	}
	kind := commonKind(sorted)
	n.Headline = notify.Text{notify.Ours(counted(messages, "failure") + " of " + counted(open, "kind"))}
	if kind.Merges() {
		n.Headline = notify.Text{notify.Ours(fmt.Sprintf(merged[kind].many, open))}
		n.Facts = []notify.Fact{{Name: "Why", Value: notify.Text{notify.Foreign(sorted[0].Cause.Text)}}}
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
	if messages > 0 && kind == incident.Failed {
		n.Facts = append(n.Facts, notify.Fact{Name: "Look closer", Value: notify.Text{notify.Code("busbell failures list")}})
	}
	if v.Buttons {
		n.Actions = buttons(key, map[bool]incident.State{true: incident.Acknowledged, false: incident.Open}[waiting == 0])
	}
	return n
}

// commonKind is the kind of all the incidents, "" where they differ.
func commonKind(incidents []*incident.Incident) incident.Kind {
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
// [Reply].
func DigestReply(digest notify.Notice, why reason.Reason, what string, line notify.Text) notify.Notice {
	return notify.Notice{
		Key: digest.Key + "/" + what, Channel: digest.Channel, To: digest.To, Act: notify.Reply,
		Reason: string(why), Page: digest.Key, Subject: digest.Key, State: digest.State, Headline: line,
	}
}

// DigestResolved says in a digest's thread that all of it is resolved.
func DigestResolved(digest notify.Notice, why reason.Reason) notify.Notice {
	line := notify.Text{notify.Ours("Resolved: no message of these is left in any source.")}
	return DigestReply(digest, why, fmt.Sprintf("resolved/%d", digest.Version), line)
}

// DigestReminder reminds of a digest for the nth time.
func DigestReminder(digest notify.Notice, why reason.Reason, n int) notify.Notice {
	line := notify.Text{notify.Ours("Reminder: "), notify.Ours(digest.Headline.Plain() + " are still there.")}
	reply := DigestReply(digest, why, "reminder/"+strconv.Itoa(n), line)
	reply.Broadcast = true
	return reply
}

// GroupedAlert is one alert for incidents beyond those that are paged singly.
// They share its alias and its key, which is a [DigestKey]; its priority is the
// highest of theirs.
func GroupedAlert(v Deployment, to incident.Target, why reason.Reason, key string, incidents []*incident.Incident) (notify.Notice, incident.Alert) {
	n := Digest(v, to, why, key, incidents)
	n.Priority, n.Alias, n.Actions = incidents[0].Priority, incident.Alias(v.Environment, v.Ledger, n.Key), nil
	for _, i := range incidents {
		n.Priority = min(n.Priority, i.Priority)
	}
	n.Headline = append(notify.Text{notify.Ours("Storm: ")}, n.Headline...)
	return n, incident.Alert{Key: n.Key, Alias: n.Alias, Priority: n.Priority}
}
