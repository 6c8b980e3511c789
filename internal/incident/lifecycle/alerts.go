package lifecycle

import (
	"strconv"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/incident/reason"
)

// maxAlerts is how many alerts one pass opens for single incidents. Further
// incidents share a grouped alert.
const maxAlerts = 5

// planAlerts plans what the changes send to the pager. An escalation opens a new
// alert and then closes the old one; a resolved or ignored incident closes its
// alert. A grouped alert closes with the last incident that shares it.
func (t *Tracker) planAlerts(p *plan, known map[string]incident.Stored, changes []*change, pass int64) {
	if t.Pager.Channel == "" {
		return
	}
	var escalated []*change
	ended := map[string][]*change{} // by alias
	closing := map[string]incident.Alert{}
	for _, c := range sorted(changes) {
		if c.why.Any(reason.Escalated, reason.Resolved, reason.Ignored) {
			for _, a := range c.Alerts {
				closing[a.Alias], ended[a.Alias] = a, append(ended[a.Alias], c)
			}
			c.Alerts = nil
		}
		if c.why.Any(reason.Escalated) {
			escalated = append(escalated, c)
		}
	}
	t.openAlerts(p, escalated, pass)
	for _, i := range latest(known, changes) {
		for _, a := range i.Alerts {
			delete(closing, a.Alias) // still shared
		}
	}
	for alias, a := range closing {
		had := ended[alias]
		n := notice.Close(t.Pager, a, had[0].why[0])
		if next := had[0].Alerts; len(next) > 0 {
			n.After = next[0].Key // the old alert stays until the new one is open
		}
		if len(had) == 1 {
			had[0].addNotices(n)
		} else {
			p.share(n, had)
		}
	}
}

// openAlerts opens single alerts for the most urgent incidents and one grouped
// alert for the others. The grouped alert is named after the pass, like a digest.
func (t *Tracker) openAlerts(p *plan, escalated []*change, pass int64) {
	single, many := escalated[:min(len(escalated), maxAlerts)], escalated[min(len(escalated), maxAlerts):]
	for _, c := range single {
		n, alert := notice.Page(t.paging(), &c.Incident, t.Pager, reason.Escalated)
		c.Alerts = []incident.Alert{alert}
		c.addNotices(n)
	}
	if len(many) == 0 {
		return
	}
	key := incident.DigestKey(t.Pager, t.Deployment.Environment, "storm", strconv.FormatInt(pass, 10))
	grouped, alert := notice.GroupedAlert(t.paging(), t.Pager, "storm", key, incidents(many))
	for _, c := range many {
		c.Alerts = []incident.Alert{alert}
	}
	p.share(grouped, many)
}

func incidents(changes []*change) []*incident.Incident {
	var all []*incident.Incident
	for _, c := range changes {
		all = append(all, &c.Incident)
	}
	return all
}
