package repair

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/incident/notice"
	"github.com/busbell/busbell/internal/incident/reason"
	"github.com/busbell/busbell/internal/notify"
)

// An openPage is a page or an alert that is unresolved according to its notices.
type openPage struct {
	Notice  notify.Notice // that posted it
	Version int64         // of its newest update, sent or not
}

// openPages are those of incidents and digests that notices mention.
func openPages(sent []notify.Record) []openPage {
	posted, newest, closed := map[string]notify.Notice{}, map[string]notify.Notice{}, map[string]bool{}
	for _, a := range sent {
		n := a.Notice
		key := cmp.Or(n.Page, n.Key)
		switch {
		case !about(n.Subject):
			continue
		case n.Act == notify.Close:
			closed[key] = true
		case n.Act == notify.Post:
			posted[key] = n
		case n.Act != notify.Update:
			continue
		}
		if was, known := newest[key]; !known || n.Version > was.Version {
			newest[key] = n
		}
	}
	var open []openPage
	for _, key := range slices.Sorted(maps.Keys(posted)) {
		if newest[key].State != notify.Resolved && !closed[key] {
			open = append(open, openPage{posted[key], newest[key].Version})
		}
	}
	return open
}

// about reports whether a subject is an incident or a digest.
func about(subject string) bool {
	_, _, ok := incident.ParseSubject(subject)
	return ok || incident.IsDigest(subject)
}

// rebuild gives each lost incident the last generation in its notices. The next
// generation then posts everything again. Pages of the last generation, and
// digests without other incidents, show that they are no longer updated; alerts
// are closed.
func rebuild(ctx context.Context, s incident.Store, all map[string]incident.Stored, sent []notify.Record, now time.Time, post func(context.Context, ...notify.Notice) error) error {
	last := map[string]int{}
	for _, a := range sent {
		if fingerprint, generation, ok := incident.ParseSubject(a.Notice.Subject); ok {
			last[fingerprint] = max(last[fingerprint], generation)
		}
	}
	var over []notify.Notice
	for _, page := range openPages(sent) {
		fingerprint, _, ok := incident.ParseSubject(page.Notice.Subject)
		if ok && all[fingerprint].Lost() || !ok && !shownBy(all, page.Notice.Key) {
			over = append(over, page.unfollowed(now))
		}
	}
	if err := post(ctx, over...); err != nil {
		return err
	}
	var errs []error
	for fingerprint, k := range all {
		if !k.Lost() {
			continue
		}
		k.Incident = incident.Incident{Fingerprint: fingerprint, Generation: last[fingerprint], State: incident.Resolved, ResolvedAt: now, Version: now.UnixMilli()}
		write := s.Save
		if k.Generation == 0 {
			write = s.Delete
		}
		if err := write(ctx, k); err != nil {
			errs = append(errs, fmt.Errorf("rebuild incident row %s: %w", fingerprint, err))
		}
	}
	return errors.Join(errs...)
}

// shownBy reports whether a page belongs to a living incident.
func shownBy(all map[string]incident.Stored, key string) bool {
	for _, k := range all {
		if k.Alive() && k.Shows(key) {
			return true
		}
	}
	return false
}

// unfollowed resolves a page or closes an alert without an incident.
func (p openPage) unfollowed(now time.Time) notify.Notice {
	n := p.Notice
	if n.Alias != "" {
		return notice.Close(incident.Target{Channel: n.Channel, To: n.To}, incident.Alert{Key: n.Key, Alias: n.Alias}, reason.Lost)
	}
	n.Act, n.Page, n.Key, n.Mention = notify.Update, n.Key, n.Key+"/lost", ""
	n.State, n.Reason, n.Version, n.Actions = notify.Resolved, string(reason.Lost), max(p.Version+1, now.UnixMilli()), nil
	n.Headline = append(notify.Text{notify.Ours("No longer followed here: ")}, n.Headline...)
	return n
}
