// Package source defines the sources of failed messages: queues and sub-queues,
// their paths at the broker, and patterns of names.
package source

import (
	"context"
	"iter"
	"strings"

	"github.com/busbell/busbell/internal/message"
)

// A Source is a queue with failed messages, or the dead-letter or transfer
// dead-letter sub-queue of a queue or a subscription. With * in a name it is a
// pattern for all that match.
type Source struct {
	Queue              string `yaml:"queue"`
	Topic              string `yaml:"topic"`
	Subscription       string `yaml:"subscription"`
	DeadLetter         bool   `yaml:"deadLetter"`
	TransferDeadLetter bool   `yaml:"transferDeadLetter"`
	Name               string `yaml:"name"` // shown to people; "" means the path
}

// Entity is the broker's path of the source: "error",
// "billing/$DeadLetterQueue", "orders/Subscriptions/invoicing/$DeadLetterQueue".
func (p Source) Entity() string {
	path := p.Queue
	if p.Topic != "" {
		path = p.Topic + "/Subscriptions/" + p.Subscription
	}
	switch {
	case p.DeadLetter:
		path += "/$DeadLetterQueue"
	case p.TransferDeadLetter:
		path += "/$Transfer/$DeadLetterQueue"
	}
	return path
}

// Parse reads the broker's path of a source, as [Source.Entity] writes it.
// It accepts any text: a path of neither a sub-queue nor a subscription is the name
// of a queue.
func Parse(entity string) Source {
	var p Source
	if rest, ok := cutSuffixFold(entity, "/$Transfer/$DeadLetterQueue"); ok {
		entity, p.TransferDeadLetter = rest, true
	} else if rest, ok := cutSuffixFold(entity, "/$DeadLetterQueue"); ok {
		entity, p.DeadLetter = rest, true
	}
	const between = "/subscriptions/"
	if at := strings.LastIndex(strings.ToLower(entity), between); at > 0 && at+len(between) < len(entity) {
		p.Topic, p.Subscription = entity[:at], entity[at+len(between):]
	} else {
		p.Queue = entity
	}
	return p
}

func cutSuffixFold(s, suffix string) (string, bool) {
	at := len(s) - len(suffix)
	if at <= 0 || !strings.EqualFold(s[at:], suffix) {
		return s, false
	}
	return s[:at], true
}

// Label is the name of the source in messages: Name or, if that is empty, its path.
func (p Source) Label() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Entity()
}

// SubQueue reports whether the source is a dead-letter queue of either kind.
func (p Source) SubQueue() bool { return p.DeadLetter || p.TransferDeadLetter }

// A Peeker reads the messages of one source without removing them.
type Peeker interface {
	// Peek yields the messages from sequence number from on, oldest first,
	// as a fresh receiver sees them. An error ends the sequence; earlier
	// messages are valid.
	Peek(ctx context.Context, from int64) iter.Seq2[message.Message, error]
}
