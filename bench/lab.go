package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// A lab is what the benches share: a folder that is removed at the end, and
// the programs under test, built once and only if somebody asks.
type lab struct {
	dir     string
	handler func() (string, error) // path of the handler, built as it ships
	empty   func() (string, error) // path of its baseline
}

func newLab(ctx context.Context) (*lab, error) {
	dir, err := os.MkdirTemp("", "busbell-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to work in: %w", err)
	}
	l := &lab{dir: dir}
	l.handler = sync.OnceValues(func() (string, error) { return l.build(ctx, "handler") })
	l.empty = sync.OnceValues(func() (string, error) { return l.build(ctx, "bench/baseline") })
	return l, nil
}

func (l *lab) close() { _ = os.RemoveAll(l.dir) }

const module = "github.com/busbell/busbell"

// build makes a program with the flags of the Makefile.
func (l *lab) build(ctx context.Context, folder string) (string, error) {
	out := filepath.Join(l.dir, filepath.Base(folder))
	if runtime.GOOS == "windows" {
		out += ".exe"
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", out, module+"/"+folder)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", folder, err, text)
	}
	return out, nil
}

// programs are the paths of the handler and of its baseline.
func (l *lab) programs() (handler, empty string, err error) {
	if handler, err = l.handler(); err != nil {
		return "", "", err
	}
	empty, err = l.empty()
	return handler, empty, err
}

// settings are a handler's environment with a busbell.yaml of its own. An
// empty address is one where nobody answers.
func (l *lab) settings(config, bus, slack string) ([]string, error) {
	file, err := os.CreateTemp(l.dir, "busbell-*.yaml")
	if err != nil {
		return nil, fmt.Errorf("write busbell.yaml: %w", err)
	}
	_, err = file.WriteString(config)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, fmt.Errorf("write busbell.yaml: %w", err)
	}
	if bus == "" {
		bus = "Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=bench;SharedAccessKey=bench;UseDevelopmentEmulator=true"
	}
	if slack == "" {
		slack = "http://127.0.0.1:9"
	}
	return []string{
		"BUSBELL_CONFIG=" + file.Name(), "STATE_TABLE_ENDPOINT=memory:", "ServiceBus=" + bus,
		"SLACK_BOT_TOKEN=xoxb-bench", "SLACK_API_URL=" + slack, "FEATURE_EVENTS_QUEUE=busbell-events",
		"RECOVERY_QUEUE=busbell-recovery", "ERROR_QUEUE_SCHEDULE=0 */2 * * * *",
	}, nil
}

// watching is a busbell.yaml that watches some queues and nothing else.
func watching(queues ...string) string {
	var b strings.Builder
	b.WriteString("environment: bench\nwatch:\n  slack: {channel: \"#bus-errors\"}\n  frames: {own: [\"Shop.\"]}\n  sources:\n")
	for _, q := range queues {
		fmt.Fprintf(&b, "    - queue: %s\n", q)
	}
	return b.String()
}
