// Package notice words what is said of incidents: the page that announces one
// and is kept up to date, the lines in its thread, the digest that shows many,
// and the alerts of the pager. It decides nothing.
package notice

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/reason"
	"github.com/busbell/busbell/internal/notify"
)

// A Deployment is what all notices of one Busbell have in common.
type Deployment struct {
	Environment string
	Namespace   string // of Service Bus; distinguishes two environments of one name where the ledger cannot be read
	Ledger      string // the id of the ledger, part of every alias
	Buttons     bool   // pages have buttons
}

// Post is the notice that creates the incident's own page.
func Post(v Deployment, i *incident.Incident, to incident.Target, why reason.Reason) notify.Notice {
	n := render(v, i, to, why)
	n.Key, n.Act, n.Mention = i.PageKey(to), notify.Post, to.Mention
	return n
}

// Update is the notice that updates the incident's own page.
func Update(v Deployment, i *incident.Incident, p incident.Page, why reason.Reason) notify.Notice {
	n := render(v, i, p.To, why)
	n.Act, n.Page = notify.Update, p.Key
	n.Key = fmt.Sprintf("%s/v%d", p.Key, i.Version)
	return n
}

// Reply adds a line to the thread of a page. what names the occasion, which a
// page has once.
func Reply(i *incident.Incident, p incident.Page, why reason.Reason, what string, line notify.Text) notify.Notice {
	return notify.Notice{
		Key: p.Key + "/" + what, Channel: p.To.Channel, To: p.To.To, Act: notify.Reply,
		Reason: string(why), Page: p.Key, Subject: i.Subject(), State: statusIcon(i), Headline: line,
	}
}

// Page is the alert for a pager at the incident's present priority.
func Page(v Deployment, i *incident.Incident, to incident.Target, why reason.Reason) (notify.Notice, incident.Alert) {
	n := render(v, i, to, why)
	n.Act, n.Priority, n.Actions = notify.Post, i.Priority, nil
	rise := i.Priority
	if i.PageEpoch > 0 { // an earlier alert of this priority is closed
		rise += "/" + strconv.Itoa(i.PageEpoch)
	}
	n.Alias = incident.Alias(v.Environment, v.Ledger, i.Fingerprint, strconv.Itoa(i.Generation), rise)
	n.Key = i.Subject() + "@" + to.String() + "/" + rise
	return n, incident.Alert{Key: n.Key, Alias: n.Alias, Priority: i.Priority}
}

// Close closes an alert, which many incidents may have shared.
func Close(to incident.Target, a incident.Alert, why reason.Reason) notify.Notice {
	return notify.Notice{
		Key: a.Key + "/end", Channel: to.Channel, To: to.To, Act: notify.Close, Reason: string(why),
		Page: a.Key, Subject: a.Key, Alias: a.Alias, State: notify.Resolved,
		Headline: notify.Text{notify.Ours("Over: " + string(why))},
	}
}

// render is what a page of the incident shows.
func render(v Deployment, i *incident.Incident, to incident.Target, why reason.Reason) notify.Notice {
	n := notify.Notice{
		Channel: to.Channel, To: to.To, Reason: string(why), Subject: i.Subject(), Version: i.Version,
		State: statusIcon(i), Headline: Headline(i), Facts: facts(i), Trace: i.Cause.Trace,
		Footer: notify.Text{
			notify.Ours("incident "), notify.Code(i.Fingerprint), notify.Ours(times(i) + " · "),
			notify.Foreign(v.Environment), notify.Ours(" · " + string(why)),
		},
	}
	if v.Buttons {
		n.Actions = buttons(i.Subject(), i.State)
	}
	return n
}

// times says how often it has happened, if more than once.
func times(i *incident.Incident) string {
	if i.Generation < 2 {
		return ""
	}
	return " · " + ordinal(i.Generation) + " time since " + i.Began.UTC().Format("2 Jan")
}

// ordinal is a number that counts: 1st, 2nd, 3rd, 4th.
func ordinal(n int) string {
	ending := "th"
	if n/10%10 != 1 { // 11th, 12th, 13th
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return strconv.Itoa(n) + ending
}

func statusIcon(i *incident.Incident) notify.State {
	switch {
	case i.State == incident.Resolved:
		return notify.Resolved
	case i.Silence.Why == incident.Ignored, i.State == incident.Snoozed:
		return notify.Snoozed
	case i.State == incident.Acknowledged:
		return notify.Acknowledged
	case i.Kind.Ours():
		return notify.Unreadable
	}
	return notify.Open
}

// Headline is the incident in one line that stands alone.
func Headline(i *incident.Incident) notify.Text {
	c := i.Cause
	if i.Kind.Ours() {
		return kindHeadline(i.Kind, c.Where, i.State == incident.Resolved)
	}
	line := notify.Text{notify.Ours(headlineCount(i) + " failed "), notify.Bold(cmp.Or(c.What, "message"))}
	if c.Where != "" {
		line = append(line, notify.Ours(" in "), notify.Bold(c.Where))
	}
	if c.Class != "" {
		line = append(line, notify.Ours(": "), notify.Foreign(c.Class))
	}
	return line
}

// headlineCount is the number of messages in the headline: those that are there
// or, when they are gone, the most that there were.
func headlineCount(i *incident.Incident) string {
	switch {
	case i.State == incident.Resolved:
		return "Resolved: " + strconv.Itoa(i.Peak)
	case !i.GoneSince.IsZero():
		return "Gone for now: " + strconv.Itoa(i.Peak)
	}
	return strconv.Itoa(i.Count())
}
