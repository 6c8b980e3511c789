//go:build unix

package azfunc

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
)

// TestMain lets this test's binary be a handler that a host starts.
func TestMain(m *testing.M) {
	if os.Getenv("AZFUNC_TEST_HANDLER") == "" {
		os.Exit(m.Run())
	}
	if err := handler(); err != nil {
		fmt.Fprintln(os.Stderr, "handler:", err)
		os.Exit(1)
	}
}

func handler() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := Listen(os.Getenv)
	if err != nil {
		return err
	}
	door := Door{Log: NewLogger(os.Stdout, true), Routes: map[string]Route{
		"/UntilTold": {Function: OnTimer(func(context.Context) error {
			fmt.Println("begun")
			<-ctx.Done()
			return nil
		})},
	}}
	fmt.Println("listening")
	return door.Serve(ctx, l)
}

// host runs a command in which "$0" is the handler.
type host struct {
	*exec.Cmd
	addr   net.Addr
	out    *bufio.Reader
	stderr bytes.Buffer
}

func startHost(t *testing.T, script string) *host {
	t.Helper()
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &host{addr: free.Addr(), Cmd: exec.CommandContext(t.Context(), "sh", "-c", script, os.Args[0])}
	_ = free.Close()
	h.Env = append(os.Environ(), "AZFUNC_TEST_HANDLER=1", portSetting+"="+strconv.Itoa(free.Addr().(*net.TCPAddr).Port))
	h.Stderr = &h.stderr
	out, err := h.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	h.out = bufio.NewReader(out)
	if err := h.Start(); err != nil {
		t.Fatal(err)
	}
	h.says(t, "listening\n")
	return h
}

func (h *host) says(t *testing.T, want string) {
	t.Helper()
	if got, err := h.out.ReadString('\n'); got != want {
		t.Fatalf("handler said %q, want %q (error %v; stderr %s)", got, want, err, &h.stderr)
	}
}

func TestSignalInMidFlight(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			h := startHost(t, `exec "$0"`)
			conn := dial(t, h.addr)
			if _, err := io.WriteString(conn, post("/UntilTold", timerBody)); err != nil {
				t.Fatal(err)
			}
			h.says(t, "begun\n")
			if err := h.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if got := read(t, bufio.NewReader(conn)); got != done {
				t.Errorf("answer %+v, want %+v", got, done)
			}
			if _, err := io.Copy(io.Discard, h.out); err != nil {
				t.Error(err)
			}
			if err := h.Wait(); err != nil || h.stderr.Len() > 0 {
				t.Errorf("exit %v, stderr %q", err, &h.stderr)
			}
		})
	}
}

// TestOrphanEnds kills the parent of a handler, which thereby gets no signal.
// The handler holds the pipe open as long as it lives.
func TestOrphanEnds(t *testing.T) {
	h := startHost(t, `"$0" & wait`)
	if got := send(t, h.addr, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); got != done {
		t.Fatalf("probe: %+v", got)
	}
	if err := h.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	last, err := io.ReadAll(h.out)
	if err != nil || !bytes.Contains(last, []byte("the parent process is gone")) {
		t.Errorf("handler said %q, error %v", last, err)
	}
}

func TestCannotListenIsOneLineAndExit1(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "AZFUNC_TEST_HANDLER=1", portSetting+"=")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || bytes.Count(out, []byte("\n")) != 1 || !bytes.Contains(out, []byte(portSetting+" is not set")) {
		t.Errorf("exit %v, said %q", err, out)
	}
}
