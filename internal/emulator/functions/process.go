package functions

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A program says how to start the handler.
type program struct {
	path string
	args []string
	dir  string
	env  []string
	port int

	errorsOnStderrOnly bool
	outlives           bool // it may live on when this program dies
	emit               func(Event)
}

// newProgram reads from host.json what to start and chooses a free port.
func newProgram(root string, h hostFile, env environment) (program, error) {
	p := program{
		args:               strings.Fields(env.expand(h.arguments)),
		dir:                filepath.Join(root, h.workingDirectory),
		errorsOnStderrOnly: h.errorsOnStderrOnly,
	}
	var err error
	if p.path, err = find(root, h, env); err != nil {
		return p, err
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return p, fmt.Errorf("looking for a free port: %w", err)
	}
	p.port = l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return p, fmt.Errorf("looking for a free port: %w", err)
	}
	port, id := strconv.Itoa(p.port), newGUID()
	p.env = newEnvironment(env.list(), []string{
		"FUNCTIONS_CUSTOMHANDLER_PORT=" + port,
		"FUNCTIONS_HTTPWORKER_PORT=" + port,
		"FUNCTIONS_CUSTOMHANDLER_WORKER_ID=" + id,
		"FUNCTIONS_HTTPWORKER_ID=" + id,
		"FUNCTIONS_APP_ROOT_PATH=" + root,
	}).list()
	return p, nil
}

// find looks for the executable below the worker directory, then on PATH. The
// real host starts nothing and says little when it is missing; this one says
// what to do.
func find(root string, h hostFile, env environment) (string, error) {
	named := env.expand(h.executable)
	path := named
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, h.workerDirectory, path)
	}
	found, err := exec.LookPath(path)
	if err == nil {
		return found, nil
	}
	if errors.Is(err, os.ErrPermission) {
		return "", fmt.Errorf("the handler %s, which host.json names, is not executable", path)
	}
	if !strings.ContainsAny(named, `/\`) {
		if found, err := exec.LookPath(named); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("the handler %s, which host.json names, cannot be started: build it first: %w", path, errors.Unwrap(err))
}

// A process is one run of the handler.
type process struct {
	cmd    *exec.Cmd
	errors *console
	exited chan struct{} // closed when it has ended
}

// start starts the handler. The calling goroutine must be locked to its
// thread until the process has ended: Linux ties its life to that thread.
func (p program) start() (*process, error) {
	cmd := exec.Command(p.path, p.args...)
	out := &console{level: outLevel, emit: p.emit}
	errs := &console{level: errLevel(p.errorsOnStderrOnly), emit: p.emit}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.dir, p.env, out, errs
	cmd.WaitDelay = time.Second // for streams that a grandchild holds open
	if !p.outlives {
		dieWithParent(cmd)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the handler: %w", err)
	}
	run := &process{cmd, errs, make(chan struct{})}
	go func() {
		_ = cmd.Wait() // ProcessState tells the outcome
		out.flush()
		errs.flush()
		close(run.exited)
	}()
	return run, nil
}

// kill ends the process without notice and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.exited
}
