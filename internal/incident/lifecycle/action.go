package lifecycle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/journal"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// An Action acknowledges incidents or, with Until, snoozes them. A digest as
// subject stands for all its incidents.
type Action struct {
	Subjects []string // of incidents, or keys of digests
	Until    time.Time
	By       string    // the channel's id of a person, or a name
	At       time.Time // with By it identifies the action
	Alias    string    // of the alert, if it was acknowledged in the pager

	ordinal int // its number among the actions of the incident, from 1
}

// An acted is an incident after an action.
type acted struct {
	incident.Stored
	applied bool // the action is its newest decision; otherwise only its page is updated
}

// Apply commits an action and its author, and returns the notices about it. If the
// action was applied before, it returns none.
func (t *Tracker) Apply(ctx context.Context, a Action) ([]notify.Notice, error) {
	var last journal.Result
	for range 5 {
		found, around, err := t.Incidents.Named(ctx, a.Subjects...)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(found, func(k incident.Stored) bool { return k.Alive() }) {
			return nil, incident.ErrOver
		}
		changed := a.apply(found, around, len(last.Conflicts) > 0)
		if len(changed) == 0 {
			return nil, nil
		}
		a.setOrdinal(changed)
		decided := journal.Change[incident.Incident]{Shared: actionNotices(t.Deployment, a, around, changed)}
		for _, c := range changed {
			decided.Records = append(decided.Records, c.Record(c.applied))
		}
		out, err := t.Journal.Commit(ctx, decided)
		if err = errors.Join(err, out.Err()); err != nil {
			return nil, err
		}
		out.Unfinished = append(out.Unfinished, last.Unfinished...)
		if last = out; len(last.Conflicts) == 0 {
			t.Journal.Delete(ctx, last.Unfinished...)
			notices := make([]notify.Notice, 0, len(decided.Shared))
			for _, s := range decided.Shared {
				notices = append(notices, s.Notice)
			}
			return notices, nil
		}
	}
	return nil, fmt.Errorf("apply action to %s: %w", strings.Join(a.Subjects, ", "), ledger.ErrChanged)
}

// apply applies the action to incidents. If others change concurrently, a digest
// may show their old versions and is updated.
func (a Action) apply(found, around []incident.Stored, again bool) (changed []acted) {
	at := incident.After(a.At, slices.Values(around))
	for _, k := range found {
		if !k.Alive() {
			continue
		}
		if applied := apply(&k.Incident, a); applied || again && k.InDigest() {
			k.Touch(at)
			changed = append(changed, acted{k, applied})
		}
	}
	return changed
}

// apply applies the action to the incident.
func apply(i *incident.Incident, a Action) (changed bool) {
	state, word := incident.Acknowledged, "acknowledged"
	if !a.Until.IsZero() {
		state, word = incident.Snoozed, "snoozed"
	}
	if i.State == state && a.Until.Sub(i.SnoozedUntil).Abs() < time.Minute { // two people snooze it at the same time
		return false
	}
	if slices.ContainsFunc(i.Decisions, func(was incident.Decision) bool { return was.By == a.By && was.At.Equal(a.At) }) {
		return false // it was applied before, and another action after it
	}
	i.State, i.SnoozedUntil, i.HandledBy = state, a.Until, a.By
	i.Actions++
	i.Alerts = slices.Clone(i.Alerts)
	for n, alert := range i.Alerts {
		i.Alerts[n].Imported = alert.Imported || alert.Alias == a.Alias
	}
	i.AddDecision(incident.Decision{At: a.At, Why: []string{word}, By: a.By})
	return true
}

// setOrdinal numbers the action among the actions of the first incidents that it
// changes. The number stays the same after concurrent changes.
func (a *Action) setOrdinal(changed []acted) {
	if a.ordinal == 0 {
		a.ordinal = slices.MinFunc(changed, func(a, b acted) int { return cmp.Compare(a.Actions, b.Actions) }).Actions
	}
}

// actionNotices returns the updates and thread lines about an action. A line's key
// contains the person and the action's ordinal, but not its time: a double click
// adds one line.
func actionNotices(v notice.Deployment, a Action, around []incident.Stored, changed []acted) []journal.Shared {
	what, line := notice.ActionLine(a.Until, a.By)
	occasion := fmt.Sprintf("%s/%d/%s", what, a.ordinal, a.By)
	var say []journal.Shared
	shared, of, applied := map[string]incident.Page{}, map[string][]string{}, map[string][]string{}
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
			if say = append(say, journal.Shared{Of: alone, Notice: notice.Update(v, &k.Incident, p, what)}); k.applied {
				say = append(say, journal.Shared{Of: alone, Notice: notice.Reply(&k.Incident, p, what, occasion, line)})
			}
		}
	}
	for key, p := range shared {
		var all []*incident.Incident
		for _, k := range withChanges(around, changed) {
			if k.Shared(p.To) == key {
				all = append(all, &k.Incident)
			}
		}
		digest := notice.Digest(v, p.To, what, key, all)
		if say = append(say, journal.Shared{Of: of[key], Notice: notice.AsUpdate(digest), Shows: incident.Versions(all)}); len(applied[key]) > 0 {
			say = append(say, journal.Shared{Of: applied[key], Notice: notice.DigestReply(digest, what, occasion, line)})
		}
	}
	return say
}

// withChanges returns the stored incidents after the changes.
func withChanges(found []incident.Stored, changed []acted) []incident.Stored {
	now := map[string]incident.Stored{}
	for _, k := range changed {
		now[k.Fingerprint] = k.Stored
	}
	all := make([]incident.Stored, 0, len(found))
	for _, k := range found {
		if c, ok := now[k.Fingerprint]; ok {
			k = c
		}
		all = append(all, k)
	}
	return all
}
