package servicebus

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/message"
)

// pageSize is what we ask for at once. The service gives about 250 at the
// most and often fewer; only an empty page is the end.
const pageSize = 1000

// maxPageBytes is how much a page may hold by the size of the last page's
// messages, for several pages of several sources are in memory at once.
const maxPageBytes = 2 << 20

// A Source is one place that holds messages.
type Source struct {
	client *Client
	entity string
}

// Source names a place by the broker's path, "billing/$DeadLetterQueue".
func (c *Client) Source(entity string) *Source { return &Source{client: c, entity: entity} }

// Peek yields the messages from sequence number from on, the oldest first,
// read by a fresh receiver. An error ends the sequence: what came before it
// is good. While one page is looked at the next is under way.
func (s *Source) Peek(ctx context.Context, from int64) iter.Seq2[message.Message, error] {
	return func(yield func(message.Message, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		pages := make(chan page, 2)
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer close(pages)
			s.read(ctx, from, pages)
		}()
		defer func() {
			stop()
			<-done // the receiver is closed when we return
		}()
		for p := range pages {
			for _, m := range p.messages {
				if !yield(s.convert(m), nil) {
					return
				}
			}
			if p.unreadable != "" && !yield(message.Message{Entity: s.entity, SequenceNumber: p.at, Unreadable: p.unreadable}, nil) {
				return
			}
			if p.err != nil {
				yield(message.Message{}, p.err)
				return
			}
		}
	}
}

// A page is one answer: messages, then perhaps one that could not be read at
// a sequence number, or an error.
type page struct {
	messages   []*azservicebus.ReceivedMessage
	unreadable string
	at         int64
	err        error
}

// read sends page after page until one is empty or wrong.
func (s *Source) read(ctx context.Context, from int64, pages chan<- page) {
	var last page
	over, err := s.client.connect()
	if err != nil {
		pages <- page{err: err}
		return
	}
	defer func() { s.client.release(over, last.err) }()
	receiver, err := over.receiver(s.entity)
	if err != nil {
		pages <- page{err: s.client.explain(s.entity, err)}
		return
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		_ = receiver.Close(ctx) // nothing is lost: only looked at
	}()
	for size := pageSize; ; {
		p := s.page(ctx, receiver, from, size)
		switch {
		case p.unreadable != "" && size > 1:
			size = 1 // one at a time, until the one that cannot be read
			continue
		case p.unreadable != "":
			if p.at, p.err = s.locate(ctx, receiver, from); p.err != nil {
				p.unreadable = ""
			}
			from, size = p.at+1, pageSize
		case p.err == nil && len(p.messages) == 0:
			return
		case p.err == nil:
			from = *p.messages[len(p.messages)-1].SequenceNumber + 1
			if size > 1 {
				size = fitting(p.messages)
			}
		}
		last = p
		select {
		case pages <- p:
		case <-ctx.Done():
			return
		}
		if p.err != nil {
			return
		}
	}
}

// fitting is how many messages like these fit into a page, at least two.
func fitting(messages []*azservicebus.ReceivedMessage) int {
	bytes := 0
	for _, m := range messages {
		bytes += len(m.Body)
		for _, v := range m.ApplicationProperties {
			if s, ok := v.(string); ok {
				bytes += len(s)
			}
		}
	}
	return min(max(maxPageBytes*len(messages)/max(bytes, 1), 2), pageSize)
}

// page peeks once. The SDK panics on a message whose dead-letter properties
// or annotations have an unexpected type (message.go, unchecked assertions);
// the page then says so, as it does of a message without a number.
func (s *Source) page(ctx context.Context, receiver *azservicebus.Receiver, from int64, size int) (p page) {
	defer func() {
		if r := recover(); r != nil {
			p = page{unreadable: fmt.Sprint(r)}
		}
	}()
	messages, err := receiver.PeekMessages(ctx, size, &azservicebus.PeekMessagesOptions{FromSequenceNumber: &from})
	if err != nil {
		return page{err: s.client.explain(s.entity, err)}
	}
	if slices.ContainsFunc(messages, func(m *azservicebus.ReceivedMessage) bool { return m.SequenceNumber == nil }) {
		return page{unreadable: "a message without a sequence number"}
	}
	return page{messages: messages}
}

// locate finds the sequence number of the unreadable message that is the
// first from from on. Numbers may have wide gaps, so it steps over the
// message in doubling strides and halves the last one. Neighbours that are
// all unreadable cannot be told from one message after a gap, and count as
// one: the last of them.
func (s *Source) locate(ctx context.Context, receiver *azservicebus.Receiver, from int64) (int64, error) {
	meets := func(from int64) (bool, error) {
		p := s.page(ctx, receiver, from, 1)
		return p.unreadable != "", p.err
	}
	low, stride := from, int64(1) // the message is met from low on
	for {
		met, err := meets(low + stride)
		if err != nil {
			return 0, err
		}
		if !met {
			break
		}
		low, stride = low+stride, stride*2
	}
	for high := low + stride; high-low > 1; {
		middle := low + (high-low)/2
		met, err := meets(middle)
		if err != nil {
			return 0, err
		}
		if met {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}
