package errorqueue

import (
	"context"
	"maps"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
)

// incidents are all that the ledger knows. Those whose rows were lost are
// renewed first; one for which that fails is left out: nothing can be decided
// about it before the row is good.
func (w *Watch) incidents(ctx context.Context) (map[string]incident.Kept, error) {
	known, err := w.Incidents.All(ctx)
	lost := maps.Clone(known)
	maps.DeleteFunc(lost, func(_ string, k incident.Kept) bool { return !k.Lost() })
	if err != nil || len(lost) == 0 {
		return known, err
	}
	told, err := w.Delivery.Account(ctx, func(notify.Notice) bool { return true })
	if err != nil {
		return nil, err
	}
	for _, k := range lost {
		if err := w.Incidents.Renew(ctx, k, told, w.now(), w.Delivery.Write); err != nil {
			w.Log.WarnContext(ctx, "lost incident not renewed", "incident", k.Fingerprint, "err", err)
		}
	}
	known, err = w.Incidents.All(ctx)
	maps.DeleteFunc(known, func(_ string, k incident.Kept) bool { return k.Lost() })
	return known, err
}
