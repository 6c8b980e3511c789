package errorqueue

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// A plan is what a pass has decided: incidents as they are to be, and what is
// said of them. It lies in the ledger from before its first write until after
// its last, so that a pass which finds one carries it out to its end. Of two
// who decide about one incident, the one whose incident was saved speaks.
type plan struct {
	Steps  []step   `json:"steps,omitempty"`
	Common []common `json:"common,omitempty"`
}

// A step is one incident, what it was made from, and what is said of it alone.
type step struct {
	Incident incident.Incident `json:"incident"`
	Base     string            `json:"base,omitempty"`
	Decided  bool              `json:"decided,omitempty"` // its newest decision is of this step
	Notices  []notify.Notice   `json:"notices,omitempty"`
}

// in reports whether an incident has been what the step made of it, before
// somebody changed it again.
func (s step) in(there incident.Incident) bool {
	if !s.Decided {
		return false // whoever changed it has shown it since
	}
	last := s.Incident.Decisions[len(s.Incident.Decisions)-1]
	return slices.ContainsFunc(there.Decisions, func(d incident.Decision) bool {
		return d.At.Equal(last.At) && d.By == last.By && slices.Equal(d.Why, last.Why)
	})
}

// A common is a notice about many incidents. It is said if any of them is
// saved.
type common = incident.Shared

// say adds to what is said if the change comes about.
func (c *change) say(notices ...notify.Notice) { c.notices = append(c.notices, notices...) }

// mostOf is how many incidents a common names: more of them need several,
// which say the same, and that is said once.
const mostOf = 1000

// share adds a notice about all of the changes.
func (p *plan) share(n notify.Notice, changes []*change) {
	for some := range slices.Chunk(changes, mostOf) {
		one := common{Notice: n}
		for _, c := range some {
			one.Of = append(one.Of, c.Fingerprint)
		}
		p.Common = append(p.Common, one)
	}
}

// plan decides where each change is shown and what is said of it.
func (w *Watch) plan(known map[string]incident.Kept, changes []*change, pass int64) plan {
	var p plan
	w.choosePages(changes, pass)
	w.alerts(&p, known, changes, pass)
	w.digests(&p, known, changes)
	w.reminders(&p, changes, pass)
	for _, c := range changes {
		for _, n := range w.words(c) {
			if n.File != nil { // large, so it gets a part of the plan for itself
				p.share(n, []*change{c})
			} else {
				c.say(n)
			}
		}
		p.Steps = append(p.Steps, step{c.Incident, c.Base(), !c.because(Changed), c.notices})
	}
	return p
}

// carryOut saves the incidents and then says what there is to say of them.
// Those that somebody else has changed meanwhile are returned. Of these only
// that is said which belongs to the pages and alerts that they have now, and
// only if this plan was carried out before: whoever comes second is silent.
func (w *Watch) carryOut(ctx context.Context, p plan) (again overtaken, err error) {
	again = overtaken{}
	saved, once := map[string]bool{}, map[string]bool{} // fingerprints: by us now, by us before
	has := map[string]bool{}                            // keys of pages and alerts
	for _, s := range p.Steps {
		there, won, err := w.save(ctx, s)
		if err != nil {
			return nil, err
		}
		if saved[s.Incident.Fingerprint] = won; !won {
			w.Log.InfoContext(ctx, "somebody else was first", "incident", s.Incident.Fingerprint)
			again[s.Incident.Fingerprint] = false
			once[s.Incident.Fingerprint] = s.in(there)
		}
		for _, page := range there.Pages {
			has[page.Key] = true
		}
		for _, a := range there.Alerts {
			has[a.Key] = true
		}
	}
	var notices []notify.Notice
	add := func(n notify.Notice, of ...string) {
		among := func(some map[string]bool) bool {
			return slices.ContainsFunc(of, func(fingerprint string) bool { return some[fingerprint] })
		}
		there := has[cmp.Or(n.Page, n.Key)]
		if among(saved) || n.Act == notify.End && !there || n.Act != notify.End && there && among(once) {
			notices = append(notices, n)
		}
	}
	for _, s := range p.Steps {
		for _, n := range s.Notices {
			add(n, s.Incident.Fingerprint)
		}
	}
	for _, c := range p.Common {
		add(c.Notice, c.Of...)
	}
	return again, w.Delivery.Write(ctx, notices...)
}

// save saves the incident of a step and returns what is in the ledger now of
// its life, which is nothing once another has begun.
func (w *Watch) save(ctx context.Context, s step) (there incident.Incident, won bool, err error) {
	err = w.Incidents.Save(ctx, w.Incidents.From(s.Incident, s.Base))
	if err == nil {
		return s.Incident, true, nil
	}
	if !errors.Is(err, ledger.ErrChanged) && !errors.Is(err, ledger.ErrExists) {
		return there, false, err
	}
	k, err := w.Incidents.Find(ctx, s.Incident.Subject())
	if errors.Is(err, incident.ErrOver) || err == nil && k.Generation != s.Incident.Generation {
		return there, false, nil
	}
	return k.Incident, err == nil && same(k.Incident, s.Incident), err
}
