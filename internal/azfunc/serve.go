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

// portSetting names the environment variable in which the host tells where
// it will look for us.
const portSetting = "FUNCTIONS_CUSTOMHANDLER_PORT"

const (
	defaultGrace = 10 * time.Second
	parentPoll   = time.Second
	// headerTimeout is longer than the host keeps a connection that it opened
	// and did not use: closing one under its hands would fail a call.
	headerTimeout = 2 * time.Minute
)

// Listen opens the socket that the host expects, on IPv4 loopback and the port
// that it set in the environment. From then on the host finds us, though it
// waits for its answer until Serve runs. The error is one line for people.
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
	return nil, fmt.Errorf("listening on 127.0.0.1:%d (%s): %w", port, portSetting, err)
}

// Serve answers the host on l until ctx ends or the parent process is gone,
// then takes no more, lets what runs finish within Grace, and returns nil.
// What still runs after that has its context cancelled and is left behind.
// Serve closes l. It returns an error only if it can no longer accept.
func (d *Door) Serve(ctx context.Context, l net.Listener) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	server := &http.Server{
		Handler:                      d.Handler(life),
		ReadHeaderTimeout:            headerTimeout,
		ErrorLog:                     slog.NewLogLogger(d.Log.Handler(), slog.LevelWarn),
		DisableGeneralOptionsHandler: true, // OPTIONS * is 404 like all else
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("accepting connections on %s: %w", l.Addr(), err)
	case <-ctx.Done():
		d.Log.InfoContext(ctx, "stopping", "because", "told to stop")
	case <-d.orphaned(life):
		d.Log.InfoContext(ctx, "stopping", "because", "the parent process is gone")
	}
	d.finish(life, end, server)
	return nil
}

// finish waits for what runs, then cancels it, then cuts it off.
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
		_ = server.Close() // nothing is left to be done about an error
	}
}

// orphaned returns a channel that is closed when the parent process is no
// longer the one it was. The host, when it gives up waiting for us, just ends.
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
