package errorqueue

import (
	"maps"
	"time"

	"github.com/busbell/busbell/internal/condition"
	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/triage"
)

// applyDecision brings an incident up to what a pass observed and decided.
func (w *Watch) applyDecision(i *incident.Incident, s observation, why []Reason, now time.Time, p policy) {
	n := s.count()
	for _, reason := range why {
		w.applyReason(i, s, reason, now, p)
	}
	if broadcast(why) && i.Silence.Why == "" {
		i.BroadcastAt = now
		i.ExpiryAnnounced = i.ExpiryAnnounced || expiring(s, now)
	}
	if n == 0 {
		if i.Alive() && i.GoneSince.IsZero() {
			i.GoneSince, i.Sources = now, withoutMessages(i.Sources)
		}
		return
	}
	if !i.GoneSince.IsZero() {
		i.Returns, i.GoneSince = append(lastDay(i.Returns, now), now), time.Time{}
	}
	w.updateFrom(i, s, now)
}

func (w *Watch) applyReason(i *incident.Incident, s observation, reason Reason, now time.Time, p policy) {
	n := s.count()
	switch reason {
	case FirstSeen, Reopened:
		was := *i
		*i = incident.Incident{
			Fingerprint: was.Fingerprint, Generation: was.Generation + 1, State: incident.Open,
			Ours: was.Ours, Kind: was.Kind, FirstSeen: now.Add(-s.age(now)), Decisions: was.Decisions, Version: was.Version,
			Returns: lastDay(was.Returns, now), Silence: s.ignored,
		}
		if reason == Reopened {
			i.Returns = append(i.Returns, now)
		}
		if i.Silence.Why == "" && p.quiet && s.priority == "" {
			i.Silence = incident.Silence{Why: incident.Quiet}
		}
		i.Announced, i.GrowsAt = n, growsAt(n, n)
	case HeldBack, Unignored:
		i.Silence = incident.Silence{}
		i.Announced, i.GrowsAt = n, growsAt(n, n)
	case Ignored:
		i.Silence = s.ignored
		if i.Priority != "" { // its alerts are closed: the next page needs a new alias
			i.Priority, i.PageEpoch = "", i.PageEpoch+1
		}
	case Growing:
		i.GrowsAt = growsAt(i.Announced, n)
	case Escalated:
		i.Priority = s.priority
		if i.State == incident.Acknowledged || i.State == incident.Snoozed {
			i.State, i.SnoozedUntil = incident.Open, time.Time{} // somebody must look again
		}
	case SnoozeOver:
		i.State, i.SnoozedUntil = incident.Open, time.Time{}
	case Reminder:
		i.Reminders++
	case Resolved:
		i.Resolution = resolutionText(*i, s.unwatched, now)
		i.State, i.ResolvedAt, i.Sources, i.GoneSince = incident.Resolved, now, nil, time.Time{}
	}
}

// withoutMessages are sources of which only the names are known.
func withoutMessages(sources map[string]incident.Seen) map[string]incident.Seen {
	all := make(map[string]incident.Seen, len(sources))
	for entity, was := range sources {
		all[entity] = incident.Seen{Name: was.Name}
	}
	return all
}

// updateFrom takes over what a pass observed of the incident's messages.
func (w *Watch) updateFrom(i *incident.Incident, s observation, now time.Time) {
	was := i.Sources
	i.Sources, i.Peak = maps.Clone(s.sources), max(i.Peak, s.count())
	for entity, seen := range i.Sources {
		// Hours that only have passed are no change.
		if w := was[entity]; w.Count == seen.Count && w.Oldest.Equal(seen.Oldest) {
			seen.Hours = w.Hours
			i.Sources[entity] = seen
		}
	}
	if s.newest == nil {
		return
	}
	if first := now.Add(-s.age(now)); first.Before(i.FirstSeen) {
		i.FirstSeen = first
	}
	g := s.newest
	if !g.Newest.After(i.LastSeen) {
		return
	}
	i.LastSeen, i.Failure, i.Fields = g.Newest, w.Shown(g.Failure), g.Fields
	if w.Features != nil {
		i.Features = w.Features(g.Failure.MessageType)
	}
	if g.Kind != "" {
		i.Failure = w.Masked(g.Failure) // written by us: not hidden
	}
	i.Samples = nil
	for _, one := range g.Samples {
		i.Samples = append(i.Samples, incident.Sample{
			Source: s.source.Label(), SequenceNumber: one.SequenceNumber, Identity: w.Masker.Sample(one.Identity, triage.MaxName),
		})
	}
	// Links are made of masked values, because they leave the system.
	vars := s.vars(i.Failure, i.Generation, now)
	i.Links = w.Rules.Addresses(vars)
}

// vars are what conditions see of an observation.
func (s observation) vars(f failure.Failure, generation int, now time.Time) *condition.WatchVars {
	return triage.Vars(f, s.source, condition.Incident{
		Count: int64(s.count()), Generation: int64(max(generation, 1)), Age: s.age(now), FirstSeen: now.Add(-s.age(now)),
	})
}
