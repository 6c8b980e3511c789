package lifecycle

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/incident/reason"
	"github.com/busbell/busbell/internal/journal"
	"github.com/busbell/busbell/internal/notify"
)

// A plan is the decision of a pass: changed incidents and the notices about them.
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

// plan decides where each change is shown, and creates its notices. stale holds
// updates of outdated digests, by the incident whose change updates them again.
func (t *Tracker) plan(known map[string]incident.Stored, changes []*change, stale map[string][]notify.Notice, pass int64) plan {
	var p plan
	t.choosePages(changes, pass)
	t.planAlerts(&p, known, changes, pass)
	t.planDigests(&p, known, changes, stale)
	t.reminders(&p, changes, pass)
	for _, c := range sorted(changes) {
		for _, n := range t.noticesFor(c) {
			if n.File != nil { // large, so it is not kept with the incident
				p.share(n, []*change{c})
			} else {
				c.addNotices(n)
			}
		}
		p.Records = append(p.Records, c.Record(!c.why.Any(reason.Changed), c.notices...))
	}
	return p
}

// maxReminders is how many incidents of one target get a reminder each in one
// pass; more of them share one message.
const maxReminders = 5

// reminders are broadcast as a line in the thread of each page or, when there
// are many, as one message.
func (t *Tracker) reminders(p *plan, changes []*change, pass int64) {
	due := map[incident.Target][]*change{}
	for _, c := range changes {
		for _, page := range c.Pages {
			if c.why.Any(reason.Reminder) && !page.Shared {
				due[page.To] = append(due[page.To], c)
			}
		}
	}
	for to, list := range due {
		if len(list) <= maxReminders {
			for _, c := range list {
				c.addNotices(notice.Reminder(&c.Incident, c.page(to)))
			}
			continue
		}
		key := incident.DigestKey(to, t.Deployment.Environment, string(reason.Reminder), strconv.FormatInt(pass, 10))
		n := notice.Digest(t.Deployment, to.Place(), reason.Reminder, key, incidents(list))
		n.Headline = notify.Text{notify.Ours(fmt.Sprintf("Reminder: %d problems are still open", len(list)))}
		n.Actions = nil // each has its own on its own page
		p.share(n, list)
	}
}

// page is the incident's own page at a target.
func (c *change) page(to incident.Target) incident.Page {
	return c.Pages[slices.IndexFunc(c.Pages, func(p incident.Page) bool { return p.To == to && !p.Shared })]
}
