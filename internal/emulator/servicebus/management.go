package servicebus

import (
	"fmt"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// manage does what a request on a management link asks for.
func (s *Server) manage(r request) answer {
	if err := s.broker.begin(r.store); err != nil {
		return failure(err)
	}
	a, err := answer{}, error(nil)
	switch operation(r.operation) {
	case "peek-message":
		a, err = s.peek(r)
	case "renew-lock":
		a, err = s.renew(r)
	case "update-disposition":
		a, err = s.updateDisposition(r)
	case "receive-by-sequence-number":
		a, err = s.receiveDeferred(r)
	case "schedule-message":
		a, err = s.schedule(r)
	case "cancel-scheduled-message":
		a, err = s.cancelScheduled(r)
	case "batch-delete-messages":
		a, err = s.batchDelete(r)
	case "renew-session-lock":
		a, err = s.renewSession(r)
	case "get-session-state":
		a, err = s.sessionState(r)
	case "set-session-state":
		a, err = s.setSessionState(r)
	case "get-message-sessions":
		a, err = s.listSessions(r)
	case "add-rule", "remove-rule", "enumerate-rules":
		a, err = s.manageRules(r)
	default:
		err = amqp.Errorf(amqp.NotImplemented, "operation %q is not emulated", r.operation)
	}
	if err != nil {
		return failure(err)
	}
	return a
}

// begin makes a request count as a use of its queue, which must be there.
func (b *broker) begin(q *queue) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if q.gone {
		return notFound(q.path)
	}
	q.use()
	return nil
}

// field reads a field of a request's body.
func field[T any](r request, key string) (T, error) {
	v, ok := r.body.Get(key).(T)
	if !ok {
		return v, fmt.Errorf("%s: %q is a %T, need a %T", r.operation, key, r.body.Get(key), v)
	}
	return v, nil
}

// items reads an array or list of one type.
func items[T any](r request, key string) ([]T, error) {
	var all []any
	switch v := r.body.Get(key).(type) {
	case amqp.Array:
		all = v.Items
	case amqp.List:
		all = v
	}
	out := make([]T, 0, len(all))
	for _, v := range all {
		t, ok := v.(T)
		if !ok {
			return nil, fmt.Errorf("%s: %q holds a %T, need %T", r.operation, key, v, t)
		}
		out = append(out, t)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: %q is missing or empty", r.operation, key)
	}
	return out, nil
}

var noContent = answer{status: 204, description: "No messages"}

func (s *Server) peek(r request) (answer, error) {
	from, err := field[int64](r, "from-sequence-number")
	if err != nil {
		return answer{}, err
	}
	count, err := field[int32](r, "message-count")
	if err != nil {
		return answer{}, err
	}
	if count <= 0 {
		return answer{}, fmt.Errorf("peek-message: message-count is %d", count)
	}
	if r.fault.Kind == control.ShortPeek {
		if count = min(count, int32(r.fault.Count)); count <= 0 {
			return noContent, nil
		}
	}
	s.broker.mu.Lock()
	found := r.store.peek(r.session(), from, min(int(count), s.cfg.MaxPeek), s.cfg.MaxPeekBytes)
	s.broker.mu.Unlock()
	if len(found) == 0 {
		return noContent, nil
	}
	messages := make(amqp.List, len(found))
	for i, m := range found {
		messages[i] = amqp.Map{{Key: "message", Value: m}}
	}
	return answer{body: amqp.Map{{Key: "messages", Value: messages}}}, nil
}

func (s *Server) renew(r request) (answer, error) {
	tokens, err := items[amqp.UUID](r, "lock-tokens")
	if err != nil {
		return answer{}, err
	}
	until, err := s.broker.renew(r.store, tokens)
	if err != nil {
		return answer{}, err
	}
	return answer{body: amqp.Map{{Key: "expirations", Value: amqp.ArrayOf(until...)}}}, nil
}

func (s *Server) updateDisposition(r request) (answer, error) {
	tokens, err := items[amqp.UUID](r, "lock-tokens")
	if err != nil {
		return answer{}, err
	}
	status, err := field[string](r, "disposition-status")
	if err != nil {
		return answer{}, err
	}
	var st settlement
	switch status {
	case "completed":
		st.verdict = completed
	case "abandoned":
		st.verdict = abandoned
	case "defered": // sic
		st.verdict = postponed
	case "suspended":
		st.verdict = deadLettered
		st.reason, _ = r.body.Get("deadletter-reason").(string)
		st.description, _ = r.body.Get("deadletter-description").(string)
	default:
		return answer{}, fmt.Errorf("update-disposition: disposition-status %q", status)
	}
	st.properties, _ = r.body.Get("properties-to-modify").(amqp.Map)
	var first error
	for _, t := range tokens {
		if err := s.broker.settle(r.within, r.store, t, r.from, st); err != nil && first == nil {
			first = err
		}
	}
	return answer{}, first
}

func (s *Server) receiveDeferred(r request) (answer, error) {
	numbers, err := items[int64](r, "sequence-numbers")
	if err != nil {
		return answer{}, err
	}
	mode, err := field[uint32](r, "receiver-settle-mode")
	if err != nil {
		return answer{}, err
	}
	found, err := s.broker.takeDeferred(r.store, numbers, r.from, mode == 0)
	if err != nil {
		return answer{}, err
	}
	messages := make(amqp.List, len(found))
	for i, d := range found {
		messages[i] = amqp.Map{{Key: "message", Value: d.encoded}, {Key: "lock-token", Value: d.token}}
	}
	return answer{body: amqp.Map{{Key: "messages", Value: messages}}}, nil
}

func (s *Server) schedule(r request) (answer, error) {
	entries, err := items[amqp.Map](r, "messages")
	if err != nil {
		return answer{}, err
	}
	messages := make([]*message, len(entries))
	for i, e := range entries {
		encoded, ok := e.Get("message").([]byte)
		if !ok {
			return answer{}, fmt.Errorf("schedule-message: message %d is a %T", i, e.Get("message"))
		}
		if messages[i], err = parse(encoded, !s.cfg.NoMessageIDs); err != nil {
			return answer{}, fmt.Errorf("schedule-message: message %d: %w", i, err)
		}
		if !messages[i].hasDue {
			return answer{}, fmt.Errorf("schedule-message: message %d has no x-opt-scheduled-enqueue-time", i)
		}
	}
	numbers, err := s.broker.send(r.within, r.forNode, messages)
	if err != nil {
		return answer{}, err
	}
	return answer{body: amqp.Map{{Key: "sequence-numbers", Value: amqp.ArrayOf(numbers...)}}}, nil
}

func (s *Server) cancelScheduled(r request) (answer, error) {
	numbers, err := items[int64](r, "sequence-numbers")
	if err != nil {
		return answer{}, err
	}
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	if !r.store.cancelScheduled(numbers) {
		return answer{}, amqp.Errorf(messageNotFound, "no scheduled message with one of the sequence numbers %v", numbers)
	}
	return answer{}, nil
}
