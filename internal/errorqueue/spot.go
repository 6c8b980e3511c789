package errorqueue

import (
	"slices"
	"strconv"

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
func (w *Watch) choosePages(changes []*change, pass int64) {
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
		w.place(at, list, pass)
	}
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

// place gives pages to incidents that begin to be told at one spot. A digest
// is named after the pass, so that two instances that make one pass make one
// digest.
func (w *Watch) place(at spot, fresh []*change, pass int64) {
	digest := incident.Page{To: at.to, Shared: true, Key: incident.DigestKey(at.to, w.Voice.Environment, at.entity, strconv.FormatInt(pass, 10))}
	for _, c := range fresh {
		if len(fresh) > mostSingly {
			c.show(digest)
		} else {
			c.show(incident.Page{To: at.to, Key: c.PageKey(at.to)})
		}
	}
}
