package errorqueue

import (
	"time"

	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
	"github.com/busbell/busbell/internal/triage/explain"
)

// Explainer explains the messages in a source by the decisions of a pass. It needs
// only Triage, Chat, Pager and Deployment of the watch.
func (w *Watch) Explainer(at source.Source) *explain.Explainer {
	return explain.New(&w.Triage, at, w.now(), func(g triage.Group, now time.Time) (incident.Silence, []notify.Notice) {
		date(&g, incident.Stored{}, now)
		s := observation{}.merge(&scanResult{Result: scan.Result{Source: at, Complete: true}}, &g)
		i, notices := w.Preview(g.Fingerprint, w.judge(s, incident.Stored{}, now), now, w.Rules.QuietAt(now))
		return i.Silence, notices
	})
}
