package errorqueue

import (
	"context"
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
func (w *Watch) alerts(ctx context.Context, known map[string]incident.Kept, changes []*change, pass int64) ([]notify.Notice, error) {
	if w.Pager.Channel == "" {
		return nil, nil
	}
	ended, why := map[string]incident.Alert{}, map[string]Reason{} // by alias
	var rising []*change
	for _, c := range sorted(changes) {
		if c.because(Escalated, Resolved, Ignored) {
			for _, a := range c.Alerts {
				ended[a.Alias], why[a.Alias] = a, c.why[0]
			}
			c.Alerts = nil
		}
		if c.because(Escalated) {
			rising = append(rising, c)
		}
	}
	notices, err := w.raise(ctx, rising, pass)
	if err != nil {
		return nil, err
	}
	for _, i := range latest(known, changes) {
		for _, a := range i.Alerts {
			delete(ended, a.Alias) // still shared
		}
	}
	for alias, a := range ended {
		notices = append(notices, incident.End(w.Pager, a, string(why[alias])))
	}
	return notices, nil
}

// raise pages for incidents, the most urgent singly and the others in a
// storm. A pass that a crash ended may have chosen differently: what it may
// have raised for these is theirs too, so that it ends with them.
func (w *Watch) raise(ctx context.Context, rising []*change, pass int64) ([]notify.Notice, error) {
	if len(rising) == 0 {
		return nil, nil
	}
	key := incident.DigestKey(w.Pager, w.Voice.Environment, "storm", strconv.FormatInt(pass, 10))
	crashed, err := w.Delivery.Written(ctx, key)
	if err != nil {
		return nil, err
	}
	single, many := rising[:min(len(rising), mostAlerts)], rising[min(len(rising), mostAlerts):]
	var notices []notify.Notice
	for _, c := range rising {
		n, alert := c.Raise(w.Voice, w.Pager, string(Escalated))
		c.Alerts = []incident.Alert{alert}
		if len(notices) < len(single) {
			notices = append(notices, n)
		}
	}
	if len(many) == 0 && !crashed {
		return notices, nil
	}
	if len(many) == 0 {
		many = single
	}
	storm, alert := incident.Storm(w.Voice, w.Pager, "storm", key, incidents(many))
	for _, c := range many {
		c.Alerts = append(c.Alerts, alert)
	}
	return append(notices, storm), nil
}

func incidents(changes []*change) []*incident.Incident {
	var all []*incident.Incident
	for _, c := range changes {
		all = append(all, &c.Incident)
	}
	return all
}
