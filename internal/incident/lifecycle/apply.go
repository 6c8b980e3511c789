package lifecycle

import (
	"maps"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/incident/reason"
)

// applyDecision updates an incident with the observation and decision of a pass.
func applyDecision(i *incident.Incident, s incident.Observation, why reason.Reasons, now time.Time, p policy) {
	n := s.Count()
	for _, r := range why {
		applyReason(i, s, r, now, p)
	}
	if why.Broadcast() && i.Silence.Why == "" {
		i.BroadcastAt = now
		i.ExpiryAnnounced = i.ExpiryAnnounced || s.ExpiresBefore(now.Add(expiryNotice))
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
	updateFrom(i, s, now)
}

func applyReason(i *incident.Incident, s incident.Observation, why reason.Reason, now time.Time, p policy) {
	n := s.Count()
	switch why {
	case reason.FirstSeen, reason.Reopened:
		was := *i
		*i = incident.Incident{
			Fingerprint: was.Fingerprint, Generation: was.Generation + 1, State: incident.Open,
			Kind: was.Kind, Began: was.Began, FirstSeen: now.Add(-s.Age(now)), Decisions: was.Decisions, Version: was.Version,
			Returns: lastDay(was.Returns, now), Silence: s.Ignored,
		}
		if i.Began.IsZero() {
			i.Began = i.FirstSeen
		}
		if why == reason.Reopened {
			i.Returns = append(i.Returns, now)
		}
		if i.Silence.Why == "" && p.quiet && s.Priority == "" {
			i.Silence = incident.Silence{Why: incident.Quiet}
		}
		i.Announced, i.GrowsAt = n, growsAt(n, n)
	case reason.HeldBack, reason.Unignored:
		i.Silence = incident.Silence{}
		i.Announced, i.GrowsAt = n, growsAt(n, n)
	case reason.Ignored:
		i.Silence = s.Ignored
		if i.Priority != "" { // its alerts are closed: the next page needs a new alias
			i.Priority, i.PageEpoch = "", i.PageEpoch+1
		}
	case reason.Growing:
		i.GrowsAt = growsAt(i.Announced, n)
	case reason.Escalated:
		i.Priority = s.Priority
		if i.State == incident.Acknowledged || i.State == incident.Snoozed {
			i.State, i.SnoozedUntil = incident.Open, time.Time{} // it needs attention again
		}
	case reason.SnoozeOver:
		i.State, i.SnoozedUntil = incident.Open, time.Time{}
	case reason.Reminder:
		i.Reminders++
	case reason.Resolved:
		i.Resolution = notice.Resolution(i, s.Unwatched, now)
		i.State, i.ResolvedAt, i.Sources, i.GoneSince = incident.Resolved, now, nil, time.Time{}
	}
}

// withoutMessages returns the sources with their names only.
func withoutMessages(sources map[string]incident.Seen) map[string]incident.Seen {
	all := make(map[string]incident.Seen, len(sources))
	for entity, was := range sources {
		all[entity] = incident.Seen{Name: was.Name}
	}
	return all
}

// updateFrom copies what a pass observed about the incident's messages.
func updateFrom(i *incident.Incident, s incident.Observation, now time.Time) {
	was := i.Sources
	i.Sources, i.Peak = maps.Clone(s.Sources), max(i.Peak, s.Count())
	for entity, seen := range i.Sources {
		// The passing of an hour alone is not a change.
		if old := was[entity]; old.Count == seen.Count && old.Oldest.Equal(seen.Oldest) {
			seen.Hours = old.Hours
			i.Sources[entity] = seen
		}
	}
	if s.Newest.IsZero() {
		return
	}
	if first := now.Add(-s.Age(now)); first.Before(i.FirstSeen) {
		i.FirstSeen = first
	}
	if !s.Newest.After(i.LastSeen) {
		return
	}
	i.LastSeen, i.Cause = s.Newest, s.Describe(i.Generation)
}
