package amqp

// Descriptors of delivery states, part 3, section 3.4, and part 4.
const (
	stateReceived = 0x23
	stateAccepted = 0x24
	stateRejected = 0x25
	stateReleased = 0x26
	stateModified = 0x27
)

// A Verdict is what became of a delivery.
type Verdict int

// Verdicts. Unknown is the state of a transaction or of a mere progress.
const (
	Unknown Verdict = iota
	Accepted
	Rejected
	Released
	Modified
)

// An Outcome is a delivery's terminal state.
type Outcome struct {
	Verdict           Verdict
	Error             *Error // of Rejected
	DeliveryFailed    bool   // of Modified, like the next two
	UndeliverableHere bool
	Annotations       Map
}

// ParseOutcome reads the state of a transfer or disposition. Anything that
// is no outcome is Unknown.
func ParseOutcome(state any) Outcome {
	d, ok := state.(Described)
	if !ok {
		return Outcome{}
	}
	code, _ := d.Descriptor.(uint64)
	l, _ := d.Value.(List)
	f := fields{list: l}
	switch code {
	case stateAccepted:
		return Outcome{Verdict: Accepted}
	case stateRejected:
		return Outcome{Verdict: Rejected, Error: f.error(0)}
	case stateReleased:
		return Outcome{Verdict: Released}
	case stateModified:
		return Outcome{
			Verdict: Modified, DeliveryFailed: val(&f, 0, false),
			UndeliverableHere: val(&f, 1, false), Annotations: val[Map](&f, 2, nil),
		}
	}
	return Outcome{}
}

// AcceptedState is the state of a delivery that was accepted.
func AcceptedState() any { return Described{uint64(stateAccepted), List{}} }

// RejectedState is the state of a delivery that was refused for a reason.
func RejectedState(err *Error) any {
	return Described{uint64(stateRejected), List{err.value()}}
}
