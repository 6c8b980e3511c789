package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/incident"
)

// Limits of asking the pager for acknowledgements.
const (
	maxAsked = 10 // alerts per pass
	askTime  = 15 * time.Second
)

// importAcknowledgements imports acknowledgements from the pager: if a person has
// acknowledged an alert there, its incidents need no reminder. It reports whether
// any incident was changed. If the pager does not answer, the next pass tries
// again.
func (t *Tracker) importAcknowledgements(ctx context.Context, known map[string]incident.Stored) (changed bool) {
	if t.Acknowledged == nil {
		return false
	}
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	waiting := unacknowledged(known)
	var errs []error
	aliases := slices.Sorted(maps.Keys(waiting))
	for n := range min(len(aliases), maxAsked) {
		alias := aliases[(n+int(t.now().Unix()/60))%len(aliases)]
		by, ok, err := t.Acknowledged(asking, alias)
		if err != nil {
			errs = append(errs, fmt.Errorf("ask the pager about %s: %w", alias, err))
			continue
		}
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(by, "@") // never store an address
		action := Action{Subjects: waiting[alias], By: strings.TrimSpace(name + " in the pager"), At: t.now(), Alias: alias}
		if _, err = t.Apply(ctx, action); err != nil && !errors.Is(err, incident.ErrOver) {
			errs = append(errs, err)
		}
		changed = true
	}
	if len(errs) > 0 {
		t.Log.InfoContext(ctx, "acknowledgements not imported; the next pass tries again", "alerts", len(errs), "err", errs[0])
	}
	return changed
}

// unacknowledged returns the subjects of open incidents, by the aliases of those
// alerts whose acknowledgement was not imported yet.
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
