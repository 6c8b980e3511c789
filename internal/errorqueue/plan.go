package errorqueue

import (
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/journal"
	"github.com/busbell/busbell/internal/notify"
)

// A plan is what a pass decides: incidents as they are to be, and the notices
// about them.
type plan struct {
	journal.Change[incident.Incident]
}

// addNotices adds notices about the change alone.
func (c *change) addNotices(notices ...notify.Notice) { c.notices = append(c.notices, notices...) }

// share adds a notice about all of the changes. shown are the incidents that a
// digest shows.
func (p *plan) share(n notify.Notice, changes []*change, shown ...*incident.Incident) {
	s := journal.Shared{Notice: n, Shows: incident.Versions(shown)}
	for _, c := range changes {
		s.Of = append(s.Of, c.Fingerprint)
	}
	p.Shared = append(p.Shared, s)
}

// plan decides where each change is shown and what is said of it. stale are
// updates of digests that are outdated, by the incidents with which they are
// updated again.
func (w *Watch) plan(known map[string]incident.Stored, changes []*change, stale map[string][]notify.Notice, pass int64) plan {
	var p plan
	w.choosePages(changes, pass)
	w.planAlerts(&p, known, changes, pass)
	w.planDigests(&p, known, changes, stale)
	w.reminders(&p, changes, pass)
	for _, c := range sorted(changes) {
		for _, n := range w.noticesFor(c) {
			if n.File != nil { // large, so it is not kept with the incident
				p.share(n, []*change{c})
			} else {
				c.addNotices(n)
			}
		}
		p.Records = append(p.Records, c.Record(!c.because(Changed), c.notices...))
	}
	return p
}
