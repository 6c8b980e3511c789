package incident

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/journal"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// The ids of the buttons of a page.
const (
	Acknowledge = "acknowledge"
	Snooze      = "snooze"
)

// buttons are those of a page. Their value is the subject.
func buttons(subject string, s State) []notify.Action {
	switch s {
	case Open:
		return []notify.Action{
			{ID: Acknowledge, Label: "Acknowledge", Value: subject},
			{ID: Snooze + "/1h", Label: "Snooze 1 h", Value: subject},
			{ID: Snooze + "/4h", Label: "Snooze 4 h", Value: subject},
			{ID: Snooze + "/tomorrow", Label: "Snooze until tomorrow", Value: subject},
		}
	case Acknowledged:
		return []notify.Action{{ID: Snooze + "/tomorrow", Label: "Snooze until tomorrow", Value: subject}}
	case Snoozed:
		return []notify.Action{{ID: Acknowledge, Label: "Acknowledge", Value: subject}}
	}
	return nil
}

// An Action is what a person does to incidents, or to all that a digest shows:
// acknowledge them or, with Until, snooze them.
type Action struct {
	Subjects []string // of incidents, or keys of digests
	Until    time.Time
	By       string    // the channel's id of a person, or a name
	At       time.Time // with By it identifies the action
	Alias    string    // of the alert, if it was acknowledged in the pager

	ordinal int // its number among the actions of the incident, from 1 on
}

// Versions are the versions of incidents by their fingerprints.
func Versions(incidents []*Incident) map[string]int64 {
	versions := make(map[string]int64, len(incidents))
	for _, i := range incidents {
		versions[i.Fingerprint] = i.Version
	}
	return versions
}

// A change is an incident after an action.
type change struct {
	Stored
	applied bool // its newest decision is the action; else its page is only updated
}

// maxSnooze is longer than that of any button: until tomorrow morning.
const maxSnooze = 36 * time.Hour

// ErrOver reports that an action has no effect: the incident is resolved or
// unknown.
var ErrOver = errors.New("the incident is over")

// Apply commits an action, with who did it, and returns the notices about it. An
// action that was applied before has no notices.
func (s Store) Apply(ctx context.Context, j *Journal, v Deployment, a Action) ([]notify.Notice, error) {
	var last journal.Result
	for range 5 {
		found, around, err := s.subjects(ctx, a.Subjects...)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(found, func(k Stored) bool { return k.Alive() }) {
			return nil, ErrOver
		}
		changed := a.apply(found, around, len(last.Conflicts) > 0)
		if len(changed) == 0 {
			return nil, nil
		}
		a.setOrdinal(changed)
		decided := journal.Change[Incident]{Shared: noticesFor(v, a, around, changed)}
		for _, c := range changed {
			decided.Records = append(decided.Records, c.Record(c.applied))
		}
		out, err := j.Commit(ctx, decided)
		if err = errors.Join(err, out.Err()); err != nil {
			return nil, err
		}
		out.Unfinished = append(out.Unfinished, last.Unfinished...)
		if last = out; len(last.Conflicts) == 0 {
			j.Delete(ctx, last.Unfinished...)
			notices := make([]notify.Notice, 0, len(decided.Shared))
			for _, s := range decided.Shared {
				notices = append(notices, s.Notice)
			}
			return notices, nil
		}
	}
	return nil, fmt.Errorf("apply action to %s: %w", strings.Join(a.Subjects, ", "), ledger.ErrChanged)
}

// apply applies the action to incidents. If others changed concurrently, a
// digest may show them as they were and is updated.
func (a Action) apply(found, around []Stored, again bool) (changed []change) {
	at := After(a.At, slices.Values(around))
	for _, k := range found {
		if !k.Alive() {
			continue
		}
		if applied := k.apply(a); applied || again && k.shared() {
			k.Touch(at)
			changed = append(changed, change{k, applied})
		}
	}
	return changed
}

// apply applies the action to the incident.
func (i *Incident) apply(a Action) (changed bool) {
	state, word := Acknowledged, "acknowledged"
	if !a.Until.IsZero() {
		state, word = Snoozed, "snoozed"
	}
	if i.State == state && a.Until.Sub(i.SnoozedUntil).Abs() < time.Minute { // two people snooze it at the same time
		return false
	}
	if slices.ContainsFunc(i.Decisions, func(was Decision) bool { return was.By == a.By && was.At.Equal(a.At) }) {
		return false // it was applied before, and another action after it
	}
	i.State, i.SnoozedUntil, i.HandledBy = state, a.Until, a.By
	i.Actions++
	i.Alerts = slices.Clone(i.Alerts)
	for n, alert := range i.Alerts {
		i.Alerts[n].Imported = alert.Imported || alert.Alias == a.Alias
	}
	i.AddDecision(Decision{At: a.At, Why: []string{word}, By: a.By})
	return true
}

// setOrdinal gives the action its number among the actions of the incidents that
// it changes first. It keeps that number, whatever else changes concurrently.
func (a *Action) setOrdinal(changed []change) {
	if a.ordinal == 0 {
		a.ordinal = slices.MinFunc(changed, func(a, b change) int { return cmp.Compare(a.Actions, b.Actions) }).Actions
	}
}

// noticesFor are the updates and thread lines about an action. A line's key is
// made of who acted and the action's ordinal, and not of its time: a person who
// clicks twice at once is mentioned once.
func noticesFor(v Deployment, a Action, around []Stored, changed []change) []journal.Shared {
	line, what := notify.Text{notify.Ours("Acknowledged by "), person(a.By), notify.Ours(".")}, "acknowledged"
	if !a.Until.IsZero() {
		line, what = notify.Text{notify.Ours("Snoozed until "), notify.At(a.Until.Unix()), notify.Ours(" by "), person(a.By), notify.Ours(".")}, "snoozed"
	}
	occasion := fmt.Sprintf("%s/%d/%s", what, a.ordinal, a.By)
	var say []journal.Shared
	shared, of, applied := map[string]Page{}, map[string][]string{}, map[string][]string{}
	for _, k := range changed {
		for _, p := range k.Pages {
			if p.Shared {
				shared[p.Key], of[p.Key] = p, append(of[p.Key], k.Fingerprint)
				if k.applied {
					applied[p.Key] = append(applied[p.Key], k.Fingerprint)
				}
				continue
			}
			alone := []string{k.Fingerprint}
			if say = append(say, journal.Shared{Of: alone, Notice: k.Update(v, p, what)}); k.applied {
				say = append(say, journal.Shared{Of: alone, Notice: k.Reply(p, what, occasion, line)})
			}
		}
	}
	for key, p := range shared {
		var all []*Incident
		for _, k := range withChanges(around, changed) {
			if k.Shared(p.To) == key {
				all = append(all, &k.Incident)
			}
		}
		digest := Digest(v, p.To, what, key, all)
		if say = append(say, journal.Shared{Of: of[key], Notice: AsUpdate(digest), Shows: Versions(all)}); len(applied[key]) > 0 {
			say = append(say, journal.Shared{Of: applied[key], Notice: DigestReply(digest, what, occasion, line)})
		}
	}
	return say
}

// withChanges are the stored incidents as they are after the changes.
func withChanges(found []Stored, changed []change) []Stored {
	now := map[string]Stored{}
	for _, k := range changed {
		now[k.Fingerprint] = k.Stored
	}
	all := make([]Stored, 0, len(found))
	for _, k := range found {
		if c, ok := now[k.Fingerprint]; ok {
			k = c
		}
		all = append(all, k)
	}
	return all
}

// subjects are the incidents that subjects, or keys of digests or grouped
// alerts, name, and all around them: every incident if a digest is concerned.
func (s Store) subjects(ctx context.Context, subjects ...string) (found, around []Stored, err error) {
	if len(subjects) == 1 && !strings.HasPrefix(subjects[0], digestPrefix) {
		k, err := s.Find(ctx, subjects[0])
		switch {
		case err != nil:
			return nil, nil, err
		case k.Subject() != subjects[0]:
			return nil, nil, ErrOver
		case !k.shared():
			return []Stored{k}, []Stored{k}, nil
		}
	}
	all, err := s.All(ctx)
	for _, fingerprint := range slices.Sorted(maps.Keys(all)) {
		k := all[fingerprint]
		around = append(around, k)
		if slices.ContainsFunc(subjects, k.named) {
			found = append(found, k)
		}
	}
	return found, around, err
}

// named reports whether a subject names this incident, or a digest or an alert
// that shows it.
func (i *Incident) named(subject string) bool {
	return i.Subject() == subject || i.Shows(subject)
}
