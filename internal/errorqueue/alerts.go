package errorqueue

import (
	"strconv"

	"github.com/busbell/busbell/internal/incident"
)

// mostAlerts is how many alerts one pass raises singly; what is beyond them
// shares one, the storm's.
const maxAlerts = 5

// alerts are what the changes say to the pager: a rise opens the new alert
// and then ends the old one, the end of an incident ends its own, and so does
// a rule that says to ignore it. An alert that is shared ends with the last
// incident that shares it.
func (w *Watch) planAlerts(p *plan, known map[string]incident.Stored, changes []*change, pass int64) {
	if w.Pager.Channel == "" {
		return
	}
	var rising []*change
	ended := map[string][]*change{} // by alias, those that had it
	over := map[string]incident.Alert{}
	for _, c := range sorted(changes) {
		if c.because(Escalated, Resolved, Ignored) {
			for _, a := range c.Alerts {
				over[a.Alias], ended[a.Alias] = a, append(ended[a.Alias], c)
			}
			c.Alerts = nil
		}
		if c.because(Escalated) {
			rising = append(rising, c)
		}
	}
	w.openAlerts(p, rising, pass)
	for _, i := range latest(known, changes) {
		for _, a := range i.Alerts {
			delete(over, a.Alias) // still shared
		}
	}
	for alias, a := range over {
		had := ended[alias]
		n := incident.Close(w.Pager, a, string(had[0].why[0]))
		if next := had[0].Alerts; len(next) > 0 {
			n.After = next[0].Key // until it is there, the old one is better than none
		}
		if len(had) == 1 {
			had[0].addNotices(n)
		} else {
			p.share(n, had)
		}
	}
}

// raise pages for incidents, the most urgent singly and the others in a storm.
// A storm is named after the pass, like a digest.
func (w *Watch) openAlerts(p *plan, rising []*change, pass int64) {
	single, many := rising[:min(len(rising), maxAlerts)], rising[min(len(rising), maxAlerts):]
	for _, c := range single {
		n, alert := c.Page(w.pagingDeployment(), w.Pager, string(Escalated))
		c.Alerts = []incident.Alert{alert}
		c.addNotices(n)
	}
	if len(many) == 0 {
		return
	}
	key := incident.DigestKey(w.Pager, w.Deployment.Environment, "storm", strconv.FormatInt(pass, 10))
	storm, alert := incident.GroupedAlert(w.pagingDeployment(), w.Pager, "storm", key, incidents(many))
	for _, c := range many {
		c.Alerts = []incident.Alert{alert}
	}
	p.share(storm, many)
}

// paging is the voice of alerts, which are those of one ledger.
func (w *Watch) pagingDeployment() incident.Deployment {
	v := w.Deployment
	v.Ledger = w.ledger
	return v
}

func incidents(changes []*change) []*incident.Incident {
	var all []*incident.Incident
	for _, c := range changes {
		all = append(all, &c.Incident)
	}
	return all
}
