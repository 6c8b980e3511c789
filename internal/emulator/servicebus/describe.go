package servicebus

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// create makes the entity that a description asks for.
func (b *broker) create(kind, path string, asked attributes) (node, error) {
	switch kind {
	case "QueueDescription":
		var s Queue
		if err := asked.queue(&s); err != nil {
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
		if err := asked.topic(&s); err != nil {
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
		if i < 0 || b.topics[fold(path[:i])] == nil {
			return node{}, fmt.Errorf("%s is no subscription of a topic that exists", path)
		}
		var s Queue
		if err := asked.queue(&s); err != nil {
			return node{}, err
		}
		s.Name = path[i+len(subscriptions):]
		q, err := b.addSubscription(b.topics[fold(path[:i])], s)
		if err != nil {
			return node{}, err
		}
		q.asked = asked
		return node{queue: q}, nil
	}
	return node{}, fmt.Errorf("a %s cannot be created: rules are not emulated", kind)
}

// change gives an entity the settings of a description.
func (n node) change(kind string, asked attributes) error {
	if t := n.topic; t != nil && kind == "TopicDescription" {
		s := t.Topic
		if err := asked.topic(&s); err != nil {
			return err
		}
		s.EnablePartitioning = t.EnablePartitioning // which nobody can change
		t.Topic, t.asked, t.touched = s.withDefaults(), asked, t.scheduled.b.now()
		return nil
	}
	q := n.queue
	if q == nil || q.parent != nil || kind != "QueueDescription" && kind != "SubscriptionDescription" {
		return fmt.Errorf("%s is not described by a %s", n.path(), kind)
	}
	s := q.Queue
	s.ForwardTo, s.ForwardDeadLetteredMessagesTo = "", "" // absent is none
	if err := asked.queue(&s); err != nil {
		return err
	}
	s.EnablePartitioning, s.RequiresSession = q.EnablePartitioning, q.RequiresSession // which nobody can change
	q.Queue, q.asked, q.touched = s.withDefaults(), asked, q.b.now()
	q.dead.LockDuration, q.transfer.LockDuration = q.LockDuration, q.LockDuration
	q.b.moveOn(q)
	q.wake()
	return nil
}

// parseDescription reads the description in an Atom entry: its kind and its
// elements.
func parseDescription(body []byte) (kind string, asked attributes, err error) {
	type element struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
		Inner   string `xml:",innerxml"`
	}
	var entry struct {
		Content struct {
			Description struct {
				XMLName  xml.Name
				Elements []element `xml:",any"`
			} `xml:",any"`
		} `xml:"content"`
	}
	if err := xml.Unmarshal(body, &entry); err != nil {
		return "", nil, err
	}
	d := entry.Content.Description
	asked = attributes{}
	for _, e := range d.Elements {
		if e.XMLName.Local == "DefaultRuleDescription" && !strings.Contains(e.Inner, "TrueFilter") {
			return "", nil, fmt.Errorf("filters are not emulated: every message passes")
		}
		asked[e.XMLName.Local] = strings.TrimSpace(e.Text)
	}
	return d.XMLName.Local, asked, nil
}
