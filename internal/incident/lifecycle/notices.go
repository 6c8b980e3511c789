package lifecycle

import (
	"cmp"
	"slices"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/incident/reason"
	"github.com/busbell/busbell/internal/notify"
)

// noticesFor returns the notices of one change for its own pages and their threads.
// An incident in a digest has none of its own: the digest is updated.
func (t *Tracker) noticesFor(c *change) []notify.Notice {
	if c.Silence.Why != "" && !c.why.Any(reason.Ignored, reason.Resolved) {
		return nil
	}
	var notices []notify.Notice
	for _, p := range c.Pages {
		switch {
		case p.Shared:
		case c.opened[p.Key]:
			to := p.To
			if !c.why.Mention() {
				to.Mention = ""
			}
			notices = append(notices, notice.Post(t.Deployment, &c.Incident, to, c.why[0]))
			if c.observed.Trace == nil {
				continue
			}
			if n, ok := notice.Details(&c.Incident, p, c.why[0], c.observed.Trace()); ok {
				notices = append(notices, n)
			}
		default:
			notices = append(notices, notice.Update(t.Deployment, &c.Incident, p, c.why[0]))
			notices = append(notices, notice.Thread(&c.Incident, &c.before, p, c.why)...)
		}
	}
	return notices
}

// planDigests plans posts and updates of digests that show any of the changed
// incidents or showed them before, and of outdated digests.
func (t *Tracker) planDigests(p *plan, known map[string]incident.Stored, changes []*change, stale map[string][]notify.Notice) {
	pages, touched, shown := map[string]incident.Page{}, map[string][]*change{}, map[string][]*incident.Incident{} // by the page's key
	for _, c := range changes {
		all := slices.Concat(c.before.Pages, c.Pages)
		for _, n := range stale[c.Fingerprint] {
			all = append(all, incident.Page{To: incident.Target{Channel: n.Channel, To: n.To}, Key: n.Page, Shared: true})
		}
		for _, page := range all {
			if page.Shared && !slices.Contains(touched[page.Key], c) {
				touched[page.Key] = append(touched[page.Key], c)
			}
			if pages[page.Key].To.Mention == "" {
				pages[page.Key] = page
			}
		}
	}
	for _, i := range latest(known, changes) {
		for _, page := range i.Pages {
			if touched[page.Key] != nil {
				shown[page.Key] = append(shown[page.Key], i)
			}
		}
	}
	for key, list := range touched {
		n := notice.Digest(t.Deployment, pages[key].To, "many at once", key, shown[key])
		opened, calls, resolved, reminders := false, false, false, 0
		for _, c := range list {
			opened, calls = opened || c.opened[key], calls || c.why.Mention()
			resolved = resolved || c.why.Any(reason.Resolved)
			n.Version = max(n.Version, c.Version) // even if it has left the digest
			if c.why.Any(reason.Reminder) {
				reminders = max(reminders, c.Reminders)
			}
		}
		if opened {
			if !calls {
				n.Mention = ""
			}
			p.share(n, list)
		}
		// A killed pass may have posted it with fewer incidents.
		p.share(notice.AsUpdate(n), list, shown[key]...)
		switch {
		case opened:
		case n.State == notify.Resolved && resolved:
			p.share(notice.DigestResolved(n, reason.Resolved), list)
		case reminders > 0:
			p.share(notice.DigestReminder(n, reason.Reminder, reminders), list)
		}
	}
}

// latest returns all incidents after this pass.
func latest(known map[string]incident.Stored, changes []*change) map[string]*incident.Incident {
	all := make(map[string]*incident.Incident, len(known)+len(changes))
	for fingerprint, k := range known {
		all[fingerprint] = &k.Incident
	}
	for _, c := range changes {
		all[c.Fingerprint] = &c.Incident
	}
	return all
}

// byUrgency orders by priority, then by size.
func byUrgency(a, b *change) int {
	return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(b.Count(), a.Count()), cmp.Compare(a.Fingerprint, b.Fingerprint))
}

func sorted(changes []*change) []*change { return slices.SortedFunc(slices.Values(changes), byUrgency) }
