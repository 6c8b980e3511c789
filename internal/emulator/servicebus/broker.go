package servicebus

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
	"github.com/busbell/busbell/internal/emulator/servicebus/atom"
)

// A broker holds all entities and their messages. One lock guards it; nobody
// waits for anything while holding it.
type broker struct {
	cfg Config

	mu     sync.Mutex
	queues map[string]*queue // by folded name
	topics map[string]*topic
	alarms alarms
	rush   chan struct{}
	ahead  int64 // milliseconds by which the clock was moved
	data   *data // nil keeps nothing

	loading bool // entities are made as they were, though what they forward to may be gone
}

// A topic copies what it gets to its subscriptions, which are queues.
type topic struct {
	Topic                   // without Subscriptions
	subs      []*queue      // in the order of their creation
	scheduled *queue        // what is not due yet
	history   history       // for duplicate detection
	born      int64         // like touched, for the administration API
	touched   int64         // last change of its settings
	asked     atom.Elements // settings that it merely keeps
}

// A node is what an address names: a queue, subscription or dead-letter
// queue, or a topic.
type node struct {
	queue *queue
	topic *topic
}

func (n node) exists() bool { return n != node{} }

// path is the node's address as it was created.
func (n node) path() string {
	if n.topic != nil {
		return n.topic.Name
	}
	return n.queue.path
}

// status is what the node takes part in. A dead-letter queue has the status
// of its queue.
func (n node) status() Status {
	if n.topic != nil {
		return n.topic.Status
	}
	return n.queue.owner().Status
}

// store is the queue that management requests on the node look at.
func (n node) store() *queue {
	if n.topic != nil {
		return n.topic.scheduled
	}
	return n.queue
}

const (
	subscriptions  = "/subscriptions/"
	deadLetters    = "/$deadletterqueue"
	transferFailed = "/$transfer/$deadletterqueue"
)

// fold is an address as entities are looked up by.
func fold(address string) string {
	return strings.ToLower(entityName(address))
}

// find returns the node at an address; the zero node if there is none.
func (b *broker) find(address string) node {
	name := fold(address)
	entity, isTransfer := strings.CutSuffix(name, transferFailed)
	entity, isDead := strings.CutSuffix(entity, deadLetters)
	q := b.queues[entity]
	if t := b.topics[entity]; t != nil && isTransfer {
		q = t.scheduled // what could not be sent from a transaction
	}
	if i := strings.LastIndex(entity, subscriptions); q == nil && i >= 0 {
		q = b.subscription(entity[:i], entity[i+len(subscriptions):])
	}
	switch {
	case q == nil && !isDead && !isTransfer:
		if t := b.topics[entity]; t != nil {
			return node{topic: t}
		}
		return node{}
	case q == nil:
		return node{}
	case isTransfer:
		q = q.transfer
	case isDead:
		q = q.dead
	}
	return node{queue: q}
}

// subscription returns a subscription by its folded names, or nil.
func (b *broker) subscription(topicName, name string) *queue {
	t := b.topics[topicName]
	if t == nil {
		return nil
	}
	i := slices.IndexFunc(t.subs, func(q *queue) bool { return strings.ToLower(q.Name) == name })
	if i < 0 {
		return nil
	}
	return t.subs[i]
}

// errExists is answered to a second creation.
var errExists = amqp.Errorf("amqp:not-allowed", "an entity of that name exists")

// addQueue makes a queue.
func (b *broker) addQueue(s Queue) (*queue, error) {
	if err := checkName("queue", s.Name); err != nil {
		return nil, err
	}
	s.Name = entityName(s.Name)
	if b.find(s.Name).exists() {
		return nil, errExists
	}
	q := newQueue(b, s, s.Name)
	b.queues[fold(s.Name)] = q
	q.keepUntilIdle(q.AutoDeleteOnIdle, node{queue: q})
	return q, nil
}

// addTopic makes a topic and its subscriptions.
func (b *broker) addTopic(s Topic) (*topic, error) {
	if err := checkName("topic", s.Name); err != nil {
		return nil, err
	}
	s = s.withDefaults()
	s.Name = entityName(s.Name)
	if b.find(s.Name).exists() {
		return nil, errExists
	}
	subs := s.Subscriptions
	s.Subscriptions = nil
	t := &topic{Topic: s, born: b.now(), touched: b.now()}
	t.scheduled = newQueue(b, Queue{Name: s.Name}, s.Name)
	t.scheduled.topic = t
	b.topics[fold(s.Name)] = t
	t.scheduled.keepUntilIdle(t.AutoDeleteOnIdle, node{topic: t})
	for _, sub := range subs {
		if _, err := b.addSubscription(t, sub); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// addSubscription makes a subscription of a topic.
func (b *broker) addSubscription(t *topic, s Queue) (*queue, error) {
	if err := checkName("subscription", s.Name); err != nil {
		return nil, err
	}
	if b.subscription(fold(t.Name), strings.ToLower(s.Name)) != nil {
		return nil, errExists
	}
	s.EnablePartitioning = t.EnablePartitioning
	q := newQueue(b, s, t.Name+"/Subscriptions/"+s.Name)
	q.parentTopic = t
	if err := q.setRules(s.Rules); err != nil {
		return nil, err
	}
	t.subs = append(t.subs, q)
	q.keepUntilIdle(q.AutoDeleteOnIdle, node{queue: q})
	return q, nil
}

// remove deletes an entity with all that it holds.
func (b *broker) remove(n node) {
	defer b.data.administered(adminRecord{method: http.MethodDelete, path: n.path()}) // after what it held
	if t := n.topic; t != nil {
		for _, q := range t.subs {
			b.drop(q)
		}
		b.drop(t.scheduled)
		delete(b.topics, fold(t.Name))
		return
	}
	b.drop(n.queue)
	if t := n.queue.parentTopic; t != nil {
		t.subs = slices.DeleteFunc(t.subs, func(q *queue) bool { return q == n.queue })
		return
	}
	delete(b.queues, fold(n.queue.Name))
}

// drop empties a queue for good; whoever is attached gets to know.
func (b *broker) drop(q *queue) {
	for _, each := range []*queue{q, q.dead, q.transfer} {
		if each == nil {
			continue
		}
		for each.all.len() > 0 {
			each.discard(each.all.first())
		}
		each.gone = true
		each.wake()
	}
}
