package servicebus

import "strings"

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
	var err error
	if i := strings.LastIndex(strings.ToLower(name), subscriptions); i >= 0 {
		t := b.topics[fold(name[:i])]
		if t == nil {
			t, err = b.addTopic(Topic{Name: name[:i]})
		}
		if err == nil {
			_, err = b.addSubscription(t, Queue{Name: name[i+len(subscriptions):]})
		}
	} else {
		_, err = b.addQueue(Queue{Name: name})
	}
	if err != nil {
		b.cfg.Log.Debug("entity not made on use", "address", address, "err", err)
		return node{}
	}
	b.cfg.Log.Info("entity made on use", "name", name)
	return b.find(address)
}
