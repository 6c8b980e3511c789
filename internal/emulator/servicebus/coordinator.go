package servicebus

import (
	"crypto/rand"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// maxOpen is how many transactions of one connection may be open.
const maxOpen = 1000

// A declared transaction ends with the link on which it was declared.
type declared struct {
	tx *transaction
	on *intake
}

// attachCoordinator makes the link on which transactions are declared and
// discharged. What is attached to its session afterwards counts, in
// transactions, for the first entity among it.
func (ses *session) attachCoordinator(l link, p amqp.Attach, reply *amqp.Attach) *amqp.Error {
	in := &intake{link: l, coordinates: true, most: asksCredit}
	if p.InitialDeliveryCount != nil {
		in.count = *p.InitialDeliveryCount
	}
	ses.intakes[l.handle] = in
	ses.coordinated = true
	ses.put(*reply)
	in.grant(in.most)
	return nil
}

// entityOf is the entity that a link's work counts for in a transaction.
func (ses *session) entityOf(n node) node {
	if !ses.coordinated {
		return n.top()
	}
	if !ses.via.exists() {
		ses.via = n.top()
	}
	return ses.via
}

// coordinate declares or discharges a transaction, and returns the state of
// the delivery that asked for it.
func (in *intake) coordinate(encoded []byte) (state any, err error) {
	s, err := amqp.Cut(encoded)
	if err != nil {
		return nil, err
	}
	v, _ := amqp.BodyValue(s.Body)
	asked, err := amqp.ParseCoordination(v)
	if err != nil {
		return nil, err
	}
	c := in.ses.c
	if asked.Declare {
		if len(c.transactions) >= maxOpen {
			return nil, amqp.Errorf(amqp.ResourceLimitExceeded, "%d transactions are open", maxOpen)
		}
		id := make([]byte, 16)
		_, _ = rand.Read(id) // never fails
		c.transactions[string(id)] = declared{new(transaction), in}
		return amqp.DeclaredState(id), nil
	}
	d, ok := c.transactions[string(asked.ID)]
	if !ok {
		return nil, errUnknownTransaction(asked.ID)
	}
	delete(c.transactions, string(asked.ID))
	if err := c.s.broker.discharge(d.tx, asked.Fail); err != nil {
		return nil, err
	}
	return amqp.AcceptedState(), nil
}

// abandon rolls back the transactions of a coordinator link that is no more.
func (in *intake) abandon() {
	if !in.coordinates {
		return
	}
	c := in.ses.c
	for id, d := range c.transactions {
		if d.on == in {
			delete(c.transactions, id)
			_ = c.s.broker.discharge(d.tx, true) // one that timed out is rolled back already
		}
	}
}

// within finds the transaction of a delivery's state, and the outcome in it.
// A state without a transaction is its own outcome.
func (c *connection) within(state any, entity node) (in scope, outcome any, err error) {
	id, outcome, ok := amqp.ParseTransactional(state)
	if !ok {
		return scope{}, state, nil
	}
	d, ok := c.transactions[string(id)]
	if !ok {
		return scope{}, nil, errUnknownTransaction(id)
	}
	return scope{d.tx, entity}, outcome, nil
}

// answerTo is the state that answers one of the client's: the same outcome,
// in the same transaction. Some clients take anything else for a failure.
func answerTo(state any) any {
	if id, outcome, ok := amqp.ParseTransactional(state); ok {
		return amqp.TransactionalState(id, answerTo(outcome))
	}
	if amqp.ParseOutcome(state).Verdict == amqp.Rejected {
		return amqp.RejectedState(nil) // with an error it would be a refusal
	}
	return state
}
