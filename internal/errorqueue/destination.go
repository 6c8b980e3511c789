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
const maxSingle, maxAtOnce = 5, 20

// oneCause begins the place of all sources that have a trouble for one cause:
// when Service Bus is out of reach that is said once.
const oneCause = "one cause: "

// A spot is where incidents that begin to be told come together: a place and
// whom to tell.
type destination struct {
	group string
	to    incident.Target
}

// choosePages decides where each changed incident is shown: on a page of its
// own, or, when a place brings many new ones at once, together in a digest. A
// first pass over a backlog makes one digest of all places. One of a digest
// that has to be heard gets its own page, and many of them another digest.
func (w *Watch) choosePages(changes []*change, pass int64) {
	fresh, leaving := map[destination][]*change{}, map[incident.Target][]*change{}
	for _, c := range changes {
		switch {
		case c.Silence.Why != "":
		case c.startsTelling() && len(c.Pages) == 0:
			entity := c.observed.source.Entity()
			switch {
			case c.Kind.Merges():
				entity = oneCause + string(c.Kind) + c.Failure.ExceptionMessage
			case pass == 0:
				entity = ""
			}
			for _, to := range w.targets(c) {
				fresh[destination{entity, to}] = append(fresh[destination{entity, to}], c)
			}
		case c.because(Unignored, Escalated, SnoozeOver, Expiring):
			for _, page := range c.Pages {
				if page.Shared {
					leaving[page.To] = append(leaving[page.To], c)
				}
			}
		}
	}
	for at, list := range merge(fresh) {
		for _, c := range list {
			c.addPage(w.page(c, at, list, pass))
		}
	}
	for to, list := range leaving {
		for _, c := range list {
			c.leaveDigest(to, w.page(c, destination{"heard again", to}, list, pass))
		}
	}
}

// together brings to one spot what would be too many messages at one target.
func merge(fresh map[destination][]*change) map[destination][]*change {
	singly := map[incident.Target]int{}
	for at, list := range fresh {
		if len(list) <= maxSingle {
			singly[at.to] += len(list)
		}
	}
	all := map[destination][]*change{}
	for at, list := range fresh {
		if len(list) <= maxSingle && singly[at.to] > maxAtOnce {
			at.group = "many places"
		}
		all[at] = append(all[at], list...)
	}
	return all
}

// targets are where an incident begins to be told. What is our own trouble
// goes where everything usually goes.
func (w *Watch) targets(c *change) []incident.Target {
	if c.Ours {
		return []incident.Target{w.Chat}
	}
	f := c.Failure
	if c.observed.newest != nil {
		f = c.observed.newest.failure
	}
	return w.Rules.targets(c.observed.vars(f, c.Generation, w.now()), w.Chat)
}

// leave takes the incident out of the digest at a target.
func (c *change) leaveDigest(to incident.Target, p incident.Page) {
	c.Pages = slices.DeleteFunc(slices.Clone(c.Pages), func(p incident.Page) bool { return p.Shared && p.To == to })
	c.addPage(p)
}

func (c *change) addPage(p incident.Page) {
	c.Pages = append(slices.Clone(c.Pages), p)
	if c.opened == nil {
		c.opened = map[string]bool{}
	}
	c.opened[p.Key] = true
}

// page is where an incident is shown that comes to a spot with those of list.
// A digest is named after the pass, so that two instances that make one pass
// make one digest.
func (w *Watch) page(c *change, at destination, list []*change, pass int64) incident.Page {
	if len(list) == 1 || len(list) <= maxSingle && !strings.HasPrefix(at.group, oneCause) {
		return incident.Page{To: at.to, Key: c.PageKey(at.to)}
	}
	key := incident.DigestKey(at.to, w.Deployment.Environment, at.group, strconv.FormatInt(pass, 10))
	return incident.Page{To: at.to, Shared: true, Key: key}
}
