// Package repair rebuilds data that was lost with unusable rows of the ledger:
// incidents from their notices, and pages and alerts from their incidents.
package repair

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// A Repair rebuilds incidents and their pages. All fields but Pager must be set.
type Repair struct {
	Incidents  incident.Store
	Delivery   *outbox.Delivery
	Deployment notice.Deployment
	Pager      incident.Target
	Log        *slog.Logger
	Now        func() time.Time
}

// Load returns all incidents of the ledger. It first rebuilds incidents whose rows
// were lost. If that fails for an incident, Load omits it: decisions need a good
// row.
func (r *Repair) Load(ctx context.Context) (map[string]incident.Stored, error) {
	known, err := r.Incidents.All(ctx)
	lost := false
	for _, k := range known {
		lost = lost || k.Lost()
	}
	if err != nil || !lost {
		return known, err
	}
	sent, err := r.Delivery.History(ctx, func(notify.Notice) bool { return true })
	if err == nil { // an incident is saved before its notices: each of these belongs to a listed incident
		known, err = r.Incidents.All(ctx)
	}
	if err != nil {
		return nil, err
	}
	if err := rebuild(ctx, r.Incidents, known, sent, r.Now(), r.Delivery.Write); err != nil {
		r.Log.WarnContext(ctx, "lost incidents not rebuilt", "err", err)
	}
	known, err = r.Incidents.All(ctx)
	maps.DeleteFunc(known, func(_ string, k incident.Stored) bool { return k.Lost() })
	return known, err
}
