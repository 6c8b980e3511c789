package errorqueue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// write puts into the ledger what the changes have to say, then the changes:
// in that order a crash repeats work and forgets nothing.
func (w *Watch) write(ctx context.Context, known map[string]incident.Kept, changes []*change) error {
	w.choosePages(changes)
	var notices []notify.Notice
	notices = append(notices, w.alerts(known, changes)...)
	notices = append(notices, w.digests(known, changes)...)
	for _, c := range changes {
		notices = append(notices, w.words(c)...)
	}
	if err := w.Delivery.Write(ctx, notices...); err != nil {
		return err
	}
	for _, c := range changes {
		err := w.Incidents.Save(ctx, c.Kept)
		switch {
		case errors.Is(err, ledger.ErrChanged), errors.Is(err, ledger.ErrExists):
			w.Log.Info("another pass was first", "incident", c.Fingerprint)
		case err != nil:
			return err
		}
	}
	return nil
}

// mostSingly is how many new incidents of one place get a message each.
const mostSingly = 5

// choosePages decides where each changed incident is shown: on a page of its
// own, or, when a place brings many new ones at once, together in a digest.
// One of a digest that has to be heard gets its own.
func (w *Watch) choosePages(changes []*change) {
	byPlace := map[string][]*incident.Incident{}
	for _, c := range changes {
		switch {
		case c.fresh():
			entity := c.place.Entity()
			byPlace[entity] = append(byPlace[entity], &c.Incident)
		case c.InDigest && c.because(Escalated):
			c.Page, c.InDigest = c.PageKey(w.Chat), false
		}
	}
	for _, fresh := range byPlace {
		if len(fresh) <= mostSingly {
			for _, i := range fresh {
				i.Page = i.PageKey(w.Chat)
			}
			continue
		}
		key := incident.DigestKey(w.Chat, fresh)
		for _, i := range fresh {
			i.Page, i.InDigest = key, true
		}
	}
}

// words are what one change says on its own page and in its thread. One that
// is shown in a digest says nothing alone: the digest is kept up to date.
func (w *Watch) words(c *change) []notify.Notice {
	if c.InDigest {
		return nil
	}
	reason := string(c.why[0])
	var notices []notify.Notice
	if c.fresh() || c.before.InDigest {
		notices = append(notices, c.Announce(w.Chat, w.Environment, reason))
	} else {
		notices = append(notices, c.Revise(w.Chat, w.Environment, reason))
	}
	if c.because(Growing) {
		line := fmt.Sprintf("Growing: %d messages now, %d when first told.", c.Count(), c.Announced)
		notices = append(notices, c.Remark(w.Chat, string(Growing), fmt.Sprintf("growing/%d", c.NextStep), notify.Text{notify.Ours(line)}))
	}
	if c.because(Escalated) && !c.fresh() {
		n := c.Remark(w.Chat, string(Escalated), "escalated/"+c.Priority, notify.Text{notify.Ours("Escalated to " + c.Priority + ".")})
		n.Loud, n.Mention = true, w.Chat.Mention
		notices = append(notices, n)
	}
	if c.because(Resolved) {
		notices = append(notices, c.Remark(w.Chat, string(Resolved), "resolved", c.resolution()))
	}
	return notices
}

// resolution says how it went.
func (c *change) resolution() notify.Text {
	lasted := c.ResolvedAt.Sub(c.FirstSeen).Round(time.Second)
	if c.Blind {
		return notify.Text{notify.Ours(c.Trouble.End(lasted))}
	}
	return notify.Text{notify.Ours(fmt.Sprintf("Resolved after %s: no message of it is left in any source.", lasted))}
}

// digests are the announcements and revisions of the digests that show any of
// the changed incidents, or did before.
func (w *Watch) digests(known map[string]incident.Kept, changes []*change) []notify.Notice {
	touched, announced := map[string]bool{}, map[string]bool{}
	for _, c := range changes {
		if c.InDigest {
			touched[c.Page] = true
			announced[c.Page] = announced[c.Page] || c.fresh()
		}
		if c.before.InDigest {
			touched[c.before.Page] = true
		}
	}
	if len(touched) == 0 {
		return nil
	}
	shown := map[string][]*incident.Incident{}
	for _, i := range latest(known, changes) {
		if i.InDigest && touched[i.Page] {
			shown[i.Page] = append(shown[i.Page], i)
		}
	}
	var notices []notify.Notice
	for key, incidents := range shown {
		n := incident.Digest(w.Chat, w.Environment, "many at once", key, incidents)
		if announced[key] {
			notices = append(notices, n)
			continue
		}
		notices = append(notices, incident.Revised(n))
		if n.State == notify.Resolved {
			notices = append(notices, incident.AllResolved(n))
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
