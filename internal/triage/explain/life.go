package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/notify"
)

// A Life is the life of an incident: what was decided about it, what was said of it, and
// what became of that.
type Life struct {
	Incident  incident.Incident   `json:"incident"`
	Decisions []incident.Decision `json:"decisions"`
	Notices   []LifeNotice        `json:"notices"`

	said []notify.Record
}

// A LifeNotice is a notice about an incident and what became of it.
type LifeNotice struct {
	Written time.Time `json:"written"`
	Channel string    `json:"channel"`
	To      string    `json:"to,omitempty"`
	Act     string    `json:"act"`
	Reason  string    `json:"reason"`
	Text    string    `json:"text"`
	Fate    string    `json:"fate"`
	Tries   int       `json:"tries"`
	Error   string    `json:"error,omitempty"`
}

// About wants the notices of any life of an incident, and of the digests and
// storms that show it now.
func About(i incident.Incident) func(notify.Notice) bool {
	life := strings.TrimSuffix(i.Subject(), fmt.Sprint(i.Generation))
	shared := map[string]bool{}
	for _, p := range i.Pages {
		shared[p.Key] = true
	}
	for _, a := range i.Alerts {
		shared[a.Key] = true
	}
	return func(n notify.Notice) bool {
		return strings.HasPrefix(n.Subject, life) || shared[n.Key] || shared[n.Page]
	}
}

// NewLife returns the life of an incident with the notices about it.
func NewLife(i incident.Incident, said []notify.Record) Life {
	r := Life{Incident: i, Decisions: i.Decisions, Notices: []LifeNotice{}, said: said}
	for _, a := range said {
		n := a.Notice
		r.Notices = append(r.Notices, LifeNotice{
			Written: a.Written, Channel: n.Channel, To: n.To, Act: string(n.Act), Reason: a.Reason,
			Text: n.Headline.Plain(), Fate: a.Fate, Tries: a.Tries, Error: a.LastError,
		})
	}
	return r
}

// Life writes an incident's life.
func (t *Text) Life(l Life) {
	i := &l.Incident
	t.Line("incident %s, life %d", i.Fingerprint, i.Generation)
	t.Line("\n  %s %s\n", lifeSign(l.Incident), notice.Headline(i).Plain())
	t.Row("state", standing(l.Incident))
	t.Row("first failed", stamp(i.FirstSeen))
	t.Row("last failed", stamp(i.LastSeen))
	t.Row("lies in", places(l.Incident))
	t.Row("at most", fmt.Sprint(i.Peak))
	t.Row("paged", i.Priority)
	t.Row("shown", pages(l.Incident))
	t.Row("how it went", i.Resolution)
	t.Line("\n  decided")
	for _, d := range i.Decisions {
		t.Line("    %s  life %d, %s: %s", stamp(d.At), d.Generation, Plural(d.Count, "message"), because(d))
	}
	t.Line("\n  said")
	for _, a := range l.said {
		t.Line("    %s  %s", stamp(a.Written), fate(a))
	}
	if len(l.said) == 0 {
		t.Line("    nothing, or so long ago that it is forgotten")
	}
	t.Line("")
}

func lifeSign(i incident.Incident) string {
	switch i.State {
	case incident.Acknowledged:
		return Signs[notify.Acknowledged]
	case incident.Snoozed:
		return Signs[notify.Snoozed]
	case incident.Resolved:
		return Signs[notify.Resolved]
	}
	return Signs[notify.Open]
}

// standing is the state with who, until when and why silent.
func standing(i incident.Incident) string {
	words := string(i.State)
	switch {
	case i.State == incident.Resolved:
		words += " " + stamp(i.ResolvedAt)
	case i.State == incident.Snoozed:
		words += " until " + stamp(i.SnoozedUntil) + " by " + i.HandledBy
	case i.State == incident.Acknowledged:
		words += " by " + i.HandledBy
	case !i.GoneSince.IsZero():
		words += fmt.Sprintf(", but gone since %s: it has come back %d times within a day", stamp(i.GoneSince), len(i.Returns))
	}
	if i.Silence.Why != "" {
		words += "; told to nobody: " + i.Silence.Why
		if i.Silence.Because != "" {
			words += ", " + i.Silence.Because
		}
	}
	return words
}

func places(i incident.Incident) string {
	var list []string
	for _, entity := range slices.Sorted(maps.Keys(i.Sources)) {
		list = append(list, fmt.Sprintf("%s (%d)", i.Sources[entity].Name, i.Sources[entity].Count))
	}
	return strings.Join(list, ", ")
}

func pages(i incident.Incident) string {
	var list []string
	for _, p := range i.Pages {
		where := p.To.Channel + " " + p.To.To
		if p.Shared {
			where += ", in a digest"
		}
		list = append(list, where)
	}
	return strings.Join(list, "; ")
}

func because(d incident.Decision) string {
	words := strings.Join(d.Why, ", ")
	if d.By != "" {
		words += " by " + d.By
	}
	return words
}

// fate is a notice and what became of it in one line.
func fate(a notify.Record) string {
	n := a.Notice
	line := fmt.Sprintf("%-12s %s %s", a.Fate, strings.TrimSpace(n.Channel+" "+n.To), n.Act)
	if n.Priority != "" {
		line += " " + n.Priority
	}
	line += ", because " + a.Reason
	if a.Reason != n.Reason {
		line += "; it shows now"
	}
	line += ": " + n.Headline.Plain()
	if a.LastError != "" {
		tried := "not tried yet"
		if a.Tries > 0 {
			tried = "after " + Plural(a.Tries, "attempt")
		}
		line += "\n" + strings.Repeat(" ", 29) + tried + ": " + a.LastError
	}
	return line
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 MST")
}
