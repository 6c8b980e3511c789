package repair

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/incident/reason"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// lostFor is how long after a row became unusable the notices are searched for
// losses.
const lostFor = 24 * time.Hour

// Restore repairs data that was lost with unusable rows of notices and of the
// journal. If the notice that posted a page or an alert was lost, Restore writes
// it again. If a row of the journal was lost, it is unknown which notices were
// written: Restore checks those of all living incidents. It returns the current
// incidents, and those whose pages may be out of date.
func (r *Repair) Restore(ctx context.Context, known map[string]incident.Stored, setAside []ledger.Row[ledger.BadRow], journalLost bool) (
	now map[string]incident.Stored, outdated []string, err error,
) {
	recent, stays := false, false
	for _, bad := range setAside {
		if bad.Value.Partition == r.Delivery.Partition() {
			recent, stays = recent || bad.Age < lostFor, stays || bad.Value.Stays
		}
	}
	var lost map[string]bool
	if recent {
		if lost, err = r.Delivery.Lost(ctx); err != nil {
			return known, nil, err
		}
	}
	all := stays || journalLost
	if len(lost) == 0 && !all {
		return known, nil, nil
	}
	// The notices are read before the incidents, as for lost incidents.
	sent, err := r.Delivery.History(ctx, func(notify.Notice) bool { return true })
	if err != nil {
		return known, nil, err
	}
	if known, err = r.Load(ctx); err != nil {
		return known, nil, err
	}
	repaired, outdated := r.orphans(known, sent, lost)
	repaired = append(repaired, r.posts(known, func(key string, alive bool) bool { return lost[key] || all && alive })...)
	for fingerprint, k := range known {
		if journalLost && k.Alive() || slices.ContainsFunc(k.Pages, func(page incident.Page) bool { return losesOf(lost, page.Key) }) {
			outdated = append(outdated, fingerprint)
		}
	}
	return known, outdated, r.Delivery.Restore(ctx, repaired...)
}

// losesOf reports whether the notice of a page, or of a change to it, is lost.
func losesOf(lost map[string]bool, page string) bool {
	for key := range lost {
		if key == page || strings.HasPrefix(key, page+"/") {
			return true
		}
	}
	return false
}

// orphans returns notices that resolve open pages and alerts without a living
// incident. A resolved incident is outdated and updates its own pages. A lost page
// of an earlier generation is restored from its newest update, which waits for
// the post.
func (r *Repair) orphans(known map[string]incident.Stored, sent []notify.Record, lost map[string]bool) (repaired []notify.Notice, outdated []string) {
	owners := map[string][]incident.Stored{}
	for _, k := range known {
		for _, page := range k.Pages {
			owners[page.Key] = append(owners[page.Key], k)
		}
		for _, a := range k.Alerts {
			owners[a.Key] = append(owners[a.Key], k)
		}
	}
	newest := map[string]notify.Notice{} // updates of lost pages without an incident
	for _, a := range sent {
		n := a.Notice
		if n.Act == notify.Update && lost[n.Page] && len(owners[n.Page]) == 0 && n.Version >= newest[n.Page].Version {
			newest[n.Page] = n
		}
	}
	for page, n := range newest {
		n.Key, n.Act, n.Page = page, notify.Post, ""
		repaired = append(repaired, n)
	}
	for _, page := range openPages(sent) {
		of := owners[page.Notice.Key]
		switch {
		case slices.ContainsFunc(of, func(k incident.Stored) bool { return k.Alive() }):
		case len(of) == 0:
			repaired = append(repaired, page.unfollowed(r.Now()))
		default:
			for _, k := range of {
				outdated = append(outdated, k.Fingerprint)
			}
		}
	}
	return repaired, outdated
}

// posts returns the notices that post pages and alerts, as they would be
// now.
func (r *Repair) posts(known map[string]incident.Stored, wanted func(key string, alive bool) bool) (notices []notify.Notice) {
	digests, grouped := map[incident.Page][]*incident.Incident{}, map[string][]*incident.Incident{}
	for _, fingerprint := range slices.Sorted(maps.Keys(known)) {
		k := known[fingerprint]
		for _, p := range k.Pages {
			switch {
			case !wanted(p.Key, k.Alive()):
			case p.Shared:
				digests[p] = append(digests[p], &k.Incident)
			default:
				notices = append(notices, notice.Post(r.Deployment, &k.Incident, p.To, reason.Lost))
			}
		}
		for _, a := range k.Alerts {
			switch n, _ := notice.Page(r.Deployment, &k.Incident, r.Pager, reason.Lost); {
			case !wanted(a.Key, k.Alive()):
			case n.Key == a.Key:
				notices = append(notices, n)
			default:
				grouped[a.Key] = append(grouped[a.Key], &k.Incident)
			}
		}
	}
	for p, incidents := range digests {
		notices = append(notices, notice.Digest(r.Deployment, p.To, reason.Lost, p.Key, incidents))
	}
	for key, incidents := range grouped {
		n, _ := notice.GroupedAlert(r.Deployment, r.Pager, reason.Lost, key, incidents)
		notices = append(notices, n)
	}
	return notices
}
