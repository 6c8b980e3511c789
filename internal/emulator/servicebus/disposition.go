package servicebus

import (
	"cmp"
	"slices"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// disposition settles deliveries as a receiver judged them. Each gets an
// answer of its own, because each may have lost its lock.
func (ses *session) disposition(p amqp.Disposition) {
	if !p.Receiver {
		return // a sender has nothing to settle: we settle at once
	}
	last := p.First
	if p.Last != nil {
		last = *p.Last
	}
	ids := ses.between(p.First, last)
	if len(ids) == 0 && p.First == last && !p.Settled {
		ses.answer(p.First, nil, errLockLost)
	}
	for _, id := range ids {
		u := ses.unsettled[id]
		in, state, err := ses.c.within(p.State, u.from.entity)
		outcome := amqp.ParseOutcome(state)
		if err == nil && outcome.Verdict == amqp.Unknown && !p.Settled {
			continue // mere progress
		}
		delete(ses.unsettled, id)
		if err == nil {
			err = ses.c.s.broker.settle(in, u.queue, u.token, ses.c, settlementOf(outcome))
		}
		switch {
		case ses.c.s.cfg.OversizeDetaches && isOverLimit(err):
			u.from.end(asAMQP(err))
		case !p.Settled:
			ses.answer(id, answerTo(p.State), err)
		}
	}
}

// answer tells the client that a delivery is settled, in which state, or why
// it is not.
func (ses *session) answer(id uint32, state any, err error) {
	if err != nil {
		state = amqp.RejectedState(asAMQP(err))
	}
	ses.put(amqp.Disposition{First: id, Settled: true, State: state})
}

// between returns the unsettled deliveries of a range, which a client may
// make as long as it likes.
func (ses *session) between(first, last uint32) []uint32 {
	if first == last {
		if _, ok := ses.unsettled[first]; ok {
			return []uint32{first}
		}
		return nil
	}
	var ids []uint32
	for id := range ses.unsettled {
		if id-first <= last-first {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b uint32) int { return cmp.Compare(a-first, b-first) }) // they may wrap
	return ids
}

// settlementOf is what an outcome on a link means to the service.
func settlementOf(o amqp.Outcome) settlement {
	switch o.Verdict {
	case amqp.Accepted:
		return settlement{verdict: completed}
	case amqp.Rejected:
		s := settlement{verdict: deadLettered}
		if o.Error != nil {
			for _, p := range o.Error.Info {
				s.explain(p)
			}
			if s.description == "" {
				s.description = o.Error.Description
			}
		}
		return s
	case amqp.Modified:
		if o.UndeliverableHere {
			return settlement{verdict: postponed, properties: o.Annotations}
		}
		return settlement{verdict: abandoned, properties: o.Annotations}
	}
	return settlement{verdict: released}
}

// explain takes a dead letter's reason, description, or another property.
func (s *settlement) explain(p amqp.Pair) {
	key, _ := p.Key.(string)
	if k, ok := p.Key.(amqp.Symbol); ok {
		key = string(k)
	}
	text, _ := p.Value.(string)
	switch key {
	case "DeadLetterReason":
		s.reason = text
	case "DeadLetterErrorDescription":
		s.description = text
	default:
		s.properties = append(s.properties, p)
	}
}
