package servicebus

import (
	"fmt"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// renewSession lengthens the lock on a session.
func (s *Server) renewSession(r request) (answer, error) {
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	h, err := r.hold()
	if err != nil {
		return answer{}, err
	}
	h.until = s.broker.now() + r.store.LockDuration.Milliseconds()
	s.broker.move(h.ends, h.until)
	return answer{body: amqp.Map{{Key: "expiration", Value: amqp.Timestamp(h.until)}}}, nil
}

func (s *Server) sessionState(r request) (answer, error) {
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	h, err := r.hold()
	if err != nil {
		return answer{}, err
	}
	var state any // null is none
	if h.session.state != nil {
		state = h.session.state
	}
	return answer{body: amqp.Map{{Key: "session-state", Value: state}}}, nil
}

func (s *Server) setSessionState(r request) (answer, error) {
	state, ok := r.body.Get("session-state").([]byte)
	if v := r.body.Get("session-state"); !ok && v != nil {
		return answer{}, fmt.Errorf("set-session-state: session-state is a %T, need binary or null", v)
	}
	if len(state) > s.cfg.MaxMessageSize {
		return answer{}, amqp.Errorf(amqp.MessageSizeExceeded, "session-state has %d bytes, the limit is %d", len(state), s.cfg.MaxMessageSize)
	}
	if len(state) == 0 {
		state = nil // some clients cannot write null
	}
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	h, err := r.hold()
	if err != nil {
		return answer{}, err
	}
	h.session.state, h.session.changed = state, s.broker.now()
	s.broker.data.state(r.store, h.session)
	return answer{}, nil
}

// session is the id of the session that a request is limited to; nil is none.
func (r request) session() *string {
	if id, ok := r.body.Get("session-id").(string); ok {
		return &id
	}
	return nil
}

// hold is the requester's lock on the session that a request names.
func (r request) hold() (*hold, error) {
	id, err := field[string](r, "session-id")
	if err != nil {
		return nil, err
	}
	return r.store.held(id, r.from)
}

// listSessions answers with a page of the sessions there are.
func (s *Server) listSessions(r request) (answer, error) {
	after, err := field[amqp.Timestamp](r, "last-updated-time")
	if err != nil {
		return answer{}, err
	}
	skip, err := field[int32](r, "skip")
	if err != nil {
		return answer{}, err
	}
	top, err := field[int32](r, "top")
	if err != nil {
		return answer{}, err
	}
	if skip < 0 || top <= 0 {
		return answer{}, fmt.Errorf("get-message-sessions: skip is %d, top is %d", skip, top)
	}
	if !r.store.RequiresSession {
		return answer{}, amqp.Errorf(amqp.NotAllowed, "%s does not have sessions", r.store.path)
	}
	s.broker.mu.Lock()
	ids := r.store.sessions.list(int64(after))
	s.broker.mu.Unlock()
	ids = ids[min(int(skip), len(ids)):]
	ids = ids[:min(int(top), len(ids))]
	if len(ids) == 0 {
		return answer{status: 204, description: "No sessions"}, nil
	}
	return answer{body: amqp.Map{{Key: "skip", Value: skip + int32(len(ids))}, {Key: "sessions-ids", Value: amqp.ArrayOf(ids...)}}}, nil
}
