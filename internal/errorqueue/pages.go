package errorqueue

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/incident"
)

// mostSingly is how many new incidents of one place get a message each.
const mostSingly = 5

// A spot is where incidents that begin to be told come together: a place and
// whom to tell.
type spot struct {
	entity string
	to     incident.Target
}

// choosePages decides where each changed incident is shown: on a page of its
// own, or, when a place brings many new ones at once, together in a digest. A
// first pass over a backlog makes one digest of all places. One of a digest
// that has to be heard gets its own page.
func (w *Watch) choosePages(ctx context.Context, changes []*change, pass int64) error {
	fresh := map[spot][]*change{}
	for _, c := range changes {
		switch {
		case c.told():
			entity := c.seen.place.Entity()
			if pass == 0 {
				entity = ""
			}
			for _, to := range w.targets(c) {
				fresh[spot{entity, to}] = append(fresh[spot{entity, to}], c)
			}
		case c.Silence.Why == "" && c.because(Escalated, SnoozeOver, Expiring):
			c.leaveDigests()
		}
	}
	for at, list := range fresh {
		if err := w.place(ctx, at, list, pass); err != nil {
			return err
		}
	}
	return nil
}

// targets are where an incident begins to be told. What is our own trouble
// goes where everything usually goes.
func (w *Watch) targets(c *change) []incident.Target {
	if c.Blind {
		return []incident.Target{w.Chat}
	}
	f := c.Failure
	if c.seen.newest != nil {
		f = c.seen.newest.failure
	}
	return w.Rules.targets(c.seen.vars(f, c.Generation, w.now()), w.Chat)
}

// leaveDigests gives the incident a page of its own wherever it is shown in a
// digest.
func (c *change) leaveDigests() {
	c.Pages = slices.Clone(c.Pages)
	for n, p := range c.Pages {
		if p.Shared {
			c.Pages[n] = incident.Page{To: p.To, Key: c.PageKey(p.To)}
			c.open(c.Pages[n])
		}
	}
}

func (c *change) open(p incident.Page) {
	if c.opened == nil {
		c.opened = map[string]bool{}
	}
	c.opened[p.Key] = true
}

func (c *change) show(p incident.Page) {
	c.Pages = append(slices.Clone(c.Pages), p)
	c.open(p)
}

// place gives pages to incidents that begin to be told at one spot. The
// occasion of a digest is the pass: when this decision repeats that of a pass
// which a crash ended, what that one has written is what is gone on with.
func (w *Watch) place(ctx context.Context, at spot, fresh []*change, pass int64) error {
	slices.SortFunc(fresh, func(a, b *change) int { return cmp.Compare(a.Fingerprint, b.Fingerprint) })
	digest := incident.Page{To: at.to, Shared: true, Key: incident.DigestKey(at.to, w.Voice.Environment, at.entity, strconv.FormatInt(pass, 10))}
	together := len(fresh) > mostSingly
	if !together {
		var err error
		if together, err = w.Delivery.Written(ctx, digest.Key); err != nil {
			return err
		}
	}
	own := make([]bool, len(fresh))
	if together {
		var asked errgroup.Group
		asked.SetLimit(8)
		for n, c := range fresh {
			asked.Go(func() (err error) {
				own[n], err = w.Delivery.Written(ctx, c.PageKey(at.to))
				return err
			})
		}
		if err := asked.Wait(); err != nil {
			return err
		}
	}
	for n, c := range fresh {
		if !together || own[n] {
			c.show(incident.Page{To: at.to, Key: c.PageKey(at.to)})
		} else {
			c.show(digest)
		}
	}
	return nil
}
