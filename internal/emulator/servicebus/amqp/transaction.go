package amqp

import "errors"

// Descriptors of transactions, part 4, section 4.5.
const (
	coordinator     = 0x30
	stateDeclare    = 0x31
	stateDischarge  = 0x32
	stateDeclared   = 0x33
	stateOfTransact = 0x34
)

// Conditions of transactions, part 4, section 4.5.8.
const (
	UnknownTransaction  Symbol = "amqp:transaction:unknown-id"
	TransactionRollback Symbol = "amqp:transaction:rollback"
	TransactionTimeout  Symbol = "amqp:transaction:timeout"
)

// A Coordination is what a client asks of a coordinator: to declare a
// transaction, or to discharge the one with an ID.
type Coordination struct {
	Declare bool
	ID      []byte // of the one to discharge
	Fail    bool   // roll it back
}

// ParseCoordination reads the value of a message to a coordinator.
func ParseCoordination(v any) (Coordination, error) {
	d, _ := v.(Described)
	l, ok := d.Value.(List)
	switch f := (fields{list: l}); {
	case ok && d.Descriptor == uint64(stateDeclare):
		return Coordination{Declare: true}, nil
	case ok && d.Descriptor == uint64(stateDischarge):
		c := Coordination{ID: need[[]byte](&f, 0), Fail: val(&f, 1, false)}
		if f.err != nil {
			return c, f.err
		}
		return c, nil
	}
	return Coordination{}, errors.New("neither declare nor discharge")
}

// IsCoordinator reports whether a target is a transaction coordinator.
func IsCoordinator(target any) bool {
	d, ok := target.(Described)
	return ok && d.Descriptor == uint64(coordinator)
}

// DeclaredState is the state of a declare that made a transaction.
func DeclaredState(id []byte) any { return Described{uint64(stateDeclared), List{id}} }

// TransactionalState is an outcome inside a transaction; nil is none yet.
func TransactionalState(id []byte, outcome any) any {
	return Described{uint64(stateOfTransact), List{id, outcome}}
}

// ParseTransactional takes a transactional state apart; false means that the
// state is none.
func ParseTransactional(state any) (id []byte, outcome any, ok bool) {
	d, _ := state.(Described)
	l, _ := d.Value.(List)
	if d.Descriptor != uint64(stateOfTransact) {
		return nil, nil, false
	}
	f := fields{list: l}
	return val[[]byte](&f, 0, nil), f.at(1), true
}
