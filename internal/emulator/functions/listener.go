package functions

import (
	"context"
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

// sleep reports whether it slept to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
