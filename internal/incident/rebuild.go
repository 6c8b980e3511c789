package incident

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// Lost reports whether the ledger has a row for the incident that could not be
// used.
func (k Stored) Lost() bool { return k.Generation == 0 && k.row.Version != "" }

// A lostSubject is what the notices of one subject say of it.
type lostSubject struct {
	version int64           // newer than that of any notice
	pages   []notify.Notice // pages and alerts that are open
}

// Rebuild gives each lost incident the generation of the last one that its
// notices mention, so that its next generation posts everything again. Pages of
// that generation, and digests that show nothing else, say that they are no
// longer updated; alerts are closed.
func (s Store) Rebuild(ctx context.Context, all map[string]Stored, sent []notify.Account, reason string, now time.Time, post func(context.Context, ...notify.Notice) error) error {
	shown := map[string]bool{} // keys of the pages and alerts of what is alive
	for _, k := range all {
		for _, p := range k.Pages {
			shown[p.Key] = shown[p.Key] || k.Alive()
		}
		for _, a := range k.Alerts {
			shown[a.Key] = shown[a.Key] || k.Alive()
		}
	}
	last := map[string]int{}
	var over []notify.Notice
	for subject, l := range subjectsOf(sent, now) {
		fingerprint, generation, ok := parseSubject(subject)
		switch {
		case ok && all[fingerprint].Lost():
			last[fingerprint] = max(last[fingerprint], generation)
		case !strings.HasPrefix(subject, digestPrefix) || shown[subject]:
			continue
		}
		for _, page := range l.pages {
			over = append(over, unfollowedPage(page, reason, l.version))
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
		k.Incident = Incident{Fingerprint: fingerprint, Generation: last[fingerprint], State: Resolved, ResolvedAt: now, Version: now.UnixMilli()}
		write := s.Save
		if k.Generation == 0 {
			write = func(ctx context.Context, k Stored) error { return s.table().Delete(ctx, k.row) }
		}
		if err := write(ctx, k); err != nil {
			errs = append(errs, fmt.Errorf("rebuild incident row %s: %w", fingerprint, err))
		}
	}
	return errors.Join(errs...)
}

// subjectsOf is what notices say, by subject.
func subjectsOf(sent []notify.Account, now time.Time) map[string]*lostSubject {
	all := map[string]*lostSubject{}
	for _, a := range sent {
		n := a.Notice
		if all[n.Subject] == nil {
			all[n.Subject] = &lostSubject{version: now.UnixMilli()}
		}
		l := all[n.Subject]
		l.version = max(l.version, n.Version+1)
		if n.Act == notify.Post && n.State != notify.Resolved {
			l.pages = append(l.pages, n)
		}
	}
	return all
}

// unfollowedPage ends a page whose incident was lost.
func unfollowedPage(page notify.Notice, reason string, version int64) notify.Notice {
	if page.Alias != "" {
		return Close(Target{Channel: page.Channel, To: page.To}, Alert{Key: page.Key, Alias: page.Alias}, reason)
	}
	n := page
	n.Act, n.Page, n.Key, n.Mention = notify.Update, page.Key, page.Key+"/lost", ""
	n.State, n.Reason, n.Version, n.Actions = notify.Resolved, reason, version, nil
	n.Headline = append(notify.Text{notify.Ours("No longer followed here: ")}, page.Headline...)
	return n
}
