package errorqueue

import (
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
)

// mostAlerts is how many alerts one pass raises singly; what is beyond them
// shares one, the storm's.
const mostAlerts = 5

// alerts are what the changes say to the pager: a rise opens the new alert
// and then ends the old one, the end of an incident ends its own. An alert
// that is shared ends with the last incident that shares it.
func (w *Watch) alerts(known map[string]incident.Kept, changes []*change) []notify.Notice {
	if w.Pager.Channel == "" {
		return nil
	}
	var notices []notify.Notice
	var over []incident.Alert
	var rising []*change
	for _, c := range sorted(changes) {
		if c.because(Escalated) || c.because(Resolved) {
			over = append(over, c.Alerts...)
			c.Alerts = nil
		}
		if c.because(Escalated) {
			rising = append(rising, c)
		}
	}
	for _, c := range rising[:min(len(rising), mostAlerts)] {
		n, alert := c.Raise(w.Pager, w.Environment, string(Escalated))
		notices, c.Alerts = append(notices, n), []incident.Alert{alert}
	}
	if len(rising) > mostAlerts {
		notices = append(notices, w.storm(rising[mostAlerts:]))
	}
	still := map[string]bool{}
	for _, i := range latest(known, changes) {
		for _, a := range i.Alerts {
			still[a.Alias] = true
		}
	}
	for _, a := range over {
		if !still[a.Alias] {
			notices = append(notices, incident.End(w.Pager, a, string(Resolved)))
		}
	}
	return notices
}

// storm raises one alert for many incidents.
func (w *Watch) storm(rising []*change) notify.Notice {
	var incidents []*incident.Incident
	for _, c := range rising {
		incidents = append(incidents, &c.Incident)
	}
	n, alert := incident.Storm(w.Pager, w.Environment, "storm", incidents)
	for _, i := range incidents {
		i.Alerts = []incident.Alert{alert}
	}
	return n
}
