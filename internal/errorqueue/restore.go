package errorqueue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/errorqueue/scan"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/lifecycle"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/source"
)

// loadIncidents returns all incidents of the ledger. Those whose rows were lost
// are rebuilt first; an incident for which that fails is left out: nothing can
// be decided about it before its row is good.
func (w *Watch) loadIncidents(ctx context.Context) (map[string]incident.Stored, error) {
	known, err := w.Incidents.All(ctx)
	lost := false
	for _, k := range known {
		lost = lost || k.Lost()
	}
	if err != nil || !lost {
		return known, err
	}
	sent, err := w.Delivery.History(ctx, func(notify.Notice) bool { return true })
	if err == nil { // an incident is saved before its notices: so none of these is of one that is not listed
		known, err = w.Incidents.All(ctx)
	}
	if err != nil {
		return nil, err
	}
	if err := lifecycle.Rebuild(ctx, w.Incidents, known, sent, string(Lost), w.now(), w.Delivery.Write); err != nil {
		w.Log.WarnContext(ctx, "lost incidents not rebuilt", "err", err)
	}
	known, err = w.Incidents.All(ctx)
	maps.DeleteFunc(known, func(_ string, k incident.Stored) bool { return k.Lost() })
	return known, err
}

// lostFor is how long after a row was set aside the notices are searched for
// lost ones.
const lostFor = 24 * time.Hour

// restoreNotices repairs what was lost with rows of notices and with rows of
// the journal. The notice that posted a page or an alert is written again where its
// row was lost. Where a row of the journal was lost, nobody knows what of it was
// written: then those of all living incidents are checked. Incidents whose pages
// may be out of date count as changed concurrently.
func (w *Watch) restoreNotices(ctx context.Context, p *passState) error {
	recent, stays := false, false
	for _, bad := range p.badRows {
		if bad.Value.Partition == w.Delivery.Partition() {
			recent, stays = recent || bad.Age < lostFor, stays || bad.Value.Stays
		}
	}
	var lost map[string]bool
	var err error
	if recent {
		if lost, err = w.Delivery.Lost(ctx); err != nil {
			return err
		}
	}
	all := stays || len(p.Lost) > 0
	if len(lost) == 0 && !all {
		return nil
	}
	if err := w.repairPages(ctx, p, lost); err != nil {
		return err
	}
	if err := w.Delivery.Restore(ctx, w.posts(p.known, func(key string, alive bool) bool { return lost[key] || all && alive })...); err != nil {
		return err
	}
	for fingerprint, k := range p.known {
		if len(p.Lost) > 0 && k.Alive() || slices.ContainsFunc(k.Pages, func(page incident.Page) bool { return losesOf(lost, page.Key) }) {
			p.conflicts.add(fingerprint)
		}
	}
	w.Journal.Delete(ctx, p.Lost...)
	return nil
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

// repairPages resolves the open pages and alerts that no living incident has; a
// resolved incident updates its own. A lost page of an earlier generation is
// restored from its newest update, which waits for it. The notices are read
// before the incidents, as for lost incidents.
func (w *Watch) repairPages(ctx context.Context, p *passState, lost map[string]bool) error {
	sent, err := w.Delivery.History(ctx, func(notify.Notice) bool { return true })
	if err != nil {
		return err
	}
	if p.known, err = w.loadIncidents(ctx); err != nil {
		return err
	}
	owners := map[string][]incident.Stored{}
	for _, k := range p.known {
		for _, page := range k.Pages {
			owners[page.Key] = append(owners[page.Key], k)
		}
		for _, a := range k.Alerts {
			owners[a.Key] = append(owners[a.Key], k)
		}
	}
	newest := map[string]notify.Notice{} // updates of lost pages that no incident has
	for _, a := range sent {
		n := a.Notice
		if n.Act == notify.Update && lost[n.Page] && len(owners[n.Page]) == 0 && n.Version >= newest[n.Page].Version {
			newest[n.Page] = n
		}
	}
	var repaired []notify.Notice
	for page, n := range newest {
		n.Key, n.Act, n.Page = page, notify.Post, ""
		repaired = append(repaired, n)
	}
	for _, page := range lifecycle.OpenPages(sent) {
		of := owners[page.Notice.Key]
		switch {
		case slices.ContainsFunc(of, func(k incident.Stored) bool { return k.Alive() }):
		case len(of) == 0:
			repaired = append(repaired, page.Unfollowed(string(Lost), w.now()))
		default:
			for _, k := range of {
				p.conflicts.add(k.Fingerprint)
			}
		}
	}
	return w.Delivery.Restore(ctx, repaired...)
}

// posts are the notices that posted pages and alerts, as they would be
// now.
func (w *Watch) posts(known map[string]incident.Stored, wanted func(key string, alive bool) bool) (notices []notify.Notice) {
	const reason = string(Lost)
	digests, grouped := map[incident.Page][]*incident.Incident{}, map[string][]*incident.Incident{}
	for _, fingerprint := range slices.Sorted(maps.Keys(known)) {
		k := known[fingerprint]
		for _, p := range k.Pages {
			switch {
			case !wanted(p.Key, k.Alive()):
			case p.Shared:
				digests[p] = append(digests[p], &k.Incident)
			default:
				notices = append(notices, notice.Post(w.Deployment, &k.Incident, p.To, reason))
			}
		}
		for _, a := range k.Alerts {
			switch n, _ := notice.Page(w.Deployment, &k.Incident, w.Pager, reason); {
			case !wanted(a.Key, k.Alive()):
			case n.Key == a.Key:
				notices = append(notices, n)
			default:
				grouped[a.Key] = append(grouped[a.Key], &k.Incident)
			}
		}
	}
	for p, incidents := range digests {
		notices = append(notices, notice.Digest(w.Deployment, p.To, reason, p.Key, incidents))
	}
	for key, incidents := range grouped {
		n, _ := notice.GroupedAlert(w.Deployment, w.Pager, reason, key, incidents)
		notices = append(notices, n)
	}
	return notices
}

// badRows are the problems with rows that were set aside, one for each
// partition. They resolve once the copies are deleted.
func (l selfCheck) badRows(bad []ledger.Row[ledger.BadRow], copies string) []*scanResult {
	partitions := map[string][]ledger.Row[ledger.BadRow]{}
	for _, row := range bad {
		partitions[row.Value.Partition] = append(partitions[row.Value.Partition], row)
	}
	var readings []*scanResult
	for _, partition := range slices.Sorted(maps.Keys(partitions)) {
		rows := partitions[partition]
		var names []string
		for _, row := range rows[:min(len(rows), maxBadRowsNamed)] {
			names = append(names, fmt.Sprintf("%s (%s), kept as %s", row.Value.Row, row.Value.Why, row.Key))
		}
		if more := len(rows) - len(names); more > 0 {
			names = append(names, fmt.Sprintf("and %d more", more))
		}
		r := &scanResult{Result: scan.Result{Source: source.Source{Queue: "$ledger/" + partition, Name: partition}, Complete: true}}
		g := l.add(r, incident.BadRow, strconv.Itoa(len(rows)), fmt.Sprintf("Set aside and started empty: %s. What they said is not known any more, "+
			"and failures behind them are told again. See what wrote them; if that was a newer Busbell, deploy it again. "+
			"Then delete what was kept, in the partition %s of the table.", strings.Join(names, "; "), copies))
		g.Count = len(rows)
		readings = append(readings, r)
	}
	return readings
}

// maxBadRowsNamed is how many of them are named.
const maxBadRowsNamed = 3
