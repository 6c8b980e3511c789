package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell"
	"github.com/busbell/busbell/internal/emulator/functions"
)

// schedule is how often Busbell makes a pass.
const schedule = "*/3 * * * * *"

// startHost starts the real handler as the Functions host does, with settings
// that point to the stand-ins.
func startHost(cfg Config, cloud *Cloud, on func(functions.Event)) (*functions.Host, error) {
	if _, err := os.Stat(filepath.Join(cfg.Dir, "host.json")); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no host.json in %s; name Busbell's folder with --dir, or leave it out", cfg.Dir)
	}
	file, err := filepath.Abs(filepath.Join(cfg.Dir, "busbell.yaml"))
	if err != nil {
		return nil, err
	}
	settings := append(cloud.Settings(),
		"ERROR_QUEUE_SCHEDULE="+schedule,
		"STATE_TABLE_ENDPOINT=memory:",
		"BUSBELL_CONFIG="+file,
	)
	// The host is stopped by stopHost. With a context that ends, calls in flight would
	// get more time than somebody who pressed Ctrl-C wants to wait.
	h, err := functions.Start(context.Background(), functions.Config{
		Root: cfg.Dir, Env: append(harmless(os.Environ()), settings...), On: on, HTTPAddr: "127.0.0.1:0",
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no bin/handler; run: make build")
	}
	if err == nil {
		cloud.Slack.SendClicks("http://"+h.Addr()+"/api/slack/actions", signingSecret)
	}
	return h, err
}

// unpack makes a folder for the host, in which it finds this program as the
// handler.
func unpack() (folder string, err error) {
	program, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program, which is the handler too: %w", err)
	}
	if folder, err = os.MkdirTemp("", "busbell-demo-"); err != nil {
		return "", err
	}
	if err := busbell.Unpack(folder, program, "handler"); err != nil {
		return "", errors.Join(err, os.RemoveAll(folder))
	}
	return folder, nil
}

// stopHost ends handler and host, and waits for it.
func stopHost(h *functions.Host) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = h.Stop(ctx) // it says which calls were cut off, and they may be
}

// harmless removes from an environment all that could lead a program to a real
// service. It keeps a few known names, because the names of such settings are many.
func harmless(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return !slices.Contains(passed, strings.ToUpper(name))
	})
}

var passed = []string{
	"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "USERPROFILE",
	"GOMAXPROCS", "GOMEMLIMIT", "GODEBUG", "GOTRACEBACK", "GOCOVERDIR", "GORACE",
}
