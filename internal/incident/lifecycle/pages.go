package lifecycle

import (
	"slices"
	"strconv"
	"strings"

	"github.com/busbell/busbell/internal/incident"
)

// maxSingle is how many new incidents of one source get a message each. maxAtOnce
// is the limit for all sources together: a common outage causes a few incidents
// in each of many sources.
const maxSingle, maxAtOnce = 5, 20

// oneCause is the prefix of a group of sources with one cause: if Service Bus
// cannot be reached, that is posted once.
const oneCause = "one cause: "

// A destination is where new incidents are posted together: their source or
// cause, and a target.
type destination struct {
	group string
	to    incident.Target
}

// choosePages decides where each changed incident is shown: on a page of its own
// or, if a source has many new incidents at once, in a digest. The first pass over
// a backlog creates one digest of all sources. If an incident in a digest must be
// broadcast, it gets its own page; many such incidents get another digest.
func (t *Tracker) choosePages(changes []*change, pass int64) {
	posted, leaving := map[destination][]*change{}, map[incident.Target][]*change{}
	for _, c := range changes {
		switch {
		case c.Silence.Why != "":
		case c.why.Post() && len(c.Pages) == 0:
			group := c.observed.Origin
			switch {
			case c.Kind.Merges():
				group = oneCause + string(c.Kind) + c.Cause.Text
			case pass == 0:
				group = ""
			}
			for _, to := range c.observed.Targets() {
				posted[destination{group, to}] = append(posted[destination{group, to}], c)
			}
		case c.why.LeaveDigest():
			for _, page := range c.Pages {
				if page.Shared {
					leaving[page.To] = append(leaving[page.To], c)
				}
			}
		}
	}
	for d, list := range merge(posted) {
		for _, c := range list {
			c.addPage(t.page(c, d, list, pass))
		}
	}
	for to, list := range leaving {
		for _, c := range list {
			c.leaveDigest(to, t.page(c, destination{"heard again", to}, list, pass))
		}
	}
}

// merge combines destinations at one target that would post too many messages.
func merge(posted map[destination][]*change) map[destination][]*change {
	single := map[incident.Target]int{}
	for d, list := range posted {
		if len(list) <= maxSingle {
			single[d.to] += len(list)
		}
	}
	all := map[destination][]*change{}
	for d, list := range posted {
		if len(list) <= maxSingle && single[d.to] > maxAtOnce {
			d.group = "many places"
		}
		all[d] = append(all[d], list...)
	}
	return all
}

// leaveDigest moves the incident from the digest at a target to a page.
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

// page returns the page of an incident that shares its destination with list. A
// digest is named after the pass: two instances that run the same pass post one
// digest.
func (t *Tracker) page(c *change, d destination, list []*change, pass int64) incident.Page {
	if len(list) == 1 || len(list) <= maxSingle && !strings.HasPrefix(d.group, oneCause) {
		return incident.Page{To: d.to, Key: c.PageKey(d.to)}
	}
	key := incident.DigestKey(d.to, t.Deployment.Environment, d.group, strconv.FormatInt(pass, 10))
	return incident.Page{To: d.to, Shared: true, Key: key}
}
