package notice

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/reason"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/setting"
)

// Thread are the lines that a change of an incident adds to the thread of an
// existing page, with their reasons. was is the incident before.
func Thread(i, was *incident.Incident, p incident.Page, all reason.Reasons) (notices []notify.Notice) {
	for _, why := range all {
		what, line := threadLine(i, was, why)
		if line == nil {
			continue
		}
		n := Reply(i, p, why, what, line)
		n.Broadcast = why.Broadcast()
		if why == reason.Escalated {
			n.Mention = p.To.Mention
		}
		notices = append(notices, n)
	}
	return notices
}

// threadLine is what a reason adds to the thread of a page, with its occasion;
// nil for nothing.
func threadLine(i, was *incident.Incident, why reason.Reason) (what string, line notify.Text) {
	switch why {
	case reason.Growing:
		what, line = fmt.Sprintf("growing/%d", i.GrowsAt), ours(fmt.Sprintf("Growing: %d messages now, %d when first told.", i.Count(), i.Announced))
	case reason.Escalated:
		what, line = "escalated/"+i.Priority, ours("Escalated to "+i.Priority+".")
	case reason.SnoozeOver:
		what, line = fmt.Sprintf("snoozed/%d", was.SnoozedUntil.Unix()), ours("The snooze is over: "+still(i))
	case reason.Expiring:
		what = "expiring"
		line = append(ours("Disappears soon: the time to live of the first of these messages ends "), notify.At(i.Expires().Unix()), notify.Ours("."))
	case reason.Ignored:
		what, line = fmt.Sprintf("ignored/%d", i.Version), ours("Ignored from now on: "+cmp.Or(i.Silence.Because, "a rule says so")+".")
	case reason.Unignored:
		what, line = fmt.Sprintf("unignored/%d", i.Version), ours("No longer ignored: "+still(i))
	case reason.Resolved:
		if i.Silence.Why == "" {
			what, line = "resolved", ours(i.Resolution)
		}
	}
	return what, line
}

// Reminder reminds of an incident in the thread of its page.
func Reminder(i *incident.Incident, p incident.Page) notify.Notice {
	n := Reply(i, p, reason.Reminder, "reminder/"+strconv.Itoa(i.Reminders), ours("Reminder: "+still(i)))
	n.Broadcast = true
	return n
}

func ours(text string) notify.Text { return notify.Text{notify.Ours(text)} }

// still says how many messages are still there.
func still(i *incident.Incident) string {
	if i.Kind.Ours() {
		return "nothing has changed."
	}
	return counted(i.Count(), "message") + " still there, the oldest for " + ago(i.Age(i.BroadcastAt)) + "."
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

// What a page shows of a trace. A longer trace goes into the thread, and into a
// file there if it is longer still.
const (
	shownLines, shownRunes   = 8, 1000
	threadLines, threadRunes = 80, 3000
	maxMessagesNamed         = 3
)

// Details are what a page has no room for: the whole trace, and which messages
// these are. ok is false where the page shows the trace.
func Details(i *incident.Incident, p incident.Page, why reason.Reason, trace string) (n notify.Notice, ok bool) {
	if !longer(trace, shownLines, shownRunes) {
		return n, false
	}
	line := ours("The whole trace")
	for n, s := range i.Cause.Samples {
		if s.Identity == "" || n == maxMessagesNamed {
			break
		}
		line = append(line, notify.Ours(map[bool]string{true: ". Messages: ", false: ", "}[n == 0]), notify.Code(s.Identity))
	}
	n = Reply(i, p, why, "details", line)
	if longer(trace, threadLines, threadRunes) {
		n.File = &notify.File{Name: "trace.txt", Content: trace}
	} else {
		n.Trace = trace
	}
	return n, true
}

// longer reports whether a text has as many lines, or more characters.
func longer(text string, lines, runes int) bool {
	return strings.Count(text, "\n") >= lines || utf8.RuneCountInString(text) > runes
}

// Resolution says how an incident ended. Some of its sources may be
// unwatched: deleted, or no longer in the configuration.
func Resolution(i *incident.Incident, unwatched []string, now time.Time) string {
	lasted := now.Sub(i.FirstSeen).Round(time.Second)
	if lasted >= time.Hour {
		lasted = lasted.Truncate(time.Minute)
	}
	switch expires := i.Expires(); {
	case len(unwatched) > 0:
		slices.Sort(unwatched)
		return fmt.Sprintf("Ended after %s: %s is no longer there, or no longer watched. Where its messages went is not known.", lasted, strings.Join(unwatched, ", "))
	case i.Kind.Ours():
		return fmt.Sprintf(wordings[i.Kind].end, lasted)
	case !expires.IsZero() && !expires.After(now):
		return fmt.Sprintf("Resolved after %s: its messages are gone, their time to live has ended.", lasted)
	}
	return fmt.Sprintf("Resolved after %s: its messages are gone, taken by somebody else.", lasted)
}
