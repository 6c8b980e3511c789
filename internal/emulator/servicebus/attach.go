package servicebus

import (
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// A link is what both directions have in common.
type link struct {
	ses      *session
	handle   uint32
	name     string
	address  string // of the node, as the client wrote it
	node     node   // the zero node for $cbs
	entity   node   // what the link's work counts for in transactions
	detached bool   // by us; the client has not answered yet
}

const (
	cbsAddress   = "$cbs"
	management   = "/$management"
	intakeCredit = 1000 // messages a sender may send before we answer
	asksCredit   = 20   // requests likewise: their answers can be large
)

// attach makes a link, or refuses it: the link is attached without a terminus
// and detached at once with the reason.
func (ses *session) attach(p amqp.Attach) *amqp.Error {
	switch {
	case p.Handle > handleMax:
		return amqp.Errorf(amqp.NotAllowed, "handle %d is over the maximum of %d", p.Handle, handleMax)
	case ses.intakes[p.Handle] != nil || ses.outlets[p.Handle] != nil:
		return amqp.Errorf(amqp.HandleInUse, "handle %d", p.Handle)
	}
	reply := amqp.Attach{
		Name: p.Name, Handle: p.Handle, Receiver: !p.Receiver, SndSettle: p.SndSettle, RcvSettle: p.RcvSettle,
		Source: p.Source, Target: p.Target,
	}
	l := link{ses: ses, handle: p.Handle, name: p.Name}
	var err *amqp.Error
	if p.Receiver {
		err = ses.attachOutlet(l, p, &reply)
	} else {
		err = ses.attachIntake(l, p, &reply)
	}
	if err == nil {
		return nil
	}
	refused := &intake{link: l} // of no direction: it only awaits the client's detach
	ses.intakes[p.Handle] = refused
	reply.Source, reply.Target = nil, nil
	if p.Receiver {
		reply.InitialDeliveryCount = new(uint32(0))
	}
	ses.put(reply)
	ses.detachLink(&refused.link, err)
	return nil
}

// goTo gives the link its other end.
func (l *link) goTo(address string, n node) {
	l.address, l.node = address, n
	if n.exists() {
		l.entity = l.ses.entityOf(n)
	}
}

// terminus takes address and filter out of a source or target.
func terminus(v any) (address string, filter amqp.Map) {
	d, _ := v.(amqp.Described)
	l, _ := d.Value.(amqp.List)
	if len(l) > 0 {
		address, _ = l[0].(string)
	}
	if len(l) > 7 {
		filter, _ = l[7].(amqp.Map)
	}
	return address, filter
}

// resolve finds what a link is attached to; asks tells a management or $cbs
// link.
func (ses *session) resolve(address string, receives bool) (n node, asks bool, err *amqp.Error) {
	s := ses.c.s
	if strings.EqualFold(strings.Trim(address, "/"), cbsAddress) {
		return node{}, true, nil
	}
	entity := address
	if i := len(address) - len(management); i >= 0 && strings.EqualFold(address[i:], management) {
		entity, asks = address[:i], true
	}
	if err := ses.c.meet(onAttach, entity).before(); err != nil {
		return node{}, asks, err
	}
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	n = s.broker.find(entity)
	if !n.exists() && s.cfg.CreateOnUse {
		n = s.broker.createOnUse(entity)
	}
	if !n.exists() {
		return n, asks, notFound(entity)
	}
	if !asks {
		if err := n.closed(receives); err != nil {
			return n, asks, err
		}
	}
	return n, asks, nil
}

func (ses *session) attachIntake(l link, p amqp.Attach, reply *amqp.Attach) *amqp.Error {
	if amqp.IsCoordinator(p.Target) {
		return ses.attachCoordinator(l, p, reply)
	}
	address, _ := terminus(p.Target)
	n, asks, err := ses.resolve(address, false)
	if err == nil && !asks {
		err = n.maySend()
	}
	if err != nil {
		return err
	}
	l.goTo(address, n)
	in := &intake{link: l, asks: asks, most: intakeCredit}
	if asks {
		in.most = asksCredit
	}
	if p.InitialDeliveryCount != nil { // some clients leave it out, though it is mandatory
		in.count = *p.InitialDeliveryCount
	}
	ses.intakes[l.handle] = in
	reply.MaxMessageSize = uint64(ses.c.s.cfg.MaxMessageSize) // without it clients take it for zero
	reply.Properties = amqp.Map{{Key: amqp.Symbol("com.microsoft:max-message-batch-size"), Value: reply.MaxMessageSize}}
	ses.put(*reply)
	in.grant(in.most)
	return nil
}

// maySend says why nothing can be sent to a node.
func (n node) maySend() *amqp.Error {
	switch {
	case n.topic != nil:
		return nil
	case n.queue.parent != nil:
		return amqp.Errorf(amqp.NotAllowed, "nothing can be sent to the dead-letter queue %s", n.path())
	case n.queue.parentTopic != nil:
		return amqp.Errorf(amqp.NotAllowed, "nothing can be sent to the subscription %s, only to its topic", n.path())
	}
	return nil
}

func (ses *session) attachOutlet(l link, p amqp.Attach, reply *amqp.Attach) *amqp.Error {
	address, filter := terminus(p.Source)
	n, asks, err := ses.resolve(address, true)
	if err != nil {
		return err
	}
	l.goTo(address, n)
	out := &outlet{link: l, asks: asks}
	out.replyTo, _ = terminus(p.Target)
	if !asks {
		wish := wishedSession(filter)
		if err := n.mayReceive(wish.any); err != nil {
			return err
		}
		out.forGood = p.SndSettle != nil && *p.SndSettle == 1
		return ses.attachReceiver(out, wish, p, reply)
	}
	ses.outlets[l.handle] = out
	reply.InitialDeliveryCount = new(uint32(0))
	ses.put(*reply)
	return nil
}

// attachReceiver attaches a link to a queue: at once, or when a session is
// free for it.
func (ses *session) attachReceiver(out *outlet, wish sessionWish, p amqp.Attach, reply *amqp.Attach) *amqp.Error {
	reply.InitialDeliveryCount = new(uint32(0))
	if wish.id != nil {
		h, err := ses.c.s.broker.accept(out.node.queue, wish.id, ses.c)
		if err != nil {
			return err
		}
		out.hold = h
		*reply = accepted(*reply, wish.at, h)
	}
	ses.outlets[out.handle] = out
	out.listen()
	if wish.any && wish.id == nil {
		out.await(wish, p, *reply)
		return nil
	}
	ses.put(*reply)
	return nil
}

// mayReceive says why nothing can be received from a node in this way.
func (n node) mayReceive(inSession bool) *amqp.Error {
	switch {
	case n.topic != nil:
		return amqp.Errorf(amqp.NotAllowed, "nothing can be received from the topic %s, only from its subscriptions", n.path())
	case n.queue.ForwardTo != "":
		return amqp.Errorf(amqp.NotAllowed, "Can not create a message receiver on an entity with auto-forwarding enabled: %s forwards to %s.",
			n.path(), n.queue.ForwardTo)
	case inSession && n.queue.parent != nil:
		return amqp.Errorf(amqp.NotAllowed, "Cannot create a MessageSession for a sub-queue.")
	case n.queue.RequiresSession && !inSession:
		return amqp.Errorf(amqp.NotAllowed,
			"It is not possible for an entity that requires sessions to create a non-sessionful message receiver.")
	case inSession && !n.queue.RequiresSession:
		return amqp.Errorf(amqp.NotAllowed, "A sessionful message receiver cannot be created on an entity that does not require sessions. "+
			"Ensure RequiresSession is set to true when creating a Queue or Subscription to enable sessionful behavior.")
	}
	return nil
}
