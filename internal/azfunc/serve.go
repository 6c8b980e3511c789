package azfunc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// portSetting is the environment variable with the port that the host connects
// to.
const portSetting = "FUNCTIONS_CUSTOMHANDLER_PORT"

const (
	defaultGrace = 10 * time.Second
	parentPoll   = time.Second
	// headerTimeout is longer than the host keeps an unused connection. If the
	// handler closed it first, a call of the host could fail.
	headerTimeout = 2 * time.Minute
)

// Listen opens the socket that the host expects: on IPv4 loopback, with the port
// from the environment. From then on the host can connect; it gets an answer once
// Serve runs. The error is one line for people.
func Listen(getenv func(string) string) (net.Listener, error) {
	value := getenv(portSetting)
	if value == "" {
		return nil, fmt.Errorf("%s is not set: the Functions host sets it when it starts this program (func start); without a host, set it to a free port", portSetting)
	}
	port, err := strconv.ParseUint(value, 10, 16)
	if err != nil || port == 0 {
		return nil, fmt.Errorf("%s is %.20q: it has to be a port, 1 to 65535", portSetting, value)
	}
	l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.FormatUint(port, 10)))
	if err == nil {
		return l, nil
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return nil, fmt.Errorf("listen on 127.0.0.1:%d (%s): %w", port, portSetting, err)
}

// Serve answers the host on l until ctx ends or the parent process is gone. Then
// it accepts nothing more, gives running invocations the time Grace to finish,
// cancels the rest, closes l and returns nil. It returns an error only if it can
// no longer accept connections.
func (d *Door) Serve(ctx context.Context, l net.Listener) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	server := &http.Server{
		Handler:                      d.Handler(life),
		ReadHeaderTimeout:            headerTimeout,
		ErrorLog:                     slog.NewLogLogger(d.Log.Handler(), slog.LevelWarn),
		DisableGeneralOptionsHandler: true, // OPTIONS * is 404 like any other path
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("accept connections on %s: %w", l.Addr(), err)
	case <-ctx.Done():
		d.Log.InfoContext(ctx, "stopping", "because", "told to stop")
	case <-d.orphaned(life):
		d.Log.InfoContext(ctx, "stopping", "because", "the parent process is gone")
	}
	d.finish(life, end, server)
	return nil
}

// finish waits for running invocations, then cancels them, then closes their connections.
func (d *Door) finish(life context.Context, end context.CancelFunc, server *http.Server) {
	grace := d.Grace
	if grace == 0 {
		grace = defaultGrace
	}
	ctx, cancel := context.WithTimeout(life, grace)
	defer cancel()
	if server.Shutdown(ctx) == nil {
		return
	}
	d.Log.WarnContext(life, "still running at the end", "grace", grace)
	end()
	ctx, cancel = context.WithTimeout(context.WithoutCancel(life), time.Second)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close() // an error changes nothing
	}
}

// orphaned returns a channel that is closed when the parent process has changed:
// a host that gives up on the handler just exits.
func (d *Door) orphaned(ctx context.Context) <-chan struct{} {
	parent := d.Parent
	if parent == nil {
		parent = os.Getppid
	}
	gone := make(chan struct{})
	first := parent()
	go func() {
		poll := time.NewTicker(parentPoll)
		defer poll.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-poll.C:
				if parent() != first {
					close(gone)
					return
				}
			}
		}
	}()
	return gone
}
