package servicebus

import (
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// A history is the identities of the messages that came inside the window of
// duplicate detection. It holds no more than those.
type history struct {
	known map[string]struct{}
	order []arrival // the same, oldest first
}

type arrival struct {
	identity string
	at       int64
}

// seen reports whether a message is in the history, and takes it down if it is
// not. A message without an identity never is.
func (h *history) seen(identity string, now int64, window time.Duration) bool {
	for len(h.order) > 0 && h.order[0].at+window.Milliseconds() <= now {
		delete(h.known, h.order[0].identity)
		h.order[0] = arrival{}
		h.order = h.order[1:]
	}
	if identity == "" {
		return false
	}
	if _, ok := h.known[identity]; ok {
		return true
	}
	h.add(arrival{identity, now})
	return false
}

func (h *history) add(a arrival) {
	if h.known == nil {
		h.known = map[string]struct{}{}
	}
	h.known[a.identity] = struct{}{}
	h.order = append(h.order, a)
}

// duplicate reports whether a message has come before to the queue or topic at
// a path, and has its identity kept if it has not.
func (b *broker) duplicate(h *history, path, identity string, window time.Duration) bool {
	if h.seen(identity, b.now(), window) {
		return true
	}
	if identity != "" {
		b.data.saw(path, arrival{identity, b.now()})
	}
	return false
}

// identity is what tells a message from others: its id, with the partition key
// in a partitioned entity. It is empty for a message without an id.
func (m *message) identity(partitioned bool) string {
	l, err := amqp.SectionList(m.properties)
	if err != nil || len(l) == 0 || l[messageID] == nil || l[messageID] == "" {
		return ""
	}
	id := fmt.Sprintf("%T %v", l[messageID], l[messageID])
	if partitioned {
		id += "\x00" + m.partitionKey()
	}
	return id
}

// partitionKey is what decides about a message's partition: its session id, or
// what the sender says.
func (m *message) partitionKey() string {
	if id := m.property(groupID); id != "" {
		return id
	}
	for rest := m.notes; len(rest) > 0; {
		key, after, err := amqp.Decode(rest)
		if err != nil {
			return ""
		}
		value, next, err := amqp.Decode(after)
		if err != nil {
			return ""
		}
		if s, ok := value.(string); ok && key == amqp.Symbol("x-opt-partition-key") {
			return s
		}
		rest = next
	}
	return ""
}
