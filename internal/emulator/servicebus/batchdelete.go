package servicebus

import (
	"fmt"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// batchDelete deletes the oldest messages that came before a time and are free
// to be taken, of the queue or of one session in it.
func (s *Server) batchDelete(r request) (answer, error) {
	count, err := field[int32](r, "message-count")
	if err != nil {
		return answer{}, err
	}
	if count <= 0 {
		return answer{}, fmt.Errorf("batch-delete-messages: message-count is %d", count)
	}
	before, err := field[amqp.Timestamp](r, "enqueued-time-utc")
	if err != nil {
		return answer{}, err
	}
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	n := r.store.deleteOldest(r.session(), int64(before), min(int(count), s.cfg.MaxBatchDelete))
	return answer{body: amqp.Map{{Key: "message-count", Value: int32(n)}}}, nil
}

// deleteOldest deletes at most count messages and returns how many it did.
// Those that are locked, deferred or scheduled stay.
func (q *queue) deleteOldest(session *string, before int64, count int) int {
	var found []*message
	for m := range q.among(session).from(0) {
		if len(found) == count {
			break
		}
		if m.state == active && m.lock == nil && m.enqueued < before {
			found = append(found, m)
		}
	}
	for _, m := range found {
		q.discard(m)
	}
	return len(found)
}
