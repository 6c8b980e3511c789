package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A program is a handler, ours or the empty one, that serves.
type program struct {
	cmd   *exec.Cmd
	addr  string
	ended chan struct{}
	said  *output
}

// start runs a program until it answers GET / for the first time, and tells
// how long that took.
func start(ctx context.Context, path string, settings ...string) (*program, time.Duration, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, 0, err
	}
	_, port, _ := net.SplitHostPort(addr)
	p := &program{cmd: exec.CommandContext(ctx, path), addr: addr, ended: make(chan struct{}), said: new(output)}
	p.cmd.Env = append(settings, "FUNCTIONS_CUSTOMHANDLER_PORT="+port)
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	begun := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, 0, fmt.Errorf("start %s: %w", path, err)
	}
	go func() {
		_ = p.cmd.Wait() // told by what is missing later
		close(p.ended)
	}()
	if err := p.answers(ctx); err != nil {
		p.stop()
		return nil, 0, fmt.Errorf("%s: %w\n%s", path, err, p.said)
	}
	return p, time.Since(begun), nil
}

// answers waits for the first 200, asking ten times a millisecond.
func (p *program) answers(ctx context.Context) error {
	for {
		conn, err := net.Dial("tcp4", p.addr)
		if err == nil {
			defer func() { _ = conn.Close() }()
			return probe(conn)
		}
		select {
		case <-p.ended:
			return errors.New("ended before it answered")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Microsecond):
		}
	}
}

func probe(conn net.Conn) error {
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")); err != nil {
		return fmt.Errorf("ask for /: %w", err)
	}
	status, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.HasPrefix(status, "HTTP/1.1 200") {
		return fmt.Errorf("GET / was answered with %q: %w", status, err)
	}
	return nil
}

// post invokes a function and waits for it.
func (p *program) post(ctx context.Context, route string, envelope []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.addr+route, bytes.NewReader(envelope))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("POST %s was answered with %s\n%s", route, answer.Status, p.said)
	}
	return nil
}

func (p *program) stop() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// freeAddr is an address on which nobody listens at the moment.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

// An output keeps the end of what a program prints.
type output struct {
	mu   sync.Mutex
	text []byte
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, b...)
	if len(o.text) > 8<<10 {
		o.text = bytes.Clone(o.text[len(o.text)-4<<10:])
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text)
}

// size is what a file holds, in MiB.
func size(path string) (float64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return float64(info.Size()) / (1 << 20), nil
}
