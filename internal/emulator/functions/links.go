package functions

import (
	"context"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// next waits for a message on the link r, or on a free or new one if r is nil.
// It returns the link, which is waiting still unless there is a message. The
// SDK panics on some properties of an unexpected type; that is an error like
// others.
func (l *listener) next(ctx context.Context, r *azservicebus.Receiver) (_ *azservicebus.Receiver, m *azservicebus.ReceivedMessage, err error) {
	if r == nil {
		if r, err = l.link(); err != nil {
			return nil, nil, err
		}
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the SDK cannot read a message: %v", p)
		}
	}()
	msgs, err := r.ReceiveMessages(ctx, 1, nil)
	if len(msgs) == 1 {
		return r, msgs[0], nil
	}
	return r, nil, err
}

// link takes a free link or makes one, which attaches when it is used.
func (l *listener) link() (*azservicebus.Receiver, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.free); n > 0 {
		r := l.free[n-1]
		l.free = l.free[:n-1]
		return r, nil
	}
	if q := l.fn.queue; q.queue == "" {
		return l.client.NewReceiverForSubscription(q.topic, q.subscription, nil)
	}
	return l.client.NewReceiverForQueue(l.fn.queue.queue, nil)
}

// put gives a link back to the life in which it was taken.
func (l *listener) put(r *azservicebus.Receiver, life int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if life == l.lives {
		l.free = append(l.free, r)
		return
	}
	go closeQuietly(r)
}

func (l *listener) life() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lives
}

// giveUp closes the waiting link and all that are free. After an outage this
// is a must: the SDK ends the new connection, with all that is in work there,
// when it meets a link of the old one again.
func (l *listener) giveUp(waiting *azservicebus.Receiver) {
	l.mu.Lock()
	links := l.free
	l.free = nil
	l.lives++
	l.mu.Unlock()
	if waiting != nil {
		links = append(links, waiting)
	}
	for _, r := range links {
		closeQuietly(r)
	}
}

// closeQuietly closes a link or the connection. If that fails there is nothing
// left to do.
func closeQuietly(c interface{ Close(context.Context) error }) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.Close(ctx)
}
