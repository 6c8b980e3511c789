package lifecycle

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/incident/reason"
	"github.com/busbell/busbell/internal/notify"
)

// A change holds an incident before and after a decision, and the reasons.
type change struct {
	incident.Stored
	before   incident.Incident
	observed incident.Observation
	why      reason.Reasons
	opened   map[string]bool // keys of the pages that this change opens

	notices []notify.Notice // about this incident alone
}

// decideAll returns the changes that the observations make to the known incidents.
// Incidents in s.conflicts were changed concurrently: their pages may be outdated,
// and they count as changed. If onlyConflicts is set, other incidents are skipped.
// Incidents in s.Failed are skipped too: their last decision is still pending.
func (t *Tracker) decideAll(ctx context.Context, s *State, o Observer, now time.Time, onlyConflicts bool) []*change {
	by := policy{remindAfter: t.RemindAfter, quiet: o.Quiet(now)}
	seen := o.Observe(s.Known, now)
	for fingerprint, byPass := range s.conflicts {
		seen[fingerprint] = conflicting(seen[fingerprint], s.Known[fingerprint], byPass)
	}
	touched := incident.After(now, maps.Values(s.Known))
	var changes []*change
	for _, fingerprint := range slices.Sorted(maps.Keys(seen)) {
		if onlyConflicts && !s.conflicts.has(fingerprint) || s.Failed[fingerprint] {
			continue
		}
		c := evaluate(fingerprint, seen[fingerprint], s.Known[fingerprint], now, by)
		if len(c.why) == 0 {
			if !s.conflicts.has(fingerprint) && same(c.Incident, c.before) {
				continue
			}
			c.why = reason.Reasons{reason.Changed}
		}
		c.Touch(touched)
		t.Log.InfoContext(ctx, "decided", "incident", fingerprint, "life", c.Generation, "messages", c.Count(), "reason", c.why, "silence", c.Silence.Why)
		changes = append(changes, c)
	}
	return changes
}

// evaluate decides about one incident.
func evaluate(fingerprint string, o incident.Observation, k incident.Stored, now time.Time, p policy) *change {
	k.Fingerprint = fingerprint
	if o.Kind != incident.Failed {
		k.Kind = o.Kind
	}
	c := &change{Stored: k, before: k.Incident, observed: o, why: decide(o, k.Incident, now, p)}
	applyDecision(&c.Incident, o, c.why, now, p)
	if len(c.why) > 0 {
		c.AddDecision(incident.Decision{At: now, Why: c.why.Strings()})
	}
	return c
}

// Preview decides about a new incident, and returns it with the notices that would
// be sent. It is read-only.
func (t *Tracker) Preview(fingerprint string, o incident.Observation, now time.Time, quiet bool) (incident.Incident, []notify.Notice) {
	c := evaluate(fingerprint, o, incident.Stored{}, now, policy{remindAfter: t.RemindAfter, quiet: quiet})
	if c.Silence.Why != "" {
		return c.Incident, nil
	}
	for _, to := range o.Targets() {
		c.addPage(incident.Page{To: to, Key: c.PageKey(to)})
	}
	notices := t.noticesFor(c)
	if t.Pager.Channel != "" && c.why.Any(reason.Escalated) {
		alert, _ := notice.Page(t.Deployment, &c.Incident, t.Pager, reason.Escalated)
		notices = append(notices, alert)
	}
	return c.Incident, notices
}

// same reports whether both have the same content in the ledger.
func same(a, b incident.Incident) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// conflicts are the incidents that were changed concurrently. The value is true if
// another pass changed it, which may have read the sources later than this one.
type conflicts map[string]bool

// add adds one of which this pass knows nothing newer.
func (c conflicts) add(fingerprint string) {
	if !c.has(fingerprint) {
		c[fingerprint] = false
	}
}

func (c conflicts) has(fingerprint string) bool {
	_, ok := c[fingerprint]
	return ok
}

// classify finds out which of them another pass has changed.
func (c conflicts) classify(before, now map[string]incident.Stored) {
	for fingerprint := range c {
		a, b := before[fingerprint], now[fingerprint]
		c[fingerprint] = a.Generation != b.Generation || a.Alive() != b.Alive() ||
			!same(incident.Incident{Sources: a.Sources}, incident.Incident{Sources: b.Sources})
	}
}

// conflicting returns the observation to use after a concurrent change. If another
// pass made the change, its observation is kept: the order of the two reads is
// unknown, and the next pass reads again.
func conflicting(o incident.Observation, k incident.Stored, byPass bool) incident.Observation {
	if !byPass {
		return o
	}
	o.Sources, o.Unwatched, o.Unreadable, o.Newest, o.Priority, o.Ignored = maps.Clone(k.Sources), nil, true, time.Time{}, "", incident.Silence{}
	if k.Silence.Why == incident.Ignored {
		o.Ignored = k.Silence
	}
	return o
}
