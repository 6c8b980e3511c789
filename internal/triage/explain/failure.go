package explain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/triage"
)

// Failure writes one failed message, or the newest of several like it.
func (t *Text) Failure(title string, r Record) {
	t.Line("%s", title)
	if r.Ignore {
		t.Line("\n  no failure: an endpoint acknowledges a retry; it is never told and never retried\n")
		return
	}
	t.Line("\n  %s %s\n", Signs[notify.Open], headline(r.failure, r.count))
	t.facts(r)
	t.Line("")
	t.Row("fingerprint", strings.Join(append([]string{*r.Fingerprint + ", which stands on"}, r.grounds...), "\n"))
	t.rules(r.Rules)
	silence := r.silence.Why
	if silence != "" && r.silence.Because != "" {
		silence += ", " + r.silence.Because
	}
	t.Told(r.Say, silence)
	t.Line("")
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

func (t *Text) facts(r Record) {
	f := r.failure
	t.Row("message", cmp.Or(f.MessageType, "of an unknown type")+" ("+string(f.Framework)+")")
	queue := cmp.Or(f.FailingQueue, "unknown")
	if r.entity != "" && !strings.EqualFold(r.entity, queue) {
		queue += fmt.Sprintf(", lies in %s as %d", r.entity, r.sequence)
	}
	t.Row("queue", queue)
	t.Row("exception", f.ExceptionType)
	t.Row("cause", f.InnerType)
	t.Row("reason", f.Reason)
	t.Row("why", r.why)
	t.Row("note", f.Remark)
	t.Row("our code", f.FirstOwnFrame)
	t.Row("handler", f.Handler)
	t.Row("failed", when(f))
	if r.count == 1 {
		t.Row("identity", f.Identity)
		t.Row("trace id", f.TraceID)
	}
	for _, field := range r.fields {
		t.Row(field.Name, field.Value)
	}
	t.Row("body", r.body)
}

func when(f failure.Failure) string {
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

// rules writes each rule with a sign: it counts, or it does not, and why.
func (t *Text) rules(rules []Rule) {
	if len(rules) == 0 {
		return
	}
	t.Line("")
	width := 0
	for _, r := range rules {
		width = max(width, utf8.RuneCountInString(r.Rule))
	}
	var lines []string
	for _, r := range rules {
		lines = append(lines, fmt.Sprintf("%s %-*s  %s", r.Sign(), width, r.Rule, text(r.Does, "")))
		indent := strings.Repeat(" ", width+4)
		lines = append(lines, indent+text(r.When, "always"))
		if len(r.Why) > 0 {
			lines = append(lines, indent+strings.Join(r.Why, " · "))
		}
	}
	t.Row("rules", strings.Join(lines, "\n"))
}

// Sign stands before a rule.
func (r Rule) Sign() string {
	if r.Counts {
		return "✓"
	}
	return "·"
}

// Told writes what would be told, and where, or why nothing is.
func (t *Text) Told(all []Saying, silence string) {
	t.Line("")
	var lines []string
	for _, s := range all {
		where := "💬 " + text(s.To, "no channel: busbell.yaml names none")
		if s.Priority != nil {
			where = "📟 " + s.Channel + " " + *s.Priority
		}
		what := s.Text
		if s.state != notify.Milestone {
			what = Signs[s.state] + " " + what
		}
		lines = append(lines, where+"  "+what)
	}
	switch {
	case silence != "":
		lines = append(lines, "nothing: "+silence)
	case len(lines) == 0:
		lines = append(lines, "nothing")
	}
	t.Row("told", strings.Join(lines, "\n"))
}

// text is a fact, or what to write where there is none.
func text(fact *string, none string) string {
	if fact == nil {
		return none
	}
	return *fact
}

// Listed writes a failure of a source in one line.
func (t *Text) Listed(r Record) {
	f := r.failure
	what := triage.ShortType(f.MessageType, "a message")
	if f.FailingQueue != "" {
		what += " in " + f.FailingQueue
	}
	typ, msg := f.Cause()
	if why := strings.TrimSpace(triage.ShortType(typ, f.Reason)); why != "" {
		what += ": " + why
	}
	if message := strings.Join(strings.Fields(cmp.Or(msg, f.ExceptionMessage)), " "); message != "" {
		what += " – " + shortened(message, 100)
	}
	at := ""
	if !f.FailedAt.IsZero() {
		at = f.FailedAt.UTC().Format(time.DateTime)
	}
	t.Line("  %8d  %-19s  %s  %s", r.sequence, at, text(r.Fingerprint, ""), what)
}

// shortened is the beginning of a text, by characters.
func shortened(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}

// maxHeader bounds what is shown of a header, in bytes.
const maxHeader = 120

// Headers writes the application properties, masked. The long ones are told
// elsewhere.
func (t *Text) Headers(v View, m *message.Message) {
	v.body, _ = m.Content()
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(m.Properties)) {
		value := ""
		switch p := m.Properties[key].(type) {
		case nil:
			value = "(null)"
		case string:
			value = p
		case []byte:
			value = fmt.Sprintf("(%s)", Plural(len(p), "byte"))
		case time.Time:
			value = p.UTC().Format(time.RFC3339Nano)
		default:
			value = fmt.Sprint(p)
		}
		if v.hidden() {
			value = hiddenText
		}
		// The name betrays a secret, too: "api-key: …".
		line := strings.Join(strings.Fields(v.Masker.Sample(v.Mask(key+": "+value), len(key)+2+maxHeader)), " ")
		lines = append(lines, line)
	}
	t.Row("headers", strings.Join(lines, "\n"))
	if len(lines) > 0 {
		t.Line("")
	}
}

// Trace writes the exception's text.
func (t *Text) Trace(r Record) {
	if r.failure.Trace != "" {
		t.Row("trace", r.failure.Trace)
		t.Line("")
	}
}
