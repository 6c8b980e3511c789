package azfunc

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestListenSaysWhatIsWrong(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	for _, tt := range []struct{ name, value, want string }{
		{"unset", "", "FUNCTIONS_CUSTOMHANDLER_PORT is not set: "},
		{"a word", "http", `FUNCTIONS_CUSTOMHANDLER_PORT is "http": it has to be a port`},
		{"zero", "0", `FUNCTIONS_CUSTOMHANDLER_PORT is "0": it has to be a port`},
		{"too large", "65536", `FUNCTIONS_CUSTOMHANDLER_PORT is "65536": it has to be a port`},
		{"an address", "127.0.0.1:80", `FUNCTIONS_CUSTOMHANDLER_PORT is "127.0.0.1:80": it has to be a port`},
		{"in use", port, "listen on 127.0.0.1:" + port + " (FUNCTIONS_CUSTOMHANDLER_PORT): bind: address already in use"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Listen(func(string) string { return tt.value })
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want %q in one line", err, tt.want)
			}
		})
	}
}

func TestListenIsOnIPv4Loopback(t *testing.T) {
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(free.Addr().(*net.TCPAddr).Port)
	_ = free.Close()
	l, err := Listen(func(name string) string { return map[string]string{portSetting: port}[name] })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if got := l.Addr().String(); got != "127.0.0.1:"+port {
		t.Errorf("listens on %s", got)
	}
}

// A running is a door that serves until it is told to stop.
type running struct {
	addr  net.Addr
	ended chan error
}

func run(ctx context.Context, t *testing.T, d *Door) running {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := running{l.Addr(), make(chan error, 1)}
	go func() { r.ended <- d.Serve(ctx, l) }()
	return r
}

func TestWhatRunsIsFinished(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	d := &Door{Log: slog.New(slog.DiscardHandler), Grace: time.Minute, Routes: map[string]Route{
		"/F": {Function: OnTimer(func(ctx context.Context) error {
			close(begun)
			<-finish
			return ctx.Err()
		})},
	}}
	r := run(ctx, t, d)
	conn, idle := dial(t, r.addr), dial(t, r.addr)
	if _, err := io.WriteString(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	read(t, bufio.NewReader(idle))
	if _, err := io.WriteString(conn, post("/F", timerBody)); err != nil {
		t.Fatal(err)
	}
	<-begun
	stop()
	if _, err := idle.Read(make([]byte, 1)); !errors.Is(err, io.EOF) { // closed: it accepts no more
		t.Errorf("idle connection: %v, want EOF", err)
	}
	if again, err := net.Dial("tcp", r.addr.String()); err == nil {
		_ = again.Close()
		t.Error("still accepts connections")
	}
	close(finish)
	if got := read(t, bufio.NewReader(conn)); got != done {
		t.Errorf("answer %+v, want %+v", got, done)
	}
	if err := <-r.ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestWhatDoesNotFinishIsCancelled(t *testing.T) {
	begun := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	d := &Door{Log: slog.New(slog.DiscardHandler), Grace: time.Millisecond, Routes: map[string]Route{
		"/F": {Function: OnTimer(func(ctx context.Context) error {
			close(begun)
			<-ctx.Done()
			return ctx.Err()
		})},
	}}
	r := run(ctx, t, d)
	conn := dial(t, r.addr)
	if _, err := io.WriteString(conn, post("/F", timerBody)); err != nil {
		t.Fatal(err)
	}
	<-begun
	stop()
	if got := read(t, bufio.NewReader(conn)); got.status != 500 {
		t.Errorf("answer %+v, want 500", got)
	}
	if err := <-r.ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestClosedSocketIsAnError(t *testing.T) {
	d := &Door{Log: slog.New(slog.DiscardHandler)}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := d.Serve(t.Context(), l); err == nil {
		t.Error("Serve returned nil without having been told to stop")
	}
}

// A quiet listener never gets a connection; synctest knows it is waiting.
type quiet struct{ closed chan struct{} }

func (q quiet) Accept() (net.Conn, error) { <-q.closed; return nil, net.ErrClosed }
func (q quiet) Close() error              { close(q.closed); return nil }
func (q quiet) Addr() net.Addr            { return &net.TCPAddr{} }

func TestServeEndsWhenTheParentIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var parent atomic.Int64
		parent.Store(4711)
		d := &Door{Log: slog.New(slog.DiscardHandler), Parent: func() int { return int(parent.Load()) }}
		ended := make(chan error, 1)
		go func() { ended <- d.Serve(t.Context(), quiet{make(chan struct{})}) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		select {
		case err := <-ended:
			t.Fatalf("Serve ended beside its parent: %v", err)
		default:
		}
		parent.Store(1)
		time.Sleep(2 * parentPoll)
		synctest.Wait()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		default:
			t.Error("Serve goes on without its parent")
		}
	})
}
