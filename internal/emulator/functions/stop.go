package functions

import (
	"context"
	"fmt"
	"log/slog"
	"os"
)

// Stop ends the host: timers and receivers stop, calls in flight get ten
// seconds, or less if ctx ends before, and the handler is killed. The messages
// of those calls come again, even if they succeeded. Its error says how many
// calls were cut off. Stopping twice is harmless.
func (h *Host) Stop(ctx context.Context) error { return h.stopWith(ctx, nil) }

// Kill ends host and handler at once, as a crash of the whole container
// would: nothing in flight is waited for or settled.
func (h *Host) Kill() {
	h.leave()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = h.stopWith(ctx, nil) // that calls were cut off is the purpose
}

// Abandon ends the host and leaves the handler running without it, as a host
// does whose calls take longer than ten seconds. It returns the process id of
// the handler, which the caller has to end. See [Config.Orphan] for leaving
// it to a handler to notice that its parent is gone.
func (h *Host) Abandon() int {
	h.leave()
	pid := h.PID()
	h.end.Do(func() {
		h.quiet()
		close(h.worker.forsake)
		h.cut()
		h.tasks.Wait()
		<-h.watching
		h.finish(nil)
	})
	return pid
}

// Interrupt sends the handler the signal that Ctrl+C sends to the whole
// process group of a host. [Host.Stop] usually follows at once.
func (h *Host) Interrupt() error {
	if err := h.worker.current().cmd.Process.Signal(os.Interrupt); err != nil {
		return fmt.Errorf("interrupting the handler: %w", err)
	}
	return nil
}

// Done is closed when the host has ended, by itself or because it was stopped.
func (h *Host) Done() <-chan struct{} { return h.done }

// Err says why the host ended by itself; nil while it runs and after Stop.
func (h *Host) Err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// Wait waits for the end of the host and returns [Host.Err].
func (h *Host) Wait() error {
	<-h.done
	return h.Err()
}

// fail ends the host because of err. Nothing runs that could be waited for.
func (h *Host) fail(err error) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	go func() { _ = h.stopWith(ctx, err) }()
}

// stopWith ends the host once; later calls wait for the first one.
func (h *Host) stopWith(ctx context.Context, reason error) (cutOff error) {
	h.end.Do(func() {
		h.quiet()
		draining, cancel := context.WithTimeout(ctx, h.pace.drain)
		if n := h.calls.drain(draining); n > 0 {
			h.leave()
			cutOff = fmt.Errorf("stopping the functions host: %d calls were cut off", n)
		} else {
			h.settle(draining)
		}
		cancel()
		h.cut()
		h.killing()
		<-h.watching
		h.tasks.Wait()
		h.finish(reason)
	})
	return cutOff
}

// quiet lets nothing new begin.
func (h *Host) quiet() {
	h.calls.close()
	h.listening()
}

// settle waits for the messages that are being given back.
func (h *Host) settle(ctx context.Context) {
	settled := make(chan struct{})
	go func() {
		h.tasks.Wait()
		close(settled)
	}()
	select {
	case <-settled:
	case <-ctx.Done():
	}
}

// finish closes what is left and tells the end.
func (h *Host) finish(reason error) {
	if h.front != nil {
		_ = h.front.Close() // its calls have ended or were cut off
	}
	h.transport.CloseIdleConnections()
	h.mu.Lock()
	h.err = reason
	h.mu.Unlock()
	e := Event{Kind: Stopped, Err: reason}
	if reason != nil {
		e.Level = slog.LevelError
	}
	h.emit(e)
	close(h.done)
}

// leave makes the host one that is gone as far as the broker knows.
func (h *Host) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.left = true
}

func (h *Host) gone() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.left
}
