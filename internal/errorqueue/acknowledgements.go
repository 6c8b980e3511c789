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
)

// Limits of asking the pager what people did there.
const (
	maxAsked = 10 // alerts a pass
	askTime  = 15 * time.Second
)

// heed takes over what people did in the pager: who has acknowledged an alert
// there looks after its incidents, which need no reminder here. It reports
// whether any incident was changed. A pager that does not say is asked again
// by the next pass.
func (w *Watch) importAcknowledgements(ctx context.Context, known map[string]incident.Stored) (changed bool) {
	if w.Acknowledged == nil {
		return false
	}
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	waiting := unacknowledged(known)
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
		name, _, _ := strings.Cut(by, "@") // an address is nobody's business here
		deed := incident.Action{Subjects: waiting[alias], By: strings.TrimSpace(name + " in the pager"), At: w.now(), Alias: alias}
		_, err = w.Apply(ctx, deed)
		if err != nil && !errors.Is(err, incident.ErrOver) {
			errs = append(errs, err)
		}
		changed = true
	}
	if len(errs) > 0 {
		w.Log.InfoContext(ctx, "the next pass asks again who has acknowledged alerts", "alerts", len(errs), "err", errs[0])
	}
	return changed
}

// waiting are the lives that nobody looks after, by the aliases of their
// alerts from which nothing was taken over yet.
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
