package errorqueue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
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

// A common is a notice about many incidents. It is said as soon as any of them
// is saved or, where it ends an alert that they shared, once none has that alert
// any more.
type common = incident.Shared

// say adds to what is said if the change comes about.
func (c *change) addNotices(notices ...notify.Notice) { c.notices = append(c.notices, notices...) }

// mostOf is how many incidents a common names: more of them need several,
// which say the same, and that is said once.
const mostOf = 1000

// share adds a notice about all of the changes.
func (p *plan) share(n notify.Notice, changes []*change) { p.shareDigest(n, changes, nil) }

// shareDigest adds what a digest shows.
func (p *plan) shareDigest(n notify.Notice, changes []*change, shown []*incident.Incident) {
	for some := range slices.Chunk(changes, mostOf) {
		one := common{Notice: n, Shows: incident.Versions(shown)}
		for _, c := range some {
			one.Of = append(one.Of, c.Fingerprint)
		}
		p.Common = append(p.Common, one)
	}
}

// plan decides where each change is shown and what is said of it.
func (w *Watch) plan(known map[string]incident.Stored, changes []*change, pass int64) plan {
	var p plan
	w.choosePages(changes, pass)
	w.planAlerts(&p, known, changes, pass)
	w.planDigests(&p, known, changes)
	w.reminders(&p, changes, pass)
	for _, c := range sorted(changes) {
		for _, n := range w.noticesFor(c) {
			if n.File != nil { // large, so it gets a part of the plan for itself
				p.share(n, []*change{c})
			} else {
				c.addNotices(n)
			}
		}
		p.Steps = append(p.Steps, step{c.Incident, c.RowVersion(), !c.because(Changed), c.notices})
	}
	return p
}

// A result is what came of carrying plans out.
type result struct {
	conflicts conflicts       // incidents that somebody else has changed meanwhile
	failed    map[string]bool // incidents whose steps are set aside: they failed, and are tried again by the next pass
	errs      []error         // why, of the first few
}

func newResult() result { return result{conflicts: conflicts{}, failed: map[string]bool{}} }

func (r *result) add(more result) {
	maps.Copy(r.conflicts, more.conflicts)
	maps.Copy(r.failed, more.failed)
	r.fail(more.errs...)
}

func (r *result) fail(errs ...error) {
	for _, err := range errs {
		if err != nil && len(r.errs) < 3 {
			r.errs = append(r.errs, err)
		}
	}
}

func (r *result) err() error {
	if len(r.errs) == 0 {
		return nil
	}
	return fmt.Errorf("carry out what was decided: %d incidents are left for the next pass: %w", len(r.failed), errors.Join(r.errs...))
}

// carryOut carries out a plan part by part. What is done is removed from the
// ledger after each part: whoever goes on with the plan goes on where it stands.
// A step that fails holds up no other.
func (w *Watch) carryOut(ctx context.Context, parts []part) result {
	out := newResult()
	shared := sharedBy(parts)
	for n, p := range parts {
		left := w.carryOutPart(ctx, p, shared, &out)
		switch {
		case len(left) == 0 && !stays(p):
			w.forget(ctx, p.Ref)
		case len(left) < len(p.Value.Plan.Steps) && (len(left) > 0 || len(parts) > 1):
			parts[n] = w.shorten(ctx, p, left)
		}
	}
	if ctx.Err() != nil {
		return out
	}
	out.fail(w.finish(ctx, parts, &out))
	if len(out.errs) > 0 {
		return out
	}
	for _, p := range slices.Backward(parts) { // the head is the last
		if stays(p) {
			w.forget(ctx, p.Ref)
		}
	}
	return out
}

// A saying is a notice about many, and whether it was said already.
type saying struct {
	notice notify.Notice
	said   bool
}

// sharedBy are the notices about many by the incidents that they are about.
func sharedBy(parts []part) map[string][]*saying {
	shared := map[string][]*saying{}
	for _, p := range parts {
		for _, c := range p.Value.Plan.Common {
			one := &saying{notice: c.Notice, said: c.Notice.Act == notify.Close} // that comes last
			for _, fingerprint := range c.Of {
				shared[fingerprint] = append(shared[fingerprint], one)
			}
		}
	}
	return shared
}

// carryOutPart carries out the steps of a part side by side, and then says
// what there is to say of many of which any is among them. It returns the steps
// that are left.
func (w *Watch) carryOutPart(ctx context.Context, p part, shared map[string][]*saying, out *result) (left []step) {
	steps := p.Value.Plan.Steps
	done := make([]outcome, len(steps))
	out.fail(parallel(w.writers(), len(steps), func(n int) error {
		done[n] = w.carryOutStep(ctx, steps[n])
		return done[n].err
	}))
	var notices []notify.Notice
	for n, s := range steps {
		fingerprint := s.Incident.Fingerprint
		switch {
		case done[n].err != nil:
			out.failed[fingerprint] = true
			left = append(left, s)
		case !done[n].won:
			w.Log.InfoContext(ctx, "incident changed concurrently", "incident", fingerprint)
			out.conflicts[fingerprint] = false
		}
		for _, one := range shared[fingerprint] {
			if !one.said && done[n].says(one.notice) {
				one.said, notices = true, append(notices, one.notice)
			}
		}
	}
	if err := w.Delivery.Write(ctx, notices...); err != nil {
		out.fail(err)
		return steps // they are the reason to say it
	}
	return left
}

// An outcome is what came of a step.
type outcome struct {
	there incident.Incident // what is in the ledger now of its life
	won   bool              // it is what the step made of it
	once  bool              // it was, before somebody changed it again
	err   error
}

// says reports whether the outcome of a step is a reason to say a notice. If
// somebody else has changed the incident, only that is said which belongs to
// the pages and alerts that it has now, and only if this plan was carried out
// before: whoever comes second is silent.
func (o outcome) says(n notify.Notice) bool {
	key := cmp.Or(n.Page, n.Key)
	has := slices.ContainsFunc(o.there.Pages, func(p incident.Page) bool { return p.Key == key }) ||
		slices.ContainsFunc(o.there.Alerts, func(a incident.Alert) bool { return a.Key == key })
	return o.won || n.Act == notify.Close && !has || n.Act != notify.Close && has && o.once
}

// carryOutStep saves the incident and then says what there is to say of it.
func (w *Watch) carryOutStep(ctx context.Context, s step) (o outcome) {
	if o.err = ctx.Err(); o.err != nil {
		return o
	}
	if o.there, o.won, o.err = w.save(ctx, s); o.err != nil {
		return o
	}
	o.once = !o.won && s.in(o.there)
	notices := slices.DeleteFunc(slices.Clone(s.Notices), func(n notify.Notice) bool { return !o.says(n) })
	o.err = w.Delivery.Write(ctx, notices...)
	return o
}

// finish ends the alerts that nobody shares any more. Once all is carried out,
// it adds the incidents that a digest shows otherwise than they are now: of two
// who change incidents of one digest at once, neither may have seen what the
// other saved, but whoever saves last finds it here. What a plan of another
// process shows in digests is not known, and counts as overtaken.
func (w *Watch) finish(ctx context.Context, parts []part, out *result) error {
	digests := map[string]map[string]int64{} // by their keys, what they show
	var ends []notify.Notice
	for _, p := range parts {
		for _, c := range p.Value.Plan.Common {
			n := c.Notice
			switch {
			case n.Act == notify.Close:
				ends = append(ends, n)
			case n.Act == notify.Update && n.Subject == n.Page && len(out.errs) == 0: // a digest
				digests[n.Page] = c.Shows
				for _, fingerprint := range c.Of {
					if c.Shows == nil {
						out.conflicts[fingerprint] = false
					}
				}
			}
		}
	}
	if len(digests) == 0 && len(ends) == 0 {
		return nil
	}
	all, err := w.Incidents.All(ctx)
	if err != nil {
		return err
	}
	for _, shows := range digests {
		for fingerprint, version := range shows {
			if k, there := all[fingerprint]; there && k.Version != version {
				out.conflicts[fingerprint] = false
			}
		}
	}
	for fingerprint, k := range all {
		for _, p := range k.Pages {
			if shows := digests[p.Key]; shows != nil && shows[fingerprint] != k.Version {
				out.conflicts[fingerprint] = false
			}
		}
		for _, a := range k.Alerts {
			ends = slices.DeleteFunc(ends, func(n notify.Notice) bool { return n.Page == a.Key })
		}
	}
	return w.Delivery.Write(ctx, ends...)
}

// save saves the incident of a step and returns what is in the ledger now of
// its life, which is nothing once another has begun.
func (w *Watch) save(ctx context.Context, s step) (there incident.Incident, won bool, err error) {
	err = w.Incidents.Save(ctx, w.Incidents.From(s.Incident, s.Base))
	switch {
	case err == nil:
		return s.Incident, true, nil
	case !errors.Is(err, ledger.ErrChanged) && !errors.Is(err, ledger.ErrExists) && !errors.Is(err, ledger.ErrNotFound):
		return there, false, err
	}
	k, won, err := w.Incidents.Compare(ctx, s.Incident)
	if errors.Is(err, incident.ErrOver) || err == nil && k.Generation != s.Incident.Generation {
		return there, false, nil
	}
	return k.Incident, won, err
}
