package errorqueue

import (
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/incident"
)

// apply makes of an incident what it is after a pass.
func (w *Watch) apply(i *incident.Incident, fingerprint string, s sighting, why []Reason, now time.Time) {
	n := s.count()
	for _, reason := range why {
		switch reason {
		case FirstSeen, Reopened:
			*i = incident.Incident{
				Fingerprint: fingerprint, Generation: i.Generation + 1, State: incident.Open,
				Blind: s.trouble() != "", Trouble: s.trouble(),
				FirstSeen: now.Add(-s.age(now)), Announced: n, NextStep: nextStep(n, n),
			}
		case Growing:
			i.NextStep = nextStep(i.Announced, n)
		case Escalated:
			i.Priority = s.priority
		case Resolved:
			i.State, i.ResolvedAt, i.Sources = incident.Resolved, now, nil
			return
		}
	}
	if n == 0 {
		return
	}
	i.Sources, i.Most = s.sources, max(i.Most, n)
	if s.newest == nil {
		return
	}
	if first := now.Add(-s.age(now)); first.Before(i.FirstSeen) {
		i.FirstSeen = first
	}
	if s.newest.newest.After(i.LastSeen) {
		i.LastSeen, i.Failure, i.Fields = s.newest.newest, w.shown(s.newest.failure), w.fields(&s.newest.message)
	}
}

// Limits of what is stored of a failure's texts, in bytes.
const (
	mostMessage = 1000
	mostTrace   = 2000
	mostName    = 300
)

// shown is a failure as it may be stored and shown: masked and cut.
func (w *Watch) shown(f failure.Failure) failure.Failure {
	for _, name := range []*string{&f.MessageType, &f.FailingQueue, &f.ExceptionType, &f.FirstOwnFrame, &f.Handler, &f.Reason, &f.Identity} {
		*name = w.Masker.Sample(*name, mostName)
	}
	f.ExceptionMessage = w.Masker.Sample(f.ExceptionMessage, mostMessage)
	f.Trace = w.Masker.Sample(f.Trace, mostTrace)
	if w.Masker.Hidden() {
		f.ExceptionMessage, f.Trace = "", ""
	}
	return f
}
