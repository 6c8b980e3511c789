package errorqueue

import (
	"slices"
	"strconv"
	"strings"

	"github.com/busbell/busbell/internal/incident"
)

// mostSingly is how many new incidents of one place get a message each, and
// mostAtOnce how many those of all places do: when what all services need is
// down, each of many places brings a few.
const mostSingly, mostAtOnce = 5, 20

// oneCause begins the place of all sources that have a trouble for one cause:
// when Service Bus is out of reach that is said once.
const oneCause = "one cause: "

// A spot is where incidents that begin to be told come together: a place and
// whom to tell.
type spot struct {
	entity string
	to     incident.Target
}

// choosePages decides where each changed incident is shown: on a page of its
// own, or, when a place brings many new ones at once, together in a digest. A
// first pass over a backlog makes one digest of all places. One of a digest
// that has to be heard gets its own page, and many of them another digest.
func (w *Watch) choosePages(changes []*change, pass int64) {
	fresh, leaving := map[spot][]*change{}, map[incident.Target][]*change{}
	for _, c := range changes {
		switch {
		case c.Silence.Why != "":
		case c.told() && len(c.Pages) == 0:
			entity := c.seen.place.Entity()
			switch {
			case c.Trouble.Together():
				entity = oneCause + string(c.Trouble) + c.Failure.ExceptionMessage
			case pass == 0:
				entity = ""
			}
			for _, to := range w.targets(c) {
				fresh[spot{entity, to}] = append(fresh[spot{entity, to}], c)
			}
		case c.because(Unignored, Escalated, SnoozeOver, Expiring):
			for _, page := range c.Pages {
				if page.Shared {
					leaving[page.To] = append(leaving[page.To], c)
				}
			}
		}
	}
	for at, list := range together(fresh) {
		for _, c := range list {
			c.show(w.page(c, at, list, pass))
		}
	}
	for to, list := range leaving {
		for _, c := range list {
			c.leave(to, w.page(c, spot{"heard again", to}, list, pass))
		}
	}
}

// together brings to one spot what would be too many messages at one target.
func together(fresh map[spot][]*change) map[spot][]*change {
	singly := map[incident.Target]int{}
	for at, list := range fresh {
		if len(list) <= mostSingly {
			singly[at.to] += len(list)
		}
	}
	all := map[spot][]*change{}
	for at, list := range fresh {
		if len(list) <= mostSingly && singly[at.to] > mostAtOnce {
			at.entity = "many places"
		}
		all[at] = append(all[at], list...)
	}
	return all
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

// leave takes the incident out of the digest at a target.
func (c *change) leave(to incident.Target, p incident.Page) {
	c.Pages = slices.DeleteFunc(slices.Clone(c.Pages), func(p incident.Page) bool { return p.Shared && p.To == to })
	c.show(p)
}

func (c *change) show(p incident.Page) {
	c.Pages = append(slices.Clone(c.Pages), p)
	if c.opened == nil {
		c.opened = map[string]bool{}
	}
	c.opened[p.Key] = true
}

// page is where an incident is shown that comes to a spot with those of list.
// A digest is named after the pass, so that two instances that make one pass
// make one digest.
func (w *Watch) page(c *change, at spot, list []*change, pass int64) incident.Page {
	if len(list) == 1 || len(list) <= mostSingly && !strings.HasPrefix(at.entity, oneCause) {
		return incident.Page{To: at.to, Key: c.PageKey(at.to)}
	}
	key := incident.DigestKey(at.to, w.Voice.Environment, at.entity, strconv.FormatInt(pass, 10))
	return incident.Page{To: at.to, Shared: true, Key: key}
}
