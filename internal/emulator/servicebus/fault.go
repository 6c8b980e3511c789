package servicebus

import (
	"cmp"
	"strings"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// Conditions for the Error of a fault that refuses.
const (
	ServerBusy     = string(serverBusy)
	Timeout        = string(timedOut)
	Unauthorized   = string(unauthorized)
	EntityDisabled = string(entityDisabled)
)

const unauthorized amqp.Symbol = "amqp:unauthorized-access"

// Methods of faults: what a client does. A request to an entity's management
// node is named by its operation without the prefix, such as "peek-message".
const (
	onFrame      = "frame"  // any frame
	onAttach     = "attach" // a link, also to a management node
	onSend       = "send"   // a message or a batch
	onSettle     = "settle" // a disposition of received messages
	onToken      = "put-token"
	onPeek       = "peek-message"
	onList       = "list"       // of queues, topics or subscriptions; the entity is "$Resources"
	onAdminister = "administer" // any other call of the administration API
)

// A call is what a client does to an entity.
type call struct{ method, entity string }

// meets reports whether a fault is meant for this call. A fault that names no
// method is meant for those that its kind can befall.
func (c call) meets(f control.Fault) bool {
	after := f.Kind == control.DropAfterAccept || f.Kind == control.DelayAfterAccept || f.Kind == control.LoseAnswer
	switch {
	case f.Entity != "" && fold(f.Entity) != fold(c.entity), after && c.method == onAttach:
		return false
	case f.Method != "":
		return f.Method == c.method
	}
	switch f.Kind {
	case control.ExpiredToken:
		return c.method == onToken
	case control.ShortPeek:
		return c.method == onPeek
	case control.ZeroCounts:
		return c.method == onList || c.method == onAdminister
	case control.Drop, control.ConnectionForced:
		if f.Entity == "" {
			return c.method == onFrame
		}
	}
	if after && c.method == onList {
		return false
	}
	return c.method != onFrame && c.method != onToken && c.method != onAdminister
}

// toldTo is the error of a fault that may name its condition.
func toldTo(f control.Fault, usual amqp.Symbol, entity string) *amqp.Error {
	return told(cmp.Or(amqp.Symbol(f.Error), usual), entity)
}

func told(condition amqp.Symbol, entity string) *amqp.Error {
	return amqp.Errorf(condition, "the emulator was told to answer this for %q", entity)
}

func expired(entity string) *amqp.Error {
	return amqp.Errorf(unauthorized, "ExpiredToken: the emulator was told that the token for %q has expired", entity)
}

// atOnce is what a fault does to the connections and links there are: nothing
// if it waits for a certain call.
func (s *Server) atOnce(f control.Fault) func() {
	if f.Method != "" || f.Skip > 0 {
		return nil
	}
	switch f.Kind {
	case control.Drop:
		return func() { s.each(f.Entity, func(c *connection) { c.cut(f) }) }
	case control.ConnectionForced:
		return func() { s.each(f.Entity, func(c *connection) { c.force(toldTo(f, amqp.ConnectionForced, f.Entity)) }) }
	case control.DetachForced:
		return func() { s.detach(f.Entity, toldTo(f, amqp.DetachForced, f.Entity)) }
	case control.ExpiredToken:
		return func() { s.detach(f.Entity, expired(f.Entity)) }
	}
	return nil
}

// each calls do with every connection that has a link to an entity, locked.
// The entity "" means all connections.
func (s *Server) each(entity string, do func(*connection)) {
	for _, c := range s.connected() {
		c.mu.Lock()
		if entity == "" || len(c.links(entity)) > 0 {
			do(c)
		}
		c.mu.Unlock()
		c.wake()
	}
}

// detach ends all links to an entity; its management links stay. The entity
// "" means all.
func (s *Server) detach(entity string, err *amqp.Error) {
	s.each(entity, func(c *connection) {
		for _, end := range c.links(entity) {
			end(err)
		}
	})
}

// links are the ends of all links to an entity that are no management links.
// The entity "" means all.
func (c *connection) links(entity string) []func(*amqp.Error) {
	var ends []func(*amqp.Error)
	meant := func(l *link) bool {
		return !l.detached && (entity == "" || fold(l.address) == fold(entity))
	}
	for _, ses := range c.sessions {
		for _, in := range ses.intakes {
			if !in.asks && meant(&in.link) {
				ends = append(ends, func(err *amqp.Error) { ses.detachLink(&in.link, err) })
			}
		}
		for _, out := range ses.outlets {
			if !out.asks && meant(&out.link) {
				ends = append(ends, out.end)
			}
		}
	}
	return ends
}

// Disable makes an entity refuse senders and receivers, those attached
// included, or takes that back. Peeking goes on. It reports whether there is
// such an entity.
func (s *Server) Disable(entity string, disabled bool) bool {
	status := Active
	if disabled {
		status = Disabled
	}
	s.broker.mu.Lock()
	n := s.broker.find(entity)
	switch {
	case n.topic != nil:
		n.topic.Status = status
	case n.queue != nil:
		n.queue.owner().Status = status
	}
	s.broker.mu.Unlock()
	s.closeLinks()
	return n.exists()
}

// operation is the name of a management operation as faults know it.
func operation(name string) string { return strings.TrimPrefix(name, "com.microsoft:") }
