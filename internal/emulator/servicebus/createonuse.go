package servicebus

import (
	"net/http"
	"strings"
)

// createOnUse makes what an address names, with default settings, and returns
// its node; the zero node if nothing can have that name. A plain name is a
// queue's, for a sender does not say whether it means a topic.
func (b *broker) createOnUse(address string) node {
	name := entityName(address)
	for _, inner := range []string{transferFailed, deadLetters} {
		if i := len(name) - len(inner); i > 0 && strings.EqualFold(name[i:], inner) {
			name = name[:i]
		}
	}
	if err := b.makeOnUse(name); err != nil {
		b.cfg.Log.Debug("entity not made on use", "address", address, "err", err)
		return node{}
	}
	return b.find(address)
}

func (b *broker) makeOnUse(name string) error {
	i := strings.LastIndex(strings.ToLower(name), subscriptions)
	if i < 0 {
		q, err := b.addQueue(Queue{Name: name})
		return b.madeOnUse(node{queue: q}, err)
	}
	t := b.topics[fold(name[:i])]
	if t == nil {
		var err error
		t, err = b.addTopic(Topic{Name: name[:i]})
		if err = b.madeOnUse(node{topic: t}, err); err != nil {
			return err
		}
	}
	q, err := b.addSubscription(t, Queue{Name: name[i+len(subscriptions):]})
	return b.madeOnUse(node{queue: q}, err)
}

// madeOnUse keeps a new entity over restarts, as if a client of administration
// had made it.
func (b *broker) madeOnUse(n node, err error) error {
	if err == nil {
		b.cfg.Log.Info("entity made on use", "name", n.path())
		b.data.administered(adminRecord{method: http.MethodPut, path: n.path(), body: []byte(n.entry())})
	}
	return err
}
