package functions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// settleWithin is the time for telling the broker what became of a message.
const settleWithin = 10 * time.Second

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
