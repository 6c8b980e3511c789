package servicebus

import (
	"fmt"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
	"github.com/busbell/busbell/internal/emulator/servicebus/atom"
)

// create makes the entity that a description asks for.
func (b *broker) create(d atom.Description, path string) (node, error) {
	asked := d.Elements
	if err := asked.Check(); err != nil {
		return node{}, err
	}
	switch d.Kind {
	case "QueueDescription":
		var s Queue
		if err := readQueue(asked, &s); err != nil {
			return node{}, err
		}
		if err := b.checkForwarding(s, path); err != nil {
			return node{}, err
		}
		s.Name = path
		q, err := b.addQueue(s)
		if err != nil {
			return node{}, err
		}
		q.asked = asked
		return node{queue: q}, nil
	case "TopicDescription":
		var s Topic
		if err := readTopic(asked, &s); err != nil {
			return node{}, err
		}
		s.Name = path
		t, err := b.addTopic(s)
		if err != nil {
			return node{}, err
		}
		t.asked = asked
		return node{topic: t}, nil
	case "SubscriptionDescription":
		i := strings.LastIndex(strings.ToLower(path), subscriptions)
		if i < 0 {
			return node{}, fmt.Errorf("%s is no address of a subscription", path)
		}
		if b.topics[fold(path[:i])] == nil {
			return node{}, amqp.Errorf(amqp.NotFound, "Entity '%s' was not found.", fullName(path[:i]))
		}
		var s Queue
		if err := readQueue(asked, &s); err != nil {
			return node{}, err
		}
		if err := b.checkForwarding(s, path); err != nil {
			return node{}, err
		}
		s.Name = path[i+len(subscriptions):]
		if d.Rule != nil {
			r, err := d.Rule.Rule("")
			if err != nil {
				return node{}, err
			}
			s.Rules = []Rule{r}
		}
		q, err := b.addSubscription(b.topics[fold(path[:i])], s)
		if err != nil {
			return node{}, err
		}
		q.asked = asked
		return node{queue: q}, nil
	}
	return node{}, fmt.Errorf("a %s cannot be created at %s", d.Kind, path)
}

// change gives an entity the settings of a description.
func (n node) change(kind string, asked atom.Elements) error {
	if err := asked.Check(); err != nil {
		return err
	}
	if t := n.topic; t != nil && kind == "TopicDescription" {
		if err := asked.Unchanged("Topic", map[string]bool{
			"RequiresDuplicateDetection": t.RequiresDuplicateDetection, "EnablePartitioning": t.EnablePartitioning,
		}); err != nil {
			return err
		}
		s := t.Topic
		if err := readTopic(asked, &s); err != nil {
			return err
		}
		t.Topic, t.asked, t.touched = s.withDefaults(), asked, t.scheduled.b.now()
		t.scheduled.use()
		t.scheduled.keepUntilIdle(t.AutoDeleteOnIdle, n)
		return nil
	}
	q := n.queue
	if q == nil || q.parent != nil || kind != "QueueDescription" && kind != "SubscriptionDescription" {
		return fmt.Errorf("%s is not described by a %s", n.path(), kind)
	}
	if err := asked.Unchanged(strings.TrimSuffix(kind, "Description"), map[string]bool{
		"RequiresSession": q.RequiresSession, "RequiresDuplicateDetection": q.RequiresDuplicateDetection, "EnablePartitioning": q.EnablePartitioning,
	}); err != nil {
		return err
	}
	s := q.Queue
	s.ForwardTo, s.ForwardDeadLetteredMessagesTo = "", "" // absent is none
	if err := readQueue(asked, &s); err != nil {
		return err
	}
	if err := q.b.checkForwarding(s, q.path); err != nil {
		return err
	}
	q.Queue, q.asked, q.touched = s.withDefaults(), asked, q.b.now()
	q.dead.LockDuration, q.transfer.LockDuration = q.LockDuration, q.LockDuration
	q.use()
	q.keepUntilIdle(q.AutoDeleteOnIdle, n)
	q.b.moveOn(q)
	q.wake()
	return nil
}

// checkForwarding refuses to forward to what is not there, to itself, or from
// an entity with sessions.
func (b *broker) checkForwarding(s Queue, path string) error {
	for name, to := range map[string]string{"ForwardTo": s.ForwardTo, "ForwardDeadLetteredMessagesTo": s.ForwardDeadLetteredMessagesTo} {
		switch {
		case to == "" || b.loading:
		case fold(to) == fold(path):
			return fmt.Errorf("%s: %s cannot forward to itself", name, path)
		case !b.find(to).exists():
			return fmt.Errorf("%s: the entity '%s' does not exist", name, entityName(to))
		case name == "ForwardTo" && s.RequiresSession:
			return fmt.Errorf("%s: an entity that requires sessions cannot forward", name)
		}
	}
	return nil
}
