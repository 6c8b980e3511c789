package functions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"
)

// A worker keeps one handler process running: it starts it, waits for it to
// answer, and starts it again when it dies or an invocation timed out.
type worker struct {
	program
	probe func(context.Context) error // returns when the process answers
	limit time.Duration               // initializationTimeout, for messages
	reset func()                      // forgets connections to a dead process

	kick    chan *process // asks for another process in the place of this one
	forsake chan struct{} // when closed, the worker ends and leaves the process

	mu      sync.Mutex
	process *process
	ready   chan struct{} // closed while invocations may be posted
	isReady bool
}

const (
	exitRestart   = 200              // asks to be started again
	maxErrors     = 3                // the last of them stops the host
	errorsForgive = 30 * time.Minute // after so long without one, counting begins anew
)

var (
	errNotReady = errors.New("the handler did not answer GET / on 127.0.0.1 in time")
	errGiveUp   = errors.New("the handler died or did not start three times: exceeded http worker restart retry count")
)

// An ending says how a process came to its end.
type ending int

const (
	hostStops    ending = iota
	wantsRestart        // exit code 200, or an invocation timed out
	wantsRest           // exit code 0: never restarted
	wentWrong           // another exit code, or it never answered
)

// run starts the handler and returns when ctx ends or the host must give up.
// It sends on started whether the first start worked.
func (w *worker) run(ctx context.Context, started chan<- error) error {
	runtime.LockOSThread() // see program.start
	defer runtime.UnlockOSThread()
	var count int
	var last time.Time
	for {
		p, err := w.start()
		if err == nil {
			w.set(p)
		}
		if started != nil {
			started <- err
			started = nil
		}
		if err != nil {
			return err
		}
		w.emit(Event{Kind: Started})
		end, err := w.watch(ctx, p)
		switch end {
		case hostStops:
			return nil
		case wantsRest:
			w.emit(Event{Kind: Exited, Err: err})
			if !w.rest(ctx, p) {
				return nil
			}
		case wantsRestart:
			w.emit(Event{Kind: Exited, Level: slog.LevelWarn, Err: err})
		case wentWrong:
			w.emit(Event{Kind: Exited, Level: slog.LevelError, Err: err})
			if time.Since(last) > errorsForgive {
				count = 0
			}
			count, last = count+1, time.Now()
			if count == maxErrors {
				return fmt.Errorf("%w: %w", errGiveUp, err)
			}
		}
	}
}

// watch follows one process to its end.
func (w *worker) watch(ctx context.Context, p *process) (ending, error) {
	probing, cancel := context.WithCancel(ctx)
	defer cancel()
	probed := make(chan error, 1)
	go func() { probed <- w.probe(probing) }()
	for {
		select {
		case <-ctx.Done():
			w.unready()
			p.kill()
			return hostStops, nil
		case <-w.forsake:
			return hostStops, nil
		case q := <-w.kick:
			if q != p {
				continue // it is gone already
			}
			w.unready()
			p.kill()
			return wantsRestart, errors.New("killed because an invocation ran into functionTimeout")
		case err := <-probed:
			if err == nil {
				w.setReady()
				w.emit(Event{Kind: Ready})
				continue
			}
			if probing.Err() == nil {
				p.kill()
				return wentWrong, fmt.Errorf("%w (%v)", err, w.limit)
			}
		case <-p.exited:
			return w.exited(p)
		}
	}
}

// exited judges an exit code. After 0 invocations go on being posted, to
// nobody: the host does not notice.
func (w *worker) exited(p *process) (ending, error) {
	code := p.cmd.ProcessState.ExitCode()
	if code == 0 {
		w.reset()
		return wantsRest, errors.New("it exited with code 0, so the host starts it no more")
	}
	w.unready()
	err := fmt.Errorf("it exited with %v", p.cmd.ProcessState)
	if tail := p.errors.tail(); tail != "" {
		err = fmt.Errorf("%w: %s", err, tail)
	}
	if code == exitRestart {
		return wantsRestart, err
	}
	return wentWrong, err
}

// rest waits until the process that exited with 0 is to be replaced after
// all, which a call that runs into functionTimeout brings about.
func (w *worker) rest(ctx context.Context, p *process) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-w.forsake:
			return false
		case q := <-w.kick:
			if q == p {
				w.unready()
				return true
			}
		}
	}
}

// restart replaces the process p; being asked once is enough.
func (w *worker) restart(p *process) {
	select {
	case w.kick <- p:
	default:
	}
}

func (w *worker) set(p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.process = p
}

// current is the process that was started last; nil before the first.
func (w *worker) current() *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.process
}

func (w *worker) setReady() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.isReady {
		w.isReady = true
		close(w.ready)
	}
}

func (w *worker) unready() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isReady {
		w.isReady, w.ready = false, make(chan struct{})
	}
	w.reset()
}

// answers is closed while the handler can be called.
func (w *worker) answers() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ready
}
