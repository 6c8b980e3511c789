package servicebus

import (
	"errors"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// An intake is a link on which the client sends: messages for a node, or
// requests.
type intake struct {
	link
	asks        bool
	coordinates bool   // transactions
	most        uint32 // credit when it is full
	credit      uint32
	count       uint32 // deliveries so far

	begun   bool // a delivery of several frames is under way
	first   amqp.Transfer
	partial []byte
}

// grant tells the client how much it may send.
func (in *intake) grant(credit uint32) {
	in.credit = credit
	f := in.ses.state()
	f.Handle, f.DeliveryCount, f.LinkCredit = new(in.handle), new(in.count), new(credit)
	in.ses.put(f)
}

// replenish grants credit when half of it is used. Who asks gets none while
// answers wait.
func (in *intake) replenish() {
	if in.credit > in.most/2 || in.asks && (len(in.ses.pending.frames) > 0 || len(in.ses.c.out) > outputBound) {
		return
	}
	if in.asks {
		for _, out := range in.ses.outlets {
			if len(out.replies) > 0 {
				return
			}
		}
	}
	in.grant(in.most)
}

// transfer takes one frame of a delivery.
func (in *intake) transfer(t amqp.Transfer, payload []byte) {
	if !in.begun {
		if in.credit == 0 {
			in.ses.detachLink(&in.link, amqp.Errorf(amqp.TransferLimitExceeded, "transfer without credit"))
			return
		}
		if t.DeliveryID == nil {
			in.ses.detachLink(&in.link, amqp.Errorf(amqp.InvalidField, "transfer without delivery-id"))
			return
		}
		in.credit--
		in.count++
		in.first, in.begun = t, true
	}
	in.first.Settled = in.first.Settled || t.Settled
	if len(in.partial)+len(payload) > in.ses.c.s.cfg.MaxMessageSize+maxProperties {
		in.partial, in.begun = nil, false
		in.ses.detachLink(&in.link, amqp.Errorf(amqp.MessageSizeExceeded,
			"the message exceeds the limit of %d bytes", in.ses.c.s.cfg.MaxMessageSize))
		return
	}
	whole := payload
	if t.More || len(in.partial) > 0 {
		in.partial = append(in.partial, payload...)
		whole = in.partial
	}
	if t.More && !t.Aborted {
		return
	}
	in.partial, in.begun = nil, false
	if t.Aborted {
		return
	}
	in.arrive(whole)
	if !in.detached {
		in.replenish()
	}
}

// take handles a whole delivery and answers it.
func (in *intake) take(encoded []byte) {
	state, err := in.process(encoded)
	if in.first.Settled || in.detached {
		return
	}
	if err != nil {
		state = amqp.RejectedState(asAMQP(err))
	}
	in.ses.put(amqp.Disposition{Receiver: true, First: *in.first.DeliveryID, Settled: true, State: state})
}

// process does what a delivery is for and returns its state.
func (in *intake) process(encoded []byte) (state any, err error) {
	if in.coordinates {
		return in.coordinate(encoded)
	}
	within, _, err := in.ses.c.within(in.first.State, in.entity)
	if err != nil {
		return nil, err
	}
	if in.asks {
		err = in.ask(within, encoded)
	} else {
		err = in.store(within, encoded)
	}
	if id, _, ok := amqp.ParseTransactional(in.first.State); ok {
		return amqp.TransactionalState(id, amqp.AcceptedState()), err
	}
	return amqp.AcceptedState(), err
}

// asAMQP turns what is wrong with a message into an AMQP error.
func asAMQP(err error) *amqp.Error {
	if e, ok := errors.AsType[*amqp.Error](err); ok {
		return e
	}
	return amqp.Errorf(amqp.DecodeError, "message: %v", err)
}

// store puts one message, or a batch of them, where the link leads.
func (in *intake) store(within scope, encoded []byte) error {
	s := in.ses.c.s
	if len(encoded) > s.cfg.MaxMessageSize {
		return amqp.Errorf(amqp.MessageSizeExceeded, "%d bytes, the limit is %d", len(encoded), s.cfg.MaxMessageSize)
	}
	each := [][]byte{encoded}
	if f := in.first.MessageFormat; f != nil && *f == amqp.BatchFormat {
		envelope, err := amqp.Cut(encoded)
		if err != nil {
			return err
		}
		if each, err = amqp.DataSections(envelope.Body); err != nil {
			return err
		}
	}
	messages := make([]*message, len(each))
	for i, b := range each {
		m, err := parse(b, !s.cfg.NoMessageIDs)
		if err != nil {
			return err
		}
		messages[i] = m
	}
	_, err := s.broker.send(within, in.node, messages)
	return err
}
