package functions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// A listener brings the messages of one queue or subscription to a function,
// as many at a time as host.json allows.
//
// Each message comes over a link of its own, and at any time one link waits for
// the next message. So no link has credit left when the host stops, and what is
// given back then is not sent to this host once more.
type listener struct {
	fn     *function
	client *azservicebus.Client
	about  []byte        // what metadata say of the client
	quiet  chan struct{} // closed when no link waits any more

	mu    sync.Mutex
	free  []*azservicebus.Receiver // links that wait for nothing
	lives int                      // how often the links were given up
}

// settleWithin is the time for telling the broker what became of a message.
const settleWithin = 10 * time.Second

// open prepares the listener. It connects when the first message is wanted,
// so a broker that is down does not matter yet.
func open(fn *function) (*listener, error) {
	client, err := azservicebus.NewClientFromConnectionString(fn.queue.connection, &azservicebus.ClientOptions{
		RetryOptions: azservicebus.RetryOptions{MaxRetries: 1, RetryDelay: 200 * time.Millisecond},
	})
	if err != nil {
		return nil, fmt.Errorf("its Service Bus connection: %w", err)
	}
	about := clientJSON(namespace(fn.queue.connection), newGUID())
	return &listener{fn: fn, client: client, about: about, quiet: make(chan struct{})}, nil
}

// namespace is the host in a connection string that the SDK has accepted.
func namespace(connection string) string {
	for pair := range strings.SplitSeq(connection, ";") {
		if key, value, _ := strings.Cut(pair, "="); strings.EqualFold(key, "Endpoint") {
			if u, err := url.Parse(value); err == nil {
				return u.Hostname()
			}
		}
	}
	return ""
}

// listen receives until ctx ends, then waits for the messages in work. What
// goes wrong at the broker is tried again for ever.
func (h *Host) listen(ctx context.Context, l *listener) {
	var work sync.WaitGroup
	var waiting *azservicebus.Receiver
	slots := make(chan struct{}, h.file.bus.maxConcurrentCalls)
	pause := h.pace.retry
	for take(ctx, slots) {
		life := l.life()
		r, m, err := l.next(ctx, waiting)
		waiting = r
		switch {
		case m != nil:
			waiting, pause = nil, h.pace.retry
			work.Go(func() {
				h.deliver(l, r, m)
				l.put(r, life)
				<-slots
			})
			continue
		case err != nil && ctx.Err() == nil:
			l.giveUp(waiting)
			waiting = nil
			err = fmt.Errorf("receiving from %s: %w", l.fn.queue.entity(), err)
			h.emit(Event{Kind: Problem, Level: slog.LevelError, Function: l.fn.name, Err: err})
			sleep(ctx, pause)
			pause = min(2*pause, 30*time.Second)
		}
		<-slots
	}
	l.giveUp(waiting)
	close(l.quiet)
	work.Wait()
	closeQuietly(l.client)
}

// take fills a slot; it reports false when ctx has ended.
func take(ctx context.Context, slots chan<- struct{}) bool {
	select {
	case slots <- struct{}{}:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

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

// deliver invokes the function for one message and settles it. While the host
// is stopping even a success is given back, because the real host checks its
// stop token before the result: the message comes again.
func (h *Host) deliver(l *listener, r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) {
	renewing, stopRenewing := context.WithCancel(h.life)
	go h.renew(renewing, l, r, m)
	err := h.bind(l, m)
	stopRenewing()
	if h.gone() {
		return // nobody is left to settle: the lock runs out
	}
	stopping := h.calls.stopping()
	if stopping {
		<-l.quiet
	}
	ctx, cancel := context.WithTimeout(h.life, settleWithin)
	defer cancel()
	switch {
	case err != nil || stopping:
		err = r.AbandonMessage(ctx, m, nil)
	case l.fn.queue.autoComplete:
		err = r.CompleteMessage(ctx, m, nil)
	}
	if err != nil && h.life.Err() == nil {
		err = fmt.Errorf("settling a message of %s: %w", l.fn.queue.entity(), err)
		h.emit(Event{Kind: Problem, Level: slog.LevelWarn, Function: l.fn.name, Err: err})
	}
}

// bind makes the envelope of a message and posts it.
func (h *Host) bind(l *listener, m *azservicebus.ReceivedMessage) error {
	envelope, err := fromSDK(m).envelope(l.fn.binding, l.fn.queue.binary, l.about, newStamp(l.fn.name))
	if err != nil {
		h.emit(Event{Kind: Failed, Level: slog.LevelError, Function: l.fn.name, Err: err})
		return err
	}
	parent, _ := m.ApplicationProperties["Diagnostic-Id"].(string)
	return h.invoke(l.fn.name, envelope, h.trace(parent))
}

// renew keeps a message locked while its invocation runs, for at most
// maxAutoLockRenewalDuration.
func (h *Host) renew(ctx context.Context, l *listener, r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) {
	ctx, cancel := context.WithTimeout(ctx, h.file.bus.maxAutoLockRenewal)
	defer cancel()
	for m.LockedUntil != nil {
		if !sleep(ctx, max(time.Until(*m.LockedUntil)/2, 100*time.Millisecond)) {
			return
		}
		if err := r.RenewMessageLock(ctx, m, nil); err != nil {
			if ctx.Err() == nil {
				err = fmt.Errorf("renewing the lock of a message of %s: %w", l.fn.queue.entity(), err)
				h.emit(Event{Kind: Problem, Level: slog.LevelWarn, Function: l.fn.name, Err: err})
			}
			if lost, ok := errors.AsType[*azservicebus.Error](err); ok && lost.Code == azservicebus.CodeLockLost {
				return
			}
		}
	}
}

// sleep reports whether it slept to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
