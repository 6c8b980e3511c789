package servicebus

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
	"github.com/busbell/busbell/internal/emulator/servicebus/rule"
)

// create makes the entity that a description asks for.
func (b *broker) create(d described, path string) (node, error) {
	asked := d.asked
	if err := asked.check(); err != nil {
		return node{}, err
	}
	switch d.kind {
	case "QueueDescription":
		var s Queue
		if err := asked.queue(&s); err != nil {
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
		if i < 0 {
			return node{}, fmt.Errorf("%s is no address of a subscription", path)
		}
		if b.topics[fold(path[:i])] == nil {
			return node{}, amqp.Errorf(amqp.NotFound, "Entity '%s' was not found.", fullName(path[:i]))
		}
		var s Queue
		if err := asked.queue(&s); err != nil {
			return node{}, err
		}
		if err := b.checkForwarding(s, path); err != nil {
			return node{}, err
		}
		s.Name = path[i+len(subscriptions):]
		if d.rule != nil {
			r, err := d.rule.Rule("")
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
	return node{}, fmt.Errorf("a %s cannot be created at %s", d.kind, path)
}

// change gives an entity the settings of a description.
func (n node) change(kind string, asked attributes) error {
	if err := asked.check(); err != nil {
		return err
	}
	if t := n.topic; t != nil && kind == "TopicDescription" {
		if err := asked.unchanged("Topic", map[string]bool{
			"RequiresDuplicateDetection": t.RequiresDuplicateDetection, "EnablePartitioning": t.EnablePartitioning,
		}); err != nil {
			return err
		}
		s := t.Topic
		if err := asked.topic(&s); err != nil {
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
	if err := asked.unchanged(strings.TrimSuffix(kind, "Description"), map[string]bool{
		"RequiresSession": q.RequiresSession, "RequiresDuplicateDetection": q.RequiresDuplicateDetection, "EnablePartitioning": q.EnablePartitioning,
	}); err != nil {
		return err
	}
	s := q.Queue
	s.ForwardTo, s.ForwardDeadLetteredMessagesTo = "", "" // absent is none
	if err := asked.queue(&s); err != nil {
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

// described is what an Atom entry says about an entity.
type described struct {
	kind  string // the name of its element
	asked attributes
	rule  *rule.Description // of a rule, or the first one of a subscription
}

// parseDescription reads the description in an Atom entry.
func parseDescription(body []byte) (described, error) {
	type element struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
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
		return described{}, err
	}
	var rules struct {
		Rule    *rule.Description `xml:"content>RuleDescription"`
		Default *rule.Description `xml:"content>SubscriptionDescription>DefaultRuleDescription"`
	}
	if err := xml.Unmarshal(body, &rules); err != nil {
		return described{}, err
	}
	d := described{kind: entry.Content.Description.XMLName.Local, asked: attributes{}, rule: cmp.Or(rules.Rule, rules.Default)}
	for _, e := range entry.Content.Description.Elements {
		d.asked[e.XMLName.Local] = strings.TrimSpace(e.Text)
	}
	return d, nil
}
