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

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// The words of the buttons that a page has.
const (
	Acknowledge = "acknowledge"
	Snooze      = "snooze"
)

// actions are the buttons of a page. Their value is the subject.
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

// A Deed is what somebody does about incidents, or about all that a digest
// shows: acknowledge them or, with Until, snooze them.
type Action struct {
	Subjects []string // of incidents' lives, or keys of digests
	Until    time.Time
	By       string    // the channel's id of a person, or a name
	At       time.Time // with By it names the deed: the same whenever it comes
	Alias    string    // of the alert that was acknowledged, where that was done in the pager

	ordinal int // of the incidents' lives, from 1 on
}

// A Shared is a notice about incidents, by their fingerprints.
type Shared struct {
	Of     []string      `json:"of"`
	Notice notify.Notice `json:"notice"`

	// Shows has the versions of all that a digest shows, of others too. It is
	// nil where that is not known.
	Shows map[string]int64 `json:"-"`
}

// Versions has the versions of incidents by their fingerprints.
func Versions(incidents []*Incident) map[string]int64 {
	versions := make(map[string]int64, len(incidents))
	for _, i := range incidents {
		versions[i.Fingerprint] = i.Version
	}
	return versions
}

// A Commit saves incidents and says what there is to say of them: all of it,
// even if this process is killed meanwhile, or nothing. It returns the
// fingerprints of those that somebody else has changed, which are to be
// decided again.
type Commit func(ctx context.Context, changed []Change, say []Shared) (again map[string]bool, err error)

// A Change is an incident as a deed leaves it.
type Change struct {
	Stored
	Applied bool // its newest decision is the deed; else it is only shown again
}

// longestSnooze is longer than any button's: until tomorrow morning.
const maxSnooze = 36 * time.Hour

// ErrOver reports that there is nothing left to do a deed about: the life is
// over, or nobody knows it.
var ErrOver = errors.New("the incident is over")

// Do commits a deed, with who did it, and returns what there is to say about
// it. Doing what has been done says nothing.
func (s Store) Apply(ctx context.Context, v Deployment, d Action, commit Commit) ([]notify.Notice, error) {
	var again map[string]bool
	for range 5 {
		kept, around, err := s.subjects(ctx, d.Subjects...)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(kept, func(k Stored) bool { return k.Alive() }) {
			return nil, ErrOver
		}
		changed := d.apply(kept, around, len(again) > 0)
		if len(changed) == 0 {
			return nil, nil
		}
		d.setOrdinal(changed)
		say := noticesFor(v, d, around, changed)
		again, err = commit(ctx, changed, say)
		if err != nil {
			return nil, err
		}
		if len(again) == 0 {
			notices := make([]notify.Notice, 0, len(say))
			for _, one := range say {
				notices = append(notices, one.Notice)
			}
			return notices, nil
		}
	}
	return nil, fmt.Errorf("note what was done about %s: %w", strings.Join(d.Subjects, ", "), ledger.ErrChanged)
}

// change makes of incidents what the deed makes of them. If others were changed
// meanwhile, a digest may show these as they were, and is shown again.
func (d Action) apply(kept, around []Stored, again bool) (changed []Change) {
	at := After(d.At, slices.Values(around))
	for _, k := range kept {
		if !k.Alive() {
			continue
		}
		if done := k.apply(d); done || again && k.shared() {
			k.Touch(at)
			changed = append(changed, Change{k, done})
		}
	}
	return changed
}

// handle makes of the incident what the deed makes of it.
func (i *Incident) apply(d Action) (changed bool) {
	state, word := Acknowledged, "acknowledged"
	if !d.Until.IsZero() {
		state, word = Snoozed, "snoozed"
	}
	if i.State == state && d.Until.Sub(i.SnoozedUntil).Abs() < time.Minute { // two who snooze it at once
		return false
	}
	if slices.ContainsFunc(i.Decisions, func(was Decision) bool { return was.By == d.By && was.At.Equal(d.At) }) {
		return false // it was done, and then somebody did something else
	}
	i.State, i.SnoozedUntil, i.HandledBy = state, d.Until, d.By
	i.Actions++
	i.Alerts = slices.Clone(i.Alerts)
	for n, a := range i.Alerts {
		i.Alerts[n].Imported = a.Imported || a.Alias == d.Alias
	}
	i.Record(Decision{At: d.At, Why: []string{word}, By: d.By})
	return true
}

// number gives the deed its place in the lives of what it changes first. It
// keeps that, whoever comes in between.
func (d *Action) setOrdinal(changed []Change) {
	if d.ordinal == 0 {
		d.ordinal = slices.MinFunc(changed, func(a, b Change) int { return cmp.Compare(a.Actions, b.Actions) }).Actions
	}
}

// said is what the pages of the incidents show and say after a deed. The line
// is named by who did it and the deed's place in the life, and not by its time:
// a person who clicks twice at once says it once.
func noticesFor(v Deployment, d Action, around []Stored, changed []Change) []Shared {
	line, what := notify.Text{notify.Ours("Acknowledged by "), person(d.By), notify.Ours(".")}, "acknowledged"
	if !d.Until.IsZero() {
		line, what = notify.Text{notify.Ours("Snoozed until "), notify.At(d.Until.Unix()), notify.Ours(" by "), person(d.By), notify.Ours(".")}, "snoozed"
	}
	occasion := fmt.Sprintf("%s/%d/%s", what, d.ordinal, d.By)
	var say []Shared
	shared, of, done := map[string]Page{}, map[string][]string{}, map[string][]string{}
	for _, k := range changed {
		for _, p := range k.Pages {
			if p.Shared {
				shared[p.Key], of[p.Key] = p, append(of[p.Key], k.Fingerprint)
				if k.Applied {
					done[p.Key] = append(done[p.Key], k.Fingerprint)
				}
				continue
			}
			alone := []string{k.Fingerprint}
			if say = append(say, Shared{Of: alone, Notice: k.Update(v, p, what)}); k.Applied {
				say = append(say, Shared{Of: alone, Notice: k.Reply(p, what, occasion, line)})
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
		if say = append(say, Shared{of[key], AsUpdate(digest), Versions(all)}); len(done[key]) > 0 {
			say = append(say, Shared{Of: done[key], Notice: DigestReply(digest, what, occasion, line)})
		}
	}
	return say
}

// merged are the kept incidents as they are after the changes.
func withChanges(kept []Stored, changed []Change) []Stored {
	now := map[string]Stored{}
	for _, k := range changed {
		now[k.Fingerprint] = k.Stored
	}
	all := make([]Stored, 0, len(kept))
	for _, k := range kept {
		if c, ok := now[k.Fingerprint]; ok {
			k = c
		}
		all = append(all, k)
	}
	return all
}

// subjects are the incidents that subjects, or keys of digests or of storms'
// alerts, name, and all around them: where digests are concerned, every
// incident.
func (s Store) subjects(ctx context.Context, subjects ...string) (kept, around []Stored, err error) {
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
			kept = append(kept, k)
		}
	}
	return kept, around, err
}

// in reports whether a subject names this life, or a digest or an alert in
// which it is.
func (i *Incident) named(subject string) bool {
	return i.Subject() == subject ||
		slices.ContainsFunc(i.Pages, func(p Page) bool { return p.Key == subject }) ||
		slices.ContainsFunc(i.Alerts, func(a Alert) bool { return a.Key == subject })
}
