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
	Notices  []notify.Notice   `json:"notices,omitempty"`
}

// A common is a notice about many incidents, by their fingerprints. It is
// said if any of them is saved.
type common struct {
	Of     []string      `json:"of"`
	Notice notify.Notice `json:"notice"`
}

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
		p.Steps = append(p.Steps, step{c.Incident, c.Base(), c.notices})
	}
	return p
}

// carryOut saves the incidents and then says what there is to say of them. Of
// one that somebody else has changed meanwhile, which is returned, only that
// is said which belongs to the pages and alerts that it has now.
func (w *Watch) carryOut(ctx context.Context, p plan) (overtaken map[string]bool, err error) {
	overtaken = map[string]bool{}
	saved, has := map[string]bool{}, map[string]bool{} // fingerprints; keys of pages and alerts
	for _, s := range p.Steps {
		there, won, err := w.save(ctx, s)
		if err != nil {
			return nil, err
		}
		if saved[s.Incident.Fingerprint] = won; !won {
			w.Log.Info("somebody else was first", "incident", s.Incident.Fingerprint)
			overtaken[s.Incident.Fingerprint] = true
		}
		for _, page := range there.Pages {
			has[page.Key] = true
		}
		for _, a := range there.Alerts {
			has[a.Key] = true
		}
	}
	var notices []notify.Notice
	add := func(won bool, n notify.Notice) {
		page := cmp.Or(n.Page, n.Key)
		if won || has[page] != (n.Act == notify.End) {
			notices = append(notices, n)
		}
	}
	for _, s := range p.Steps {
		for _, n := range s.Notices {
			add(saved[s.Incident.Fingerprint], n)
		}
	}
	for _, c := range p.Common {
		add(slices.ContainsFunc(c.Of, func(fingerprint string) bool { return saved[fingerprint] }), c.Notice)
	}
	return overtaken, w.Delivery.Write(ctx, notices...)
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
