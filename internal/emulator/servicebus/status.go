package servicebus

import (
	"fmt"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// A Status says whether an entity takes messages and gives them. The empty one
// is Active.
type Status string

// Statuses of an entity.
const (
	Active          Status = "Active"
	Disabled        Status = "Disabled"
	SendDisabled    Status = "SendDisabled"
	ReceiveDisabled Status = "ReceiveDisabled"
)

func (s Status) String() string {
	if s == "" {
		return string(Active)
	}
	return string(s)
}

// parse reads a status as the administration API carries it.
func (s *Status) parse(text string) error {
	switch v := Status(text); v {
	case Active, Disabled, SendDisabled, ReceiveDisabled:
		*s = v
		return nil
	}
	return fmt.Errorf("%q is no status: known are %s, %s, %s and %s", text, Active, Disabled, SendDisabled, ReceiveDisabled)
}

func (s Status) sendDisabled() bool    { return s == Disabled || s == SendDisabled }
func (s Status) receiveDisabled() bool { return s == Disabled || s == ReceiveDisabled }

// closed says why a link on a node cannot stay: the entity was deleted, or
// takes no part in the link's direction any more.
func (n node) closed(receives bool) *amqp.Error {
	switch {
	case n.topic == nil && n.queue.gone, n.topic != nil && n.topic.scheduled.gone:
		return notFound(n.path())
	case receives && n.status().receiveDisabled(), !receives && n.status().sendDisabled():
		return disabled(n.path())
	}
	return nil
}

// closeLinks detaches all links of entities that were deleted or disabled.
func (s *Server) closeLinks() {
	for _, c := range s.connected() {
		c.mu.Lock()
		for _, ses := range c.sessions {
			ses.closeLinks()
		}
		c.mu.Unlock()
		c.wake()
	}
}

func (ses *session) closeLinks() {
	for _, in := range ses.intakes {
		if in.node.exists() && !in.asks {
			if err := ses.c.s.broker.closed(in.node, false); err != nil {
				ses.detachLink(&in.link, err)
			}
		}
	}
	for _, out := range ses.outlets {
		if !out.asks && out.waiting == nil { // one that waits asks for itself
			if err := ses.c.s.broker.closed(out.node, true); err != nil {
				out.end(err)
			}
		}
	}
}

func (b *broker) closed(n node, receives bool) *amqp.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return n.closed(receives)
}
