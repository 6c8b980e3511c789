package errorqueue

import (
	"cmp"
	"context"
	"slices"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
)

// write brings the ledger up to the changes and writes what there is to say
// of them. It returns those that somebody else has changed meanwhile.
func (w *Watch) write(ctx context.Context, known map[string]incident.Kept, changes []*change, last *history) (again overtaken, err error) {
	if len(changes) == 0 {
		return nil, nil
	}
	p := w.plan(known, changes, last.Number)
	if err := w.count(ctx, last); err != nil {
		return nil, err
	}
	return w.commit(ctx, p)
}

// commit writes a plan and carries it out. A process that is killed after the
// plan is written leaves the rest to whoever makes the next pass; before that
// nothing has happened.
func (w *Watch) commit(ctx context.Context, p plan) (again overtaken, err error) {
	rows, err := w.begin(ctx, &p)
	if err != nil {
		return nil, err
	}
	if again, err = w.carryOut(ctx, p); err != nil {
		return nil, err
	}
	if err := w.recheck(ctx, p, again); err != nil {
		return nil, err
	}
	w.forget(ctx, rows)
	return again, nil
}

// recheck adds the incidents of digests that somebody changed after they were
// saved: they may have been shown in the digest beside others that were not
// saved yet.
func (w *Watch) recheck(ctx context.Context, p plan, again overtaken) error {
	versions := map[string]int64{}
	for _, s := range p.Steps {
		if slices.ContainsFunc(s.Incident.Pages, func(page incident.Page) bool { return page.Shared }) {
			versions[s.Incident.Fingerprint] = s.Incident.Version
		}
	}
	if len(versions) < 2 {
		return nil
	}
	all, err := w.Incidents.All(ctx)
	for fingerprint, version := range versions {
		if all[fingerprint].Version != version {
			again[fingerprint] = false
		}
	}
	return err
}

// words are what one change says on its own pages and in their threads. What
// is shown in a digest says nothing alone: the digest is kept up to date.
func (w *Watch) words(c *change) []notify.Notice {
	if c.Silence.Why != "" && !c.because(Ignored, Resolved) {
		return nil
	}
	reason := string(c.why[0])
	var notices []notify.Notice
	for _, p := range c.Pages {
		switch {
		case p.Shared:
		case c.opened[p.Key]:
			to := p.To
			if !c.calls() {
				to.Mention = ""
			}
			notices = append(notices, c.Announce(w.Voice, to, reason))
			notices = append(notices, w.details(c, p)...)
		default:
			notices = append(notices, c.Revise(w.Voice, p, reason))
			notices = append(notices, c.remarks(p)...)
		}
	}
	return notices
}

// digests are the announcements and revisions of the digests that show any of
// the changed incidents, or did before.
func (w *Watch) digests(p *plan, known map[string]incident.Kept, changes []*change) {
	touched := map[incident.Page][]*change{}
	for _, c := range changes {
		for _, page := range slices.Concat(c.before.Pages, c.Pages) {
			if page.Shared && !slices.Contains(touched[page], c) {
				touched[page] = append(touched[page], c)
			}
		}
	}
	shown := map[incident.Page][]*incident.Incident{}
	for _, i := range latest(known, changes) {
		for _, page := range i.Pages {
			if _, ok := touched[page]; ok {
				shown[page] = append(shown[page], i)
			}
		}
	}
	for page, list := range touched {
		n := incident.Digest(w.Voice, page.To, "many at once", page.Key, shown[page])
		opened, calls, resolved, reminders := false, false, false, 0
		for _, c := range list {
			opened, calls = opened || c.opened[page.Key], calls || c.calls()
			resolved = resolved || c.because(Resolved)
			n.Version = max(n.Version, c.Version) // also where it has left
			if c.because(Reminder) {
				reminders = max(reminders, c.Reminders)
			}
		}
		if opened {
			if !calls {
				n.Mention = ""
			}
			p.share(n, list)
		}
		// A pass that was killed may have announced it, with less in it.
		p.share(incident.Revised(n), list)
		switch {
		case opened:
		case n.State == notify.Resolved && resolved:
			p.share(resolvedAside(n), list)
		case reminders > 0:
			p.share(reminderAside(n, reminders), list)
		}
	}
}

// latest are all incidents as they are after this pass.
func latest(known map[string]incident.Kept, changes []*change) map[string]*incident.Incident {
	all := make(map[string]*incident.Incident, len(known)+len(changes))
	for fingerprint, k := range known {
		all[fingerprint] = &k.Incident
	}
	for _, c := range changes {
		all[c.Fingerprint] = &c.Incident
	}
	return all
}

// byUrgency puts the most urgent first: by priority, then by size.
func byUrgency(a, b *change) int {
	return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(b.Count(), a.Count()), cmp.Compare(a.Fingerprint, b.Fingerprint))
}

func sorted(changes []*change) []*change { return slices.SortedFunc(slices.Values(changes), byUrgency) }
