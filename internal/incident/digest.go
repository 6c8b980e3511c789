package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/notify"
)

// digestLines is how many incidents a digest lists by name.
const digestLines = 10

// DigestKey is the key of the page that shows these incidents together: the
// same ones make the same digest.
func DigestKey(to Target, incidents []*Incident) string {
	subjects := make([]string, 0, len(incidents))
	for _, i := range incidents {
		subjects = append(subjects, i.Subject())
	}
	slices.Sort(subjects)
	return "digest/" + alias(subjects...) + "@" + to.String()
}

// Digest is the notice for many incidents that are shown on one page. It is
// an announcement; [Revised] makes the revision of it.
func Digest(to Target, environment, reason, key string, incidents []*Incident) notify.Notice {
	sorted := slices.SortedFunc(slices.Values(incidents), func(a, b *Incident) int {
		return cmp.Or(cmp.Compare(b.Count(), a.Count()), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	n := notify.Notice{
		Key: key, Channel: to.Channel, To: to.To, Act: notify.Announce, Reason: reason, Subject: key,
		Mention: to.Mention, State: notify.Resolved,
		Footer: notify.Text{notify.Foreign(environment), notify.Ours(" · told together because: " + reason)},
	}
	open, messages := 0, 0
	for at, i := range sorted {
		n.Version += i.Version
		if i.State != Resolved {
			open++
			n.State = notify.Open
		}
		messages += i.Count()
		if at < digestLines {
			n.Lines = append(n.Lines, i.Headline())
		}
	}
	if more := len(sorted) - digestLines; more > 0 {
		n.Lines = append(n.Lines, notify.Text{notify.Ours(fmt.Sprintf("… and %d more", more))})
	}
	n.Headline = notify.Text{notify.Ours(fmt.Sprintf("%d failures of %d kinds", messages, open))}
	if open == 0 {
		n.Headline = notify.Text{notify.Ours(fmt.Sprintf("Resolved: failures of %d kinds", len(sorted)))}
	}
	return n
}

// Revised turns an announcement into the revision of its page.
func Revised(n notify.Notice) notify.Notice {
	n.Act, n.Page, n.Mention = notify.Revise, n.Key, ""
	n.Key = fmt.Sprintf("%s/v%d", n.Page, n.Version)
	return n
}

// AllResolved is the line in a digest's thread that says how it ended.
func AllResolved(digest notify.Notice) notify.Notice {
	return notify.Notice{
		Key: fmt.Sprintf("%s/resolved/%d", digest.Key, digest.Version), Channel: digest.Channel, To: digest.To, Act: notify.Remark,
		Reason: "resolved", Page: digest.Key, Subject: digest.Key, State: notify.Resolved,
		Headline: notify.Text{notify.Ours("Resolved: no message of these is left in any source.")},
	}
}

// Storm is the one alert for incidents beyond those that are paged singly.
// They share its alias and its key; it takes the highest of their priorities.
func Storm(to Target, environment, reason string, incidents []*Incident) (notify.Notice, Alert) {
	n := Digest(to, environment, reason, DigestKey(to, incidents), incidents)
	priority := incidents[0].Priority
	for _, i := range incidents {
		priority = min(priority, i.Priority)
	}
	n.Priority, n.Alias = priority, alias(environment, n.Key)
	n.Headline = append(notify.Text{notify.Ours("Storm: ")}, n.Headline...)
	return n, Alert{Key: n.Key, Alias: n.Alias, Priority: priority}
}
