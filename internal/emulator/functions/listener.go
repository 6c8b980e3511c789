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
type listener struct {
	fn       *function
	client   *azservicebus.Client
	receiver *azservicebus.Receiver
	about    []byte // what metadata say of the client
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
	l := &listener{fn: fn, client: client, about: clientJSON(namespace(fn.queue.connection), newGUID())}
	if q := fn.queue; q.queue != "" {
		l.receiver, err = client.NewReceiverForQueue(q.queue, nil)
	} else {
		l.receiver, err = client.NewReceiverForSubscription(q.topic, q.subscription, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("receiving from %s: %w", fn.queue.entity(), err)
	}
	return l, nil
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
	slots := make(chan struct{}, h.file.bus.maxConcurrentCalls)
	pause := h.pace.retry
	for ctx.Err() == nil {
		free := take(ctx, slots)
		msgs, err := l.receive(ctx, free)
		for range free - len(msgs) {
			<-slots
		}
		for _, m := range msgs {
			work.Go(func() {
				h.deliver(l, m)
				<-slots
			})
		}
		switch {
		case err == nil:
			pause = h.pace.retry
		case ctx.Err() == nil:
			err = fmt.Errorf("receiving from %s: %w", l.fn.queue.entity(), err)
			h.emit(Event{Kind: Problem, Level: slog.LevelError, Function: l.fn.name, Err: err})
			sleep(ctx, pause)
			pause = min(2*pause, 30*time.Second)
		}
	}
	work.Wait()
	l.close()
}

// take fills at least one slot, and all that are free.
func take(ctx context.Context, slots chan struct{}) int {
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	n := 1
	for {
		select {
		case slots <- struct{}{}:
			n++
		default:
			return n
		}
	}
}

// receive waits for up to n messages. The SDK panics on some properties of
// an unexpected type; that is an error like others.
func (l *listener) receive(ctx context.Context, n int) (msgs []*azservicebus.ReceivedMessage, err error) {
	if n == 0 {
		return nil, nil
	}
	defer func() {
		if r := recover(); r != nil {
			msgs, err = nil, fmt.Errorf("the SDK cannot read a message: %v", r)
		}
	}()
	return l.receiver.ReceiveMessages(ctx, n, &azservicebus.ReceiveMessagesOptions{TimeAfterFirstMessage: time.Millisecond})
}

// deliver invokes the function for one message and settles it. While the host
// is stopping even a success is given back, because the real host checks its
// stop token before the result: the message comes again.
func (h *Host) deliver(l *listener, m *azservicebus.ReceivedMessage) {
	renewing, stopRenewing := context.WithCancel(h.life)
	go h.renew(renewing, l, m)
	err := h.bind(l, m)
	stopRenewing()
	if h.gone() {
		return // nobody is left to settle: the lock runs out
	}
	ctx, cancel := context.WithTimeout(h.life, settleWithin)
	defer cancel()
	switch {
	case err != nil || h.calls.stopping():
		err = l.receiver.AbandonMessage(ctx, m, nil)
	case l.fn.queue.autoComplete:
		err = l.receiver.CompleteMessage(ctx, m, nil)
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
func (h *Host) renew(ctx context.Context, l *listener, m *azservicebus.ReceivedMessage) {
	ctx, cancel := context.WithTimeout(ctx, h.file.bus.maxAutoLockRenewal)
	defer cancel()
	for m.LockedUntil != nil {
		if !sleep(ctx, max(time.Until(*m.LockedUntil)/2, 100*time.Millisecond)) {
			return
		}
		if err := l.receiver.RenewMessageLock(ctx, m, nil); err != nil {
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

func (l *listener) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = l.receiver.Close(ctx) // the connection goes with the client
	_ = l.client.Close(ctx)   // and nothing is left to do if that fails
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
