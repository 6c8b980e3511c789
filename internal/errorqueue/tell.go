package errorqueue

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// write puts into the ledger what the changes have to say, then the changes:
// in that order a crash repeats work and forgets nothing. It returns those
// that somebody else has changed meanwhile.
func (w *Watch) write(ctx context.Context, known map[string]incident.Kept, changes []*change, pass int64) (overtaken map[string]bool, err error) {
	if err := w.choosePages(ctx, changes, pass); err != nil {
		return nil, err
	}
	notices, err := w.alerts(ctx, known, changes, pass)
	if err != nil {
		return nil, err
	}
	notices = append(notices, w.digests(known, changes)...)
	notices = append(notices, w.reminders(changes, pass)...)
	for _, c := range changes {
		notices = append(notices, w.words(c)...)
	}
	if err := w.Delivery.Write(ctx, notices...); err != nil {
		return nil, err
	}
	overtaken = map[string]bool{}
	for _, c := range changes {
		err := w.Incidents.Save(ctx, c.Kept)
		switch {
		case errors.Is(err, ledger.ErrChanged), errors.Is(err, ledger.ErrExists):
			w.Log.Info("somebody else was first", "incident", c.Fingerprint)
			overtaken[c.Fingerprint] = true
		case err != nil:
			return nil, err
		}
	}
	return overtaken, nil
}

// words are what one change says on its own pages and in their threads. What
// is shown in a digest says nothing alone: the digest is kept up to date.
func (w *Watch) words(c *change) []notify.Notice {
	if c.Silence.Why != "" && !c.because(Ignored) {
		return nil
	}
	reason := string(c.why[0])
	var notices []notify.Notice
	for _, p := range c.Pages {
		switch {
		case p.Shared:
		case c.opened[p.Key]:
			to := p.To
			if !c.calls() {
				to.Mention = ""
			}
			notices = append(notices, c.Announce(w.Voice, to, reason))
			notices = append(notices, w.details(c, p)...)
		default:
			notices = append(notices, c.Revise(w.Voice, p, reason))
			notices = append(notices, c.remarks(p)...)
		}
	}
	return notices
}

// digests are the announcements and revisions of the digests that show any of
// the changed incidents, or did before.
func (w *Watch) digests(known map[string]incident.Kept, changes []*change) []notify.Notice {
	touched, opened, reminders := map[string]incident.Page{}, map[string]bool{}, map[string]int{}
	for _, c := range changes {
		for _, p := range slices.Concat(c.before.Pages, c.Pages) {
			if !p.Shared {
				continue
			}
			touched[p.Key] = p
			opened[p.Key] = opened[p.Key] || c.opened[p.Key]
			if c.because(Reminder) {
				reminders[p.Key] = max(reminders[p.Key], c.Reminders)
			}
		}
	}
	shown := map[string][]*incident.Incident{}
	for _, i := range latest(known, changes) {
		for _, p := range i.Pages {
			if _, ok := touched[p.Key]; ok && p.Shared {
				shown[p.Key] = append(shown[p.Key], i)
			}
		}
	}
	var notices []notify.Notice
	for key, p := range touched {
		n := incident.Digest(w.Voice, p.To, "many at once", key, shown[key])
		n.Version = max(n.Version, w.now().UnixMilli()) // also where one has left it
		if opened[key] {                                // a pass that a crash ended may have announced fewer
			notices = append(notices, n)
		}
		notices = append(notices, incident.Revised(n))
		if n.State == notify.Resolved {
			notices = append(notices, resolvedAside(n))
		} else if at := reminders[key]; at > 0 {
			notices = append(notices, reminderAside(n, at))
		}
	}
	return notices
}

// latest are all incidents as they are after this pass.
func latest(known map[string]incident.Kept, changes []*change) map[string]*incident.Incident {
	all := make(map[string]*incident.Incident, len(known)+len(changes))
	for fingerprint, k := range known {
		all[fingerprint] = &k.Incident
	}
	for _, c := range changes {
		all[c.Fingerprint] = &c.Incident
	}
	return all
}

// byUrgency puts the most urgent first: by priority, then by size.
func byUrgency(a, b *change) int {
	return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(b.Count(), a.Count()), cmp.Compare(a.Fingerprint, b.Fingerprint))
}

func sorted(changes []*change) []*change { return slices.SortedFunc(slices.Values(changes), byUrgency) }
