// Package functions stands in for the Azure Functions host on a laptop and in
// tests. It reads host.json and every function.json below a script root,
// starts the custom handler that host.json names, and treats it as the real
// host (4.1037) does, its unkind habits included.
//
// In order: files are read and %NAME% settings resolved, a function that is
// wrong is left out and said; the handler is started with a port of its own
// and asked GET / until it answers; timers fire, messages are received, HTTP
// requests are proxied, each of them one call to the handler whose answer is
// judged. An answer that says nothing (204, an empty body, null) hangs until
// functionTimeout, when the handler is killed with all that runs in it. A
// handler that dies is started again; the third death stops the host; after
// exit code 0 nobody starts it again.
//
// When the host stops, calls in flight get ten seconds. Their messages come
// again even if they succeed. Then the handler is killed without a signal
// that it could see. The promise to whoever uses this package: no handler is
// left behind, unless [Host.Abandon] asks for just that.
//
// Not emulated, and refused with an error: retry policies, sessions,
// cardinality many, HTTP in envelopes or with forwarding. Timers remember
// nothing over a restart of the host, so none is ever past due.
package functions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Host runs the functions of one script root. [Start] makes one.
type Host struct {
	cfg    Config
	file   hostFile
	env    environment
	fns    []*function
	broken []error
	pace   pace
	id     string
	began  time.Time

	worker    *worker
	url       string
	transport *http.Transport
	client    *http.Client
	front     *http.Server
	addr      string
	clocks    []*clock
	listeners []*listener

	calls     inflight
	life      context.Context // ends when calls in flight are cut off
	cut       context.CancelFunc
	listening context.CancelFunc // stops timers and receivers
	killing   context.CancelFunc // ends the worker, which kills the handler
	tasks     sync.WaitGroup     // timers, receivers
	watching  chan struct{}      // closed when the worker has returned

	mu   sync.Mutex // guards what follows
	err  error
	left bool // gone: messages are not settled any more
	end  sync.Once
	done chan struct{}
}

// Start reads the files below cfg.Root, starts the handler and the triggers
// of every function that is right, and returns without waiting for the
// handler; see [Host.Ready]. A function that is wrong does not keep the
// others from running: see [Host.Problems]. An error means that nothing runs.
// When ctx ends, the host stops as by [Host.Stop].
func Start(ctx context.Context, cfg Config) (*Host, error) { return start(ctx, cfg, realPace) }

func start(ctx context.Context, cfg Config, pace pace) (*Host, error) {
	h, err := prepare(cfg, pace)
	if err != nil {
		return nil, fmt.Errorf("functions host: %w", err)
	}
	if cfg.HTTPAddr != "" {
		if err := h.serve(ctx, cfg.HTTPAddr); err != nil {
			h.cut()
			return nil, fmt.Errorf("functions host: %w", err)
		}
	}
	h.startTriggers()
	if err := h.startWorker(); err != nil {
		h.Kill()
		return nil, fmt.Errorf("functions host: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = h.Stop(context.Background()) })
	return h, nil
}

// prepare reads everything and starts nothing.
func prepare(cfg Config, pace pace) (*Host, error) {
	root, err := filepath.Abs(cfg.Root)
	if err != nil {
		return nil, err
	}
	cfg.Root = root
	if cfg.Env == nil {
		cfg.Env = os.Environ()
	}
	h := &Host{
		cfg: cfg, pace: pace, env: newEnvironment(cfg.Settings, cfg.Env), id: newGUID(), began: time.Now().UTC(),
		watching: make(chan struct{}), done: make(chan struct{}),
	}
	if h.file, err = readHostFile(root); err != nil {
		return nil, err
	}
	fns, broken := readFunctions(root, h.file, h.env)
	h.broken = broken
	for _, fn := range fns {
		h.add(fn)
	}
	if len(h.fns) == 0 {
		return nil, errors.Join(h.broken...)
	}
	for _, err := range h.broken {
		h.emit(Event{Kind: Problem, Level: slog.LevelError, Err: err})
	}
	p, err := newProgram(root, h.file, h.env)
	if err != nil {
		return nil, err
	}
	p.emit, p.outlives = h.emit, cfg.Orphan
	h.url = "http://127.0.0.1:" + strconv.Itoa(p.port)
	h.transport = newTransport()
	h.client = newClient(h.transport)
	h.worker = &worker{
		program: p, limit: h.file.initializationTimeout, reset: h.transport.CloseIdleConnections,
		kick: make(chan *process, 1), forsake: make(chan struct{}), ready: make(chan struct{}),
		probe: func(ctx context.Context) error {
			return probe(ctx, h.transport, h.url, pace.probe, h.file.initializationTimeout)
		},
	}
	h.life, h.cut = context.WithCancel(context.Background())
	return h, nil
}

// add makes a function one of the host's, or of the broken ones.
func (h *Host) add(fn *function) {
	switch {
	case fn.timer != nil:
		planned := timerStatus{next: fn.timer.schedule.next(h.began), updated: h.began}
		h.clocks = append(h.clocks, &clock{timerTrigger: fn.timer, fn: fn, stored: planned})
	case fn.queue != nil:
		l, err := open(fn)
		if err != nil {
			h.broken = append(h.broken, fmt.Errorf("%s: %w", fn.name, err))
			return
		}
		h.listeners = append(h.listeners, l)
	}
	h.fns = append(h.fns, fn)
}

// startWorker starts the handler and has it looked after.
func (h *Host) startWorker() error {
	ctx, cancel := context.WithCancel(context.Background())
	h.killing = cancel
	started := make(chan error, 1)
	go func() {
		err := h.worker.run(ctx, started)
		close(h.watching)
		if err != nil {
			h.fail(err)
		}
	}()
	return <-started
}

// startTriggers comes before the handler's start, as in the real host: what
// fires early waits for the handler.
func (h *Host) startTriggers() {
	ctx, cancel := context.WithCancel(context.Background())
	h.listening = cancel
	for _, c := range h.clocks {
		h.tasks.Go(func() { h.keepTime(ctx, c) })
	}
	for _, l := range h.listeners {
		h.tasks.Go(func() { h.listen(ctx, l) })
	}
}

func (h *Host) emit(e Event) {
	if h.cfg.On != nil {
		h.cfg.On(e)
	}
}

// Ready waits until the handler has answered for the first time. Its error is
// that of ctx, or why the host ended.
func (h *Host) Ready(ctx context.Context) error {
	select {
	case <-h.worker.answers():
		return nil
	case <-h.done:
		return errors.Join(errors.New("the functions host has ended"), h.Err())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run runs a timer function by hand, now, even if it runs already, and tells
// how that ended.
func (h *Host) Run(name string) error {
	c := h.clock(name)
	if c == nil {
		return fmt.Errorf("there is no timer function %s", name)
	}
	return h.ring(c, h.stored(c))
}

func (h *Host) clock(name string) *clock {
	for _, c := range h.clocks {
		if strings.EqualFold(c.fn.name, name) {
			return c
		}
	}
	return nil
}

// Functions names the functions that run.
func (h *Host) Functions() []string {
	var names []string
	for _, fn := range h.fns {
		names = append(names, fn.name)
	}
	return names
}

// Problems joins what is wrong with functions that therefore do not run; nil
// if all do.
func (h *Host) Problems() error { return errors.Join(h.broken...) }

// Addr is where the host listens; empty without [Config.HTTPAddr].
func (h *Host) Addr() string { return h.addr }

// PID is the process id of the handler that was started last.
func (h *Host) PID() int { return h.worker.current().cmd.Process.Pid }
