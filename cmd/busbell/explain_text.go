package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/feature"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/triage"
)

// A text is an explanation for people, being written.
type text struct {
	view
	b strings.Builder
}

// margin is where values begin.
const margin = 16

// row writes a name and its value, whose further lines stand below each other.
// An empty value is left out.
func (t *text) row(name, value string) {
	if value == "" {
		return
	}
	value = strings.ReplaceAll(printable(strings.TrimRight(value, "\n")), "\n", "\n"+strings.Repeat(" ", margin))
	fmt.Fprintf(&t.b, "  %-*s%s\n", margin-2, name, value)
}

func (t *text) line(format string, args ...any) {
	t.b.WriteString(printable(fmt.Sprintf(format, args...)) + "\n")
}

// failure writes one failed message.
func (t *text) failure(title string, m *message.Message, x errorqueue.Explanation, count int) {
	f := x.Shown
	t.line("%s", title)
	if f.Ignore {
		t.line("\n  no failure: an endpoint acknowledges a retry; it is never told and never retried\n")
		return
	}
	t.line("\n  %s %s\n", signs[notify.Open], headline(f, count))
	t.facts(m, x, count)
	t.fingerprint(x)
	t.rules(x.Rules)
	t.said(x.Notices, x.Silence)
	t.line("")
}

// headline says what failed, where and why in one line.
func headline(f failure.Failure, count int) string {
	line := triage.ShortType(f.MessageType, "a message") + " failed"
	if count > 1 {
		line = fmt.Sprintf("%s %d times", line, count)
	}
	if f.FailingQueue != "" {
		line += " in " + f.FailingQueue
	}
	typ, _ := f.Cause()
	if cause := triage.ShortType(typ, f.Reason); cause != "" {
		line += ": " + cause
	}
	return line
}

func (t *text) facts(m *message.Message, x errorqueue.Explanation, count int) {
	f := x.Shown
	t.row("message", cmp.Or(f.MessageType, "of an unknown type")+" ("+string(f.Framework)+")")
	queue := cmp.Or(f.FailingQueue, "unknown")
	if m.Entity != "" && !strings.EqualFold(m.Entity, queue) {
		queue += fmt.Sprintf(", lies in %s as %d", m.Entity, m.SequenceNumber)
	}
	t.row("queue", queue)
	t.row("exception", f.ExceptionType)
	t.row("cause", f.InnerType)
	t.row("reason", f.Reason)
	_, why := f.Cause()
	_, is := x.Failure.Cause()
	t.row("why", t.hidden(cmp.Or(why, f.ExceptionMessage), cmp.Or(is, x.Failure.ExceptionMessage)))
	t.row("our code", f.FirstOwnFrame)
	t.row("handler", f.Handler)
	t.row("failed", t.when(f))
	if count == 1 {
		t.row("identity", f.Identity)
		t.row("trace id", f.TraceID)
	}
	for _, field := range x.Fields {
		t.row(field.Name, field.Value)
	}
	if m.Unreadable == "" {
		t.row("body", body(m))
	}
}

// hidden says that a text is there and not shown.
func (t *text) hidden(shown, is string) string {
	if shown == "" && is != "" && t.masker.Hidden() {
		return "(hidden by privacy.text)"
	}
	return shown
}

func (t *text) when(f failure.Failure) string {
	if f.FailedAt.IsZero() {
		return ""
	}
	at := f.FailedAt.UTC().Format(time.DateTime) + " UTC"
	if !f.Dated {
		return at + ", when it was enqueued: it does not say when it failed"
	}
	if f.Attempts > 1 {
		at += fmt.Sprintf(", after %d attempts", f.Attempts)
	}
	return at
}

// body describes a body and shows nothing of it.
func body(m *message.Message) string {
	if len(m.Body) == 0 {
		return "" // nothing to say, or a claim check
	}
	if _, err := m.Event(); err != nil {
		return strings.TrimPrefix(err.Error(), "body is ")
	}
	return fmt.Sprintf("JSON, %d bytes", len(m.Body))
}

// fingerprint writes the fingerprint and what it stands on.
func (t *text) fingerprint(x errorqueue.Explanation) {
	t.line("")
	lines := []string{x.Fingerprint + ", which stands on"}
	for _, g := range x.Grounds {
		value := t.mask(g.Value)
		switch {
		case g.Value == "":
			value = "(none)"
		case g.Folded && t.masker.Hidden() && !t.raw:
			value = "(hidden by privacy.text)"
		case strings.Contains(value, "#") && g.Folded:
			value += "   (# is what differs from case to case)"
		}
		lines = append(lines, fmt.Sprintf("  %-19s%s", g.Name, value))
	}
	t.row("fingerprint", strings.Join(lines, "\n"))
}

// rules writes each rule with a sign: it counts, or it does not, and why.
func (t *text) rules(rules []triage.RuleResult) {
	if len(rules) == 0 {
		return
	}
	t.line("")
	width := 0
	for _, r := range rules {
		width = max(width, utf8.RuneCountInString(r.Rule))
	}
	var lines []string
	for _, r := range rules {
		sign := "·"
		if r.Holds && r.WhyNot == "" {
			sign = "✓"
		}
		lines = append(lines, fmt.Sprintf("%s %-*s  %s", sign, width, r.Rule, t.mask(r.Effect)))
		indent := strings.Repeat(" ", width+4)
		lines = append(lines, indent+cmp.Or(r.When, "always"))
		if why := t.because(r.Trial, r.WhyNot); len(why) > 0 {
			lines = append(lines, indent+strings.Join(why, " · "))
		}
	}
	t.row("rules", strings.Join(lines, "\n"))
}

// signs stand before what is said.
var signs = map[notify.State]string{
	notify.Open: "🔴", notify.Acknowledged: "🟠", notify.Snoozed: "💤", notify.Resolved: "✅", notify.Milestone: "🎉", notify.Unreadable: "⚫",
}

// said writes what would be told, and where.
func (t *text) said(notices []notify.Notice, silence incident.Silence) {
	t.line("")
	var lines []string
	for _, n := range notices {
		if n.Act != notify.Post {
			continue
		}
		where := "💬 " + cmp.Or(n.To, "no channel: busbell.yaml names none")
		if n.Priority != "" {
			where = "📟 " + n.Channel + " " + n.Priority
		}
		what := n.Headline.Plain()
		if n.State != notify.Milestone {
			what = signs[n.State] + " " + what
		}
		lines = append(lines, where+"  "+what)
	}
	switch {
	case silence.Why != "":
		line := "nothing: " + silence.Why
		if silence.Because != "" {
			line += ", " + silence.Because
		}
		lines = append(lines, line)
	case len(lines) == 0:
		lines = append(lines, "nothing")
	}
	t.row("told", strings.Join(lines, "\n"))
}

// event writes what the features make of an event.
func (t *text) event(title string, m *message.Message, x feature.Explanation) {
	t.line("%s\n", title)
	t.row("event", t.mask(strings.Join(x.Types, "\n")))
	if len(x.Types) == 0 {
		t.row("event", "of an unknown type")
	}
	t.row("framework", string(m.Framework()))
	t.row("identity", t.mask(m.Identity()))
	t.row("body", body(m))
	var lines []string
	for _, r := range x.Rules {
		sign := "·"
		if r.Typed && r.Holds {
			sign = "✓"
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s", sign, r.Rule, r.Name))
		what := cmp.Or(r.When, "always")
		if !r.Typed {
			what = "wants " + r.Wants
		}
		lines = append(lines, "    "+what)
		if why := t.whyFeature(r); len(why) > 0 {
			lines = append(lines, "    "+strings.Join(why, " · "))
		}
	}
	t.line("")
	t.row("features", cmp.Or(strings.Join(lines, "\n"), "none: busbell.yaml names none"))
	t.said(x.Notices, incident.Silence{})
	t.line("")
}

// end writes what all messages together tell.
func (t *text) end(o *output, config bool) {
	if !config {
		t.line("No busbell.yaml here, so no rules: set BUSBELL_CONFIG to its path, or run this in its folder.")
	}
	if o.count > 1 {
		t.line("%d messages, %s.", o.count, plural(len(o.problems), "problem"))
	}
	for _, rule := range slices.Sorted(maps.Keys(o.matched)) {
		if !o.matched[rule] && o.count > 1 {
			t.line("Never matched: %s", rule)
		}
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
