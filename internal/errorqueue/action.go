package errorqueue

import (
	"context"
	"errors"
	"slices"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
)

// Apply commits an action like a pass, and returns the notices about it, which
// are in the ledger. Once the plan is written the action stands, even if this
// process is killed.
func (w *Watch) Apply(ctx context.Context, d incident.Action) ([]notify.Notice, error) {
	return w.Incidents.Apply(ctx, w.Deployment, d, func(ctx context.Context, changed []incident.Change, say []incident.Shared) (map[string]bool, error) {
		var p plan
		for _, k := range changed {
			p.Steps = append(p.Steps, step{Incident: k.Incident, Base: k.RowVersion(), Decided: k.Applied})
		}
		for _, one := range say {
			for some := range slices.Chunk(one.Of, mostOf) {
				p.Common = append(p.Common, common{Of: some, Notice: one.Notice, Shows: one.Shows})
			}
		}
		out, err := w.commit(ctx, p)
		return out.conflicts, errors.Join(err, out.err())
	})
}
