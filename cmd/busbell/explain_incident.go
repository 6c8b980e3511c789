package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/operator"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/triage/explain"
)

// A lifeRecord is an incident's life as JSON.
type lifeRecord struct {
	Incident  incident.Incident   `json:"incident"`
	Decisions []incident.Decision `json:"decisions"`
	Notices   []noticeRecord      `json:"notices"`
}

type noticeRecord struct {
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

// explainIncident tells the life of an incident out of the ledger: what was
// decided and why, what was said of it, and what became of that.
func explainIncident(cmd *cobra.Command, o *operator.Tools, id string, asJSON bool) error {
	incidents, delivery, err := o.Records()
	if err != nil {
		return err
	}
	k, err := theIncident(cmd, incidents, id)
	if err != nil {
		return err
	}
	said, err := delivery.History(cmd.Context(), about(k.Incident))
	if err != nil {
		return err
	}
	out := newOutput(cmd, new(privacy.Masker), asJSON, true) // the ledger holds nothing unmasked
	if asJSON {
		return out.json(lifeOf(k.Incident, said))
	}
	return out.text(func(t *explain.Text) { writeLife(t, k.Incident, said) })
}

// theIncident is the one that an id names.
func theIncident(cmd *cobra.Command, incidents incident.Store, id string) (incident.Stored, error) {
	found, err := incidents.FindByPrefix(cmd.Context(), id)
	switch {
	case err != nil:
		return incident.Stored{}, err
	case len(found) == 0:
		return incident.Stored{}, fmt.Errorf("there is no incident %q in %s; its id stands below its message in Slack, and in busbell failures list", id, incidents.Environment)
	case len(found) == 1:
		return found[0], nil
	}
	several := fmt.Errorf("%d incidents begin with %q; name one of them", len(found), id)
	lines := []error{several}
	for _, k := range found[:min(len(found), 10)] {
		lines = append(lines, fmt.Errorf("  %s  %s", k.Fingerprint, notice.Headline(&k.Incident).Plain()))
	}
	return incident.Stored{}, errors.Join(lines...)
}

// about wants the notices of any life of an incident, and of the digests and
// storms that show it now.
func about(i incident.Incident) func(notify.Notice) bool {
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

func lifeOf(i incident.Incident, said []notify.Record) lifeRecord {
	r := lifeRecord{Incident: i, Decisions: i.Decisions, Notices: []noticeRecord{}}
	for _, a := range said {
		n := a.Notice
		r.Notices = append(r.Notices, noticeRecord{
			Written: a.Written, Channel: n.Channel, To: n.To, Act: string(n.Act), Reason: a.Reason,
			Text: n.Headline.Plain(), Fate: a.Fate, Tries: a.Tries, Error: a.LastError,
		})
	}
	return r
}

// writeLife writes an incident's life.
func writeLife(t *explain.Text, i incident.Incident, said []notify.Record) {
	t.Line("incident %s, life %d", i.Fingerprint, i.Generation)
	t.Line("\n  %s %s\n", lifeSign(i), notice.Headline(&i).Plain())
	t.Row("state", standing(i))
	t.Row("first failed", stamp(i.FirstSeen))
	t.Row("last failed", stamp(i.LastSeen))
	t.Row("lies in", places(i))
	t.Row("at most", fmt.Sprint(i.Peak))
	t.Row("paged", i.Priority)
	t.Row("shown", pages(i))
	t.Row("how it went", i.Resolution)
	t.Line("\n  decided")
	for _, d := range i.Decisions {
		t.Line("    %s  life %d, %s: %s", stamp(d.At), d.Generation, explain.Plural(d.Count, "message"), because(d))
	}
	t.Line("\n  said")
	for _, a := range said {
		t.Line("    %s  %s", stamp(a.Written), fate(a))
	}
	if len(said) == 0 {
		t.Line("    nothing, or so long ago that it is forgotten")
	}
	t.Line("")
}

func lifeSign(i incident.Incident) string {
	switch i.State {
	case incident.Acknowledged:
		return explain.Signs[notify.Acknowledged]
	case incident.Snoozed:
		return explain.Signs[notify.Snoozed]
	case incident.Resolved:
		return explain.Signs[notify.Resolved]
	}
	return explain.Signs[notify.Open]
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
			tried = "after " + explain.Plural(a.Tries, "attempt")
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
