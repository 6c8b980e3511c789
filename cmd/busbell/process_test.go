package main

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// A process is busbell in a process of its own, which signals reach.
type process struct {
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	stderr bytes.Buffer
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(t.Context(), "busbell", args...)} // testscript.Main put it on the PATH
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr, p.lines = &p.stderr, bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// until waits for a line that says so.
func (p *process) until(t *testing.T, what string) {
	t.Helper()
	for p.lines.Scan() {
		if strings.Contains(p.lines.Text(), what) {
			return
		}
	}
	t.Fatalf("it ended before it said %q: %s", what, p.stderr.String())
}

// interrupt is Ctrl-C; the process must end in good order.
func (p *process) interrupt(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("nobody can be interrupted here")
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for p.lines.Scan() { // all of it, before Wait closes the pipe
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v: %s", err, p.stderr.String())
	}
}

// In a container the stand-ins listen on all addresses; what they print is for
// programs on the same machine.
func TestEmulatorListensForOtherMachinesWhereThatIsAllowed(t *testing.T) {
	config := write(t, "Config.json", `{"UserConfig": {"Namespaces": []}}`)
	p := start(t, "emulator", "--config", config, "--allow-remote", "--servicebus", "0.0.0.0:0", "--servicebus-admin", "0.0.0.0:0", "--chat", "0.0.0.0:0")
	p.until(t, "ServiceBus=Endpoint=sb://127.0.0.1:")
	p.until(t, "SLACK_API_URL=http://127.0.0.1:")
	_, port, err := net.SplitHostPort(strings.TrimPrefix(p.lines.Text(), "SLACK_API_URL=http://"))
	if err != nil {
		t.Fatal(err)
	}
	p.until(t, "ready")
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if ip, ok := a.(*net.IPNet); !ok || ip.IP.IsLoopback() || ip.IP.To4() == nil {
			continue
		}
		conn, err := net.Dial("tcp", net.JoinHostPort(a.(*net.IPNet).IP.String(), port))
		if err != nil {
			t.Errorf("from another machine: %v", err)
			continue
		}
		_ = conn.Close()
	}
	p.interrupt(t)
}

func TestCtrlCEndsTheEmulator(t *testing.T) {
	config := write(t, "Config.json", `{"UserConfig": {"Namespaces": []}}`)
	p := start(t, "emulator", "--config", config, "--servicebus", "127.0.0.1:0", "--servicebus-admin", "127.0.0.1:0", "--chat", "127.0.0.1:0")
	p.until(t, "ready")
	p.interrupt(t)
}
