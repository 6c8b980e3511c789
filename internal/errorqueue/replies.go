package errorqueue

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/setting"
)

// replies are the lines that a change adds to the thread of an existing page,
// with their reasons.
func (c *change) replies(p incident.Page) []notify.Notice {
	var notices []notify.Notice
	reply := func(reason Reason, what string, line ...notify.Span) {
		notices = append(notices, notice.Reply(&c.Incident, p, string(reason), what, line))
	}
	broadcast := func(reason Reason, what string, line ...notify.Span) {
		n := notice.Reply(&c.Incident, p, string(reason), what, line)
		n.Broadcast = true
		if reason == Escalated {
			n.Mention = p.To.Mention
		}
		notices = append(notices, n)
	}
	for _, reason := range c.why {
		switch reason {
		case Growing:
			reply(reason, fmt.Sprintf("growing/%d", c.GrowsAt), notify.Ours(fmt.Sprintf("Growing: %d messages now, %d when first told.", c.Count(), c.Announced)))
		case Escalated:
			broadcast(reason, "escalated/"+c.Priority, notify.Ours("Escalated to "+c.Priority+"."))
		case SnoozeOver:
			broadcast(reason, "snoozed/"+strconv.FormatInt(c.before.SnoozedUntil.Unix(), 10), notify.Ours("The snooze is over: "+c.still()))
		case Expiring:
			broadcast(reason, "expiring", notify.Ours("Disappears soon: the time to live of the first of these messages ends "), notify.At(c.Expires().Unix()), notify.Ours("."))
		case Ignored:
			reply(reason, "ignored/"+strconv.FormatInt(c.Version, 10), notify.Ours("Ignored from now on: "+cmp.Or(c.Silence.Because, "a rule says so")+"."))
		case Unignored:
			broadcast(reason, "unignored/"+strconv.FormatInt(c.Version, 10), notify.Ours("No longer ignored: "+c.still()))
		case Resolved:
			if c.Silence.Why == "" {
				reply(reason, "resolved", notify.Ours(c.Resolution))
			}
		}
	}
	return notices
}

// still says how many messages are still there.
func (c *change) still() string {
	if c.Ours {
		return "nothing has changed."
	}
	return messages(c.Count()) + " still there, the oldest for " + ago(c.observed.age(c.BroadcastAt)) + "."
}

func messages(n int) string {
	if n == 1 {
		return "1 message"
	}
	return strconv.Itoa(n) + " messages"
}

// ago is a duration in minutes, hours or days.
func ago(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return strconv.Itoa(int(d/(24*time.Hour))) + " days"
	case d >= time.Hour:
		return setting.Duration(d.Truncate(10 * time.Minute)).String()
	}
	return setting.Duration(d.Truncate(time.Minute)).String()
}

// maxReminders is how many incidents of one target get a reminder each in one
// pass; more of them share one message.
const maxReminders = 5

// reminders are broadcast as a line in the thread of each page or, when there
// are many, as one message.
func (w *Watch) reminders(p *plan, changes []*change, pass int64) {
	due := map[incident.Target][]*change{}
	for _, c := range changes {
		for _, page := range c.Pages {
			if c.because(Reminder) && !page.Shared {
				due[page.To] = append(due[page.To], c)
			}
		}
	}
	for to, list := range due {
		if len(list) <= maxReminders {
			for _, c := range list {
				n := notice.Reply(&c.Incident, c.page(to), string(Reminder), "reminder/"+strconv.Itoa(c.Reminders), notify.Text{notify.Ours("Reminder: " + c.still())})
				n.Broadcast = true
				c.addNotices(n)
			}
			continue
		}
		key := incident.DigestKey(to, w.Deployment.Environment, string(Reminder), strconv.FormatInt(pass, 10))
		n := notice.Digest(w.Deployment, to.Place(), string(Reminder), key, incidents(list))
		n.Headline = notify.Text{notify.Ours(fmt.Sprintf("Reminder: %d problems are still open", len(list)))}
		n.Actions = nil // each has its own on its own page
		p.share(n, list)
	}
}

// page is the incident's own page at a target.
func (c *change) page(to incident.Target) incident.Page {
	return c.Pages[slices.IndexFunc(c.Pages, func(p incident.Page) bool { return p.To == to && !p.Shared })]
}

// What a page shows of a trace. A longer trace goes into the thread, and into a
// file there if it is longer still.
const (
	shownLines, shownRunes   = 8, 1000
	threadLines, threadRunes = 80, 3000
	wholeTrace               = 64 << 10 // bytes
	maxMessagesNamed         = 3
)

// details are what a page has no room for: the whole trace, masked, and which
// messages these are.
func (w *Watch) details(c *change, p incident.Page) []notify.Notice {
	if c.observed.newest == nil || c.Ours || w.Masker.Hidden() {
		return nil
	}
	trace := c.observed.newest.Failure.Trace
	if strings.Count(trace, "\n") < shownLines && utf8.RuneCountInString(trace) <= shownRunes {
		return nil
	}
	line := notify.Text{notify.Ours("The whole trace, told because: " + string(c.why[0]))}
	for n, s := range c.Samples {
		if s.Identity == "" || n == maxMessagesNamed {
			break
		}
		line = append(line, notify.Ours(map[bool]string{true: ". Messages: ", false: ", "}[n == 0]), notify.Code(s.Identity))
	}
	n := notice.Reply(&c.Incident, p, string(c.why[0]), "details", line)
	trace = w.Masker.Sample(trace, wholeTrace)
	if strings.Count(trace, "\n") < threadLines && utf8.RuneCountInString(trace) <= threadRunes {
		n.Trace = trace
	} else {
		n.File = &notify.File{Name: "trace.txt", Content: trace}
	}
	return []notify.Notice{n}
}

// resolutionText says how an incident ended. Some of its sources may be
// unwatched: deleted, or no longer in the configuration.
func resolutionText(i incident.Incident, unwatched []string, now time.Time) string {
	lasted := now.Sub(i.FirstSeen).Round(time.Second)
	if lasted >= time.Hour {
		lasted = lasted.Truncate(time.Minute)
	}
	switch expires := i.Expires(); {
	case len(unwatched) > 0:
		slices.Sort(unwatched)
		return fmt.Sprintf("Ended after %s: %s is no longer there, or no longer watched. Where its messages went is not known.", lasted, strings.Join(unwatched, ", "))
	case i.Ours:
		return notice.Resolution(i.Kind, lasted)
	case !expires.IsZero() && !expires.After(now):
		return fmt.Sprintf("Resolved after %s: its messages are gone, their time to live has ended.", lasted)
	}
	return fmt.Sprintf("Resolved after %s: its messages are gone, taken by somebody else.", lasted)
}
