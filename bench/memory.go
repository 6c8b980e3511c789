package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/slack"
)

// memory measures what the handler holds of the machine's memory, which the
// kernel of Linux alone tells in this way.
func memory(ctx context.Context, l *lab) ([]line, error) {
	if runtime.GOOS != "linux" {
		return nil, nil
	}
	queues := make([]string, 21) // the first is the deep one
	for i := range queues {
		queues[i] = fmt.Sprintf("error-%02d", i)
	}
	idle, err := idleMemory(ctx, l)
	if err != nil {
		return nil, err
	}
	busy, err := busyMemory(ctx, l, queues)
	if err != nil {
		return nil, err
	}
	many, err := manyKinds(ctx, l, queues[1:])
	if err != nil {
		return nil, err
	}
	return []line{
		{What: "memory, idle", Unit: "MiB", pair: idle, Budget: atMost(24), Beside: "an empty net/http program"},
		{What: "memory, peak of a pass over 20 × 10,000 × 1 KB and a million", Unit: "MiB", pair: busy, Budget: atMost(64), Beside: "the bare SDK peek loop"},
		{What: "memory, peak of a pass over 20 × 500 problems of 32 KB", Unit: "MiB", pair: many, Budget: atMost(64), Beside: "the bare SDK peek loop"},
	}, nil
}

// idleMemory is what is resident after some probes, with the busbell.yaml that
// is in the repository. (Fifty features more take 2 MiB.)
func idleMemory(ctx context.Context, l *lab) (pair, error) {
	handler, empty, err := l.programs()
	if err != nil {
		return pair{}, err
	}
	config, err := os.ReadFile("busbell.yaml")
	if err != nil {
		return pair{}, err
	}
	settings, err := l.settings(string(config), "", "")
	if err != nil {
		return pair{}, err
	}
	resident := func(path string) func() (float64, error) {
		return func() (float64, error) {
			p, _, err := start(ctx, path, settings...)
			if err != nil {
				return 0, err
			}
			defer p.stop()
			// An invocation waits until all that is built at the start is built.
			if err := p.post(ctx, eventRoute, eventEnvelope()); err != nil {
				return 0, err
			}
			for range 5 {
				if err := p.answers(ctx); err != nil {
					return 0, err
				}
			}
			return memoryOf(p.cmd.Process.Pid, residentMemory)
		}
	}
	return inTurns(3, resident(handler), resident(empty))
}

// busyMemory is the most that was ever resident, after a pass.
func busyMemory(ctx context.Context, l *lab, queues []string) (pair, error) {
	return peaks(ctx, l, queues, func(b *bus) error {
		for _, queue := range queues[1:] {
			if err := b.fill(ctx, queue, 10_000, kind{problems: 5, size: 1 << 10}.sent); err != nil {
				return err
			}
		}
		return b.fill(ctx, queues[0], 1_000_000, letter)
	})
}

// peaks is the most that was ever resident after a pass over queues.
func peaks(ctx context.Context, l *lab, queues []string, fill func(*bus) error) (pair, error) {
	handler, err := l.handler()
	if err != nil {
		return pair{}, err
	}
	b, err := startBus(ctx, queues...)
	if err != nil {
		return pair{}, err
	}
	defer b.stop()
	if err := fill(b); err != nil {
		return pair{}, err
	}
	chat := httptest.NewServer(slack.New(slack.Config{Channels: []string{"bus-errors"}}))
	defer chat.Close()
	settings, err := l.settings(watching(queues...), b.connection, chat.URL)
	if err != nil {
		return pair{}, err
	}
	ours := func() (float64, error) {
		p, _, err := start(ctx, handler, settings...)
		if err != nil {
			return 0, err
		}
		defer p.stop()
		if err := p.post(ctx, timerRoute, []byte(timerEnvelope)); err != nil {
			return 0, err
		}
		return memoryOf(p.cmd.Process.Pid, peakMemory)
	}
	bare := func() (float64, error) {
		c, err := spawn(ctx, "peek-bare", append([]string{b.connection}, queues...)...)
		if err != nil {
			return 0, err
		}
		defer c.stop()
		return strconv.ParseFloat(c.first, 64)
	}
	return inTurns(1, ours, bare)
}

// manyKinds is the most that was ever resident after a pass over failures that
// are all of another kind, each with a deep trace.
func manyKinds(ctx context.Context, l *lab, queues []string) (pair, error) {
	return peaks(ctx, l, queues, func(b *bus) error {
		for _, queue := range queues {
			if err := b.fill(ctx, queue, 500, deep); err != nil {
				return err
			}
		}
		return nil
	})
}

// deep is a failure unlike all others, with a trace of 32 KB.
func deep(i int) *azservicebus.Message {
	m := kind{problems: 500}.sent(i)
	details := m.ApplicationProperties["rbs2-error-details"].(string)
	const frame = "\n   at Shop.Billing.Recursion.Deeper(Int32 depth) in /src/Shop.Billing/Recursion.cs:line 17"
	head, rest, _ := strings.Cut(details, "\n   at Rebus")
	m.ApplicationProperties["rbs2-error-details"] = head + strings.Repeat(frame, (32<<10-len(details))/len(frame)) + "\n   at Rebus" + rest
	return m
}

// Keys of /proc/PID/status.
const (
	residentMemory = "VmRSS:"
	peakMemory     = "VmHWM:"
)

// memoryOf reads a figure of a process, in MiB.
func memoryOf(pid int, key string) (float64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), key); ok {
			kib, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("the kernel tells no %s of process %d", key, pid)
}
