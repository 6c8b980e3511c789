package errorqueue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
)

// Limits of asking the pager for acknowledgements.
const (
	maxAsked = 10 // alerts per pass
	askTime  = 15 * time.Second
)

// importAcknowledgements takes over acknowledgements from the pager: who has
// acknowledged an alert there looks after its incidents, which then need no
// reminder. It reports whether any incident was changed. If the pager does not
// answer, the next pass asks again.
func (w *Watch) importAcknowledgements(ctx context.Context, known map[string]incident.Stored) (changed bool) {
	if w.Acknowledged == nil {
		return false
	}
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	waiting := unacknowledged(known)
	tracker := lifecycle.Tracker{Incidents: w.Incidents, Journal: w.Journal, Deployment: w.Deployment}
	var errs []error
	aliases := slices.Sorted(maps.Keys(waiting))
	for n := range min(len(aliases), maxAsked) {
		alias := aliases[(n+w.rotation())%len(aliases)]
		by, ok, err := w.Acknowledged(asking, alias)
		if err != nil {
			errs = append(errs, fmt.Errorf("ask the pager about %s: %w", alias, err))
			continue
		}
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(by, "@") // never store an address
		action := lifecycle.Action{Subjects: waiting[alias], By: strings.TrimSpace(name + " in the pager"), At: w.now(), Alias: alias}
		if _, err = tracker.Apply(ctx, action); err != nil && !errors.Is(err, incident.ErrOver) {
			errs = append(errs, err)
		}
		changed = true
	}
	if len(errs) > 0 {
		w.Log.InfoContext(ctx, "acknowledgements not imported; the next pass tries again", "alerts", len(errs), "err", errs[0])
	}
	return changed
}

// unacknowledged are the subjects of open incidents by the aliases of their
// alerts from which no acknowledgement was imported yet.
func unacknowledged(known map[string]incident.Stored) map[string][]string {
	all := map[string][]string{}
	for _, k := range known {
		if k.State != incident.Open {
			continue
		}
		for _, a := range k.Alerts {
			if !a.Imported {
				all[a.Alias] = append(all[a.Alias], k.Subject())
			}
		}
	}
	return all
}
