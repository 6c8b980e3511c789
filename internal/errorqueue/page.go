package errorqueue

import (
	"strconv"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
)

// mostAlerts is how many alerts one pass raises singly; what is beyond them
// shares one, the storm's.
const mostAlerts = 5

// alerts are what the changes say to the pager: a rise opens the new alert
// and then ends the old one, the end of an incident ends its own, and so does
// a rule that says to ignore it. An alert that is shared ends with the last
// incident that shares it.
func (w *Watch) alerts(known map[string]incident.Kept, changes []*change, pass int64) []notify.Notice {
	if w.Pager.Channel == "" {
		return nil
	}
	var notices []notify.Notice
	over := map[string]Reason{} // of an alert's alias
	ended := map[string]incident.Alert{}
	var rising []*change
	for _, c := range sorted(changes) {
		if c.because(Escalated, Resolved, Ignored) {
			for _, a := range c.Alerts {
				ended[a.Alias], over[a.Alias] = a, c.why[0]
			}
			c.Alerts = nil
		}
		if c.because(Escalated) {
			rising = append(rising, c)
		}
	}
	for _, c := range rising[:min(len(rising), mostAlerts)] {
		n, alert := c.Raise(w.Voice, w.Pager, string(Escalated))
		notices, c.Alerts = append(notices, n), []incident.Alert{alert}
	}
	if len(rising) > mostAlerts {
		notices = append(notices, w.storm(rising[mostAlerts:], pass))
	}
	for _, i := range latest(known, changes) {
		for _, a := range i.Alerts {
			delete(ended, a.Alias) // still shared
		}
	}
	for alias, a := range ended {
		notices = append(notices, incident.End(w.Pager, a, string(over[alias])))
	}
	return notices
}

// storm raises one alert for many incidents. A pass that a crash ended may
// have raised one of them singly: that alert ends with the incident as well.
func (w *Watch) storm(rising []*change, pass int64) notify.Notice {
	var incidents []*incident.Incident
	for _, c := range rising {
		incidents = append(incidents, &c.Incident)
	}
	key := incident.DigestKey(w.Pager, w.Voice.Environment, "storm", strconv.FormatInt(pass, 10))
	n, alert := incident.Storm(w.Voice, w.Pager, "storm", key, incidents)
	for _, i := range incidents {
		_, single := i.Raise(w.Voice, w.Pager, string(Escalated))
		i.Alerts = []incident.Alert{alert, single}
	}
	return n
}
