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
func actions(subject string, s State) []notify.Action {
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

// A Deed is what somebody does about an incident, or about all that a digest
// shows: acknowledge it or, with Until, snooze it.
type Deed struct {
	Subject string // of the incident's life, or the digest's key
	Until   time.Time
	By      string // the channel's id of a person, or a name
	At      time.Time
	Alias   string // of the alert that was acknowledged, where that was done in the pager

	nth int // of its life, from 1 on
}

// ErrOver reports that there is nothing left to do a deed about: the life is
// over, or nobody knows it.
var ErrOver = errors.New("the incident is over")

// Do notes a deed, with who did it, and returns what there is to say about
// it, already written to the ledger. Doing what has been done says nothing.
func (s Store) Do(ctx context.Context, v Voice, d Deed, write func(context.Context, ...notify.Notice) error) ([]notify.Notice, error) {
	for range 5 {
		kept, err := s.subjects(ctx, d.Subject)
		if err != nil {
			return nil, err
		}
		said, err := s.do(ctx, v, &d, kept, write)
		if !errors.Is(err, ledger.ErrChanged) {
			return said, err
		}
		d.At = d.At.Add(time.Millisecond) // newer than what it has said in vain
	}
	return nil, fmt.Errorf("note what was done about %s: %w", d.Subject, ledger.ErrChanged)
}

func (s Store) do(ctx context.Context, v Voice, d *Deed, kept []Kept, write func(context.Context, ...notify.Notice) error) ([]notify.Notice, error) {
	around := kept
	if slices.ContainsFunc(kept, func(k Kept) bool { return k.shared() }) {
		all, err := s.All(ctx) // a digest shows others too
		if err != nil {
			return nil, err
		}
		around = slices.Collect(maps.Values(all))
	}
	d.At = After(d.At, slices.Values(around))
	alive, nth := false, 0
	var changed []Kept
	for _, k := range kept {
		alive = alive || k.Alive()
		if k.Alive() && k.handle(*d) {
			changed = append(changed, k)
			if nth == 0 || k.Deeds < nth {
				nth = k.Deeds
			}
		}
	}
	if !alive {
		return nil, ErrOver
	}
	d.nth = cmp.Or(d.nth, nth) // it stays what it was when it was done, whoever comes in between
	notices := said(v, *d, around, changed)
	if err := write(ctx, notices...); err != nil {
		return nil, err
	}
	for _, k := range changed {
		if err := s.Save(ctx, k); err != nil {
			return nil, err
		}
	}
	return notices, nil
}

// handle makes of the incident what the deed makes of it.
func (i *Incident) handle(d Deed) (changed bool) {
	state, word := Acknowledged, "acknowledged"
	if !d.Until.IsZero() {
		state, word = Snoozed, "snoozed"
	}
	if i.State == state && d.Until.Sub(i.SnoozedUntil).Abs() < time.Minute { // two who snooze it at once
		return false
	}
	i.State, i.SnoozedUntil, i.HandledBy = state, d.Until, d.By
	i.Deeds++
	i.Alerts = slices.Clone(i.Alerts)
	for n, a := range i.Alerts {
		i.Alerts[n].Heeded = a.Heeded || a.Alias == d.Alias
	}
	i.Note(Decision{At: d.At, Why: []string{word}, By: d.By})
	i.Touch(d.At)
	return true
}

// said is what the pages of the incidents show and say after a deed. The line
// is named by the deed's place in the life and not by its time, so that it is
// said once where two people click at once, or one again because the first
// click got no answer.
func said(v Voice, d Deed, around, changed []Kept) []notify.Notice {
	line, what := notify.Text{notify.Ours("Acknowledged by "), person(d.By), notify.Ours(".")}, "acknowledged"
	if !d.Until.IsZero() {
		line, what = notify.Text{notify.Ours("Snoozed until "), notify.At(d.Until.Unix()), notify.Ours(" by "), person(d.By), notify.Ours(".")}, "snoozed"
	}
	occasion := fmt.Sprintf("%s/%d", what, d.nth)
	var notices []notify.Notice
	shared := map[string]Page{}
	for _, k := range changed {
		for _, p := range k.Pages {
			if p.Shared {
				shared[p.Key] = p
				continue
			}
			notices = append(notices, k.Revise(v, p, what), k.Remark(p, what, occasion, line))
		}
	}
	for key, p := range shared {
		var all []*Incident
		for _, k := range merged(around, changed) {
			if k.Shared(p.To) == key {
				all = append(all, &k.Incident)
			}
		}
		digest := Digest(v, p.To, what, key, all)
		notices = append(notices, Revised(digest), Aside(digest, what, occasion, line))
	}
	return notices
}

// merged are the kept incidents as they are after the changes.
func merged(kept, changed []Kept) []Kept {
	now := map[string]Kept{}
	for _, k := range changed {
		now[k.Fingerprint] = k
	}
	all := make([]Kept, 0, len(kept))
	for _, k := range kept {
		if c, ok := now[k.Fingerprint]; ok {
			k = c
		}
		all = append(all, k)
	}
	return all
}

// subjects are the incidents that a subject, or the key of a digest or of a
// storm's alert, names.
func (s Store) subjects(ctx context.Context, subject string) ([]Kept, error) {
	if strings.HasPrefix(subject, digestPrefix) {
		all, err := s.All(ctx)
		if err != nil {
			return nil, err
		}
		var found []Kept
		for _, k := range all {
			if slices.ContainsFunc(k.Pages, func(p Page) bool { return p.Key == subject }) ||
				slices.ContainsFunc(k.Alerts, func(a Alert) bool { return a.Key == subject }) {
				found = append(found, k)
			}
		}
		return found, nil
	}
	k, err := s.Find(ctx, subject)
	if err != nil {
		return nil, err
	}
	if k.Subject() != subject {
		return nil, ErrOver
	}
	return []Kept{k}, nil
}
