package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// children are what this program does when it starts itself again, so that
// ours and its baseline have the stand-in, or their memory, for themselves.
var children = map[string]func(context.Context, []string) error{
	"serve-bus":      serveBus,
	"serve-kept-bus": serveKeptBus,
	"peek-bare":      peekBare,
}

// A child is this program once more, in a role. It ends when its standard
// input does, so it cannot outlive us.
type child struct {
	cmd   *exec.Cmd
	in    io.Closer
	first string // the line with which it said that it is ready
	said  *bytes.Buffer
}

func spawn(ctx context.Context, role string, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	c := &child{cmd: exec.CommandContext(ctx, self, append([]string{role}, args...)...), said: new(bytes.Buffer)}
	c.cmd.Stderr = c.said
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	c.first, err = bufio.NewReader(out).ReadString('\n')
	c.first = strings.TrimSpace(c.first)
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("%s did not say that it is ready: %w\n%s", role, err, c.said)
	}
	return c, nil
}

func (c *child) stop() {
	_ = c.in.Close()
	_ = c.cmd.Wait() // what it had to say, it said
}
