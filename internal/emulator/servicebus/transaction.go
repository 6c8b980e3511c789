package servicebus

import (
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

const (
	transactionLife     = 2 * time.Minute // from its first piece of work on
	transactionMessages = 100             // that it may send
)

// A transaction is work that is done as one, or not at all. The broker's lock
// guards it.
type transaction struct {
	entity   node // that all its work belongs to; the zero node before the first
	messages int
	work     []work
	ends     *alarm
	over     *amqp.Error // why nothing can be done in it any more
}

// work is one send or settlement that waits for its transaction.
type work struct {
	check func() *amqp.Error // says why it cannot be done any more
	do    func()
	undo  func()
}

// A scope is the transaction that something is done in, and the entity that
// it counts for there. The zero scope is no transaction.
type scope struct {
	tx     *transaction
	entity node
}

// enlist adds work to a transaction.
func (b *broker) enlist(in scope, messages int, w func() work) error {
	tx := in.tx
	switch {
	case tx.over != nil:
		return tx.over
	case tx.entity.exists() && tx.entity != in.entity:
		return amqp.Errorf(amqp.NotAllowed, "A transaction cannot span multiple top-level entities such as queue or topic: %s, then %s. "+
			"Attach the coordinator first, and then all links in its session, to send through the first of them.", tx.entity.path(), in.entity.path())
	case tx.messages+messages > transactionMessages:
		return amqp.Errorf(amqp.ResourceLimitExceeded, "Cannot send more than %d messages in a single transaction.", transactionMessages)
	}
	if !tx.entity.exists() {
		tx.entity = in.entity
		tx.ends = b.set(b.now()+transactionLife.Milliseconds(), func() {
			b.rollBack(tx, amqp.Errorf(amqp.TransactionTimeout, "The transaction took longer than %v and was rolled back.", transactionLife))
		})
	}
	tx.messages += messages
	tx.work = append(tx.work, w())
	return nil
}

// discharge ends a transaction: all its work is done, or none when the client
// says so or when a part cannot be done any more.
func (b *broker) discharge(tx *transaction, fail bool) *amqp.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if tx.over != nil {
		return tx.over
	}
	if !fail {
		for _, w := range tx.work {
			if err := w.check(); err != nil {
				err = amqp.Errorf(amqp.TransactionRollback, "The transaction was rolled back: %v", err)
				b.rollBack(tx, err)
				return err
			}
		}
		for _, w := range tx.work {
			w.do()
		}
	}
	b.rollBack(tx, amqp.Errorf(amqp.UnknownTransaction, "The transaction has been discharged."))
	return nil
}

// rollBack undoes what a transaction holds. After its work was done there is
// nothing left to undo.
func (b *broker) rollBack(tx *transaction, why *amqp.Error) {
	b.cancel(tx.ends)
	for _, w := range tx.work {
		w.undo()
	}
	tx.work, tx.over = nil, why
}

// sending is the work of sending messages. What cannot go to another entity
// lies in the transfer dead-letter queue of the transaction's own afterwards.
func (b *broker) sending(in scope, n node, messages []*message) work {
	return work{
		check: func() *amqp.Error {
			if n.top() != in.entity {
				return nil
			}
			return n.closed(false)
		},
		do: func() {
			closed := n.closed(false)
			for _, m := range messages {
				switch {
				case closed == nil:
					b.route(n, m, 0)
				case closed.Condition == amqp.NotFound:
					in.entity.store().strand(m, "TransferDestinationNotFound", closed.Description)
				default:
					in.entity.store().strand(m, "TransferDestinationDisabled", closed.Description)
				}
			}
		},
		undo: func() {},
	}
}

// settling is the work of settling a message, which stays locked until then.
func (q *queue) settling(l *lock, tx *transaction, s settlement) work {
	l.tx = tx
	return work{
		check: func() *amqp.Error {
			if q.locks[l.token] != l {
				return errLockLost
			}
			return nil
		},
		do:   func() { q.carryOut(l.m, s) },
		undo: func() { l.tx = nil },
	}
}

// top is the entity that a node counts for in a transaction: the topic of a
// subscription, the queue of dead letters.
func (n node) top() node {
	switch {
	case n.topic != nil:
		return n
	case n.queue.owner().topic != nil:
		return node{topic: n.queue.owner().topic}
	case n.queue.owner().parentTopic != nil:
		return node{topic: n.queue.owner().parentTopic}
	}
	return node{queue: n.queue.owner()}
}

// errUnknownTransaction is the answer to an id that this connection has not.
func errUnknownTransaction(id []byte) *amqp.Error {
	return amqp.Errorf(amqp.UnknownTransaction, "Transaction %x hasn't been declared yet, or has already been discharged.", id)
}
