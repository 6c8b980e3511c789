package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/busbell/busbell/internal/emulator/slack"
)

// cpu measures what a message costs the handler of the machine's time, from
// the timer's call to its answer, in the first pass and in the next, beside a
// process that only peeks. What else the machine does counts less than in the
// time that passes. Only the kernel of Linux tells it in this way.
func cpu(ctx context.Context, l *lab) ([]line, error) {
	if runtime.GOOS != "linux" {
		return nil, nil
	}
	const many = 5_000
	handler, err := l.handler()
	if err != nil {
		return nil, err
	}
	b, err := startBus(ctx, "error")
	if err != nil {
		return nil, err
	}
	defer b.stop()
	if err := b.fill(ctx, "error", many, kind{problems: 20, size: 7 << 10}.sent); err != nil {
		return nil, err
	}
	chat := httptest.NewServer(slack.New(slack.Config{Channels: []string{"bus-errors"}}))
	defer chat.Close()
	settings, err := l.settings(watching("error"), b.connection, chat.URL)
	if err != nil {
		return nil, err
	}
	passes := func(before int) func() (float64, error) {
		return func() (float64, error) {
			p, _, err := start(ctx, handler, settings...)
			if err != nil {
				return 0, err
			}
			defer p.stop()
			if err := p.post(ctx, eventRoute, eventEnvelope()); err != nil { // it waits until all is built
				return 0, err
			}
			for range before {
				if err := p.post(ctx, timerRoute, []byte(timerEnvelope)); err != nil {
					return 0, err
				}
			}
			pid := p.cmd.Process.Pid
			begun, err := cpuOf(pid)
			if err != nil {
				return 0, err
			}
			if err := p.post(ctx, timerRoute, []byte(timerEnvelope)); err != nil {
				return 0, err
			}
			ended, err := cpuOf(pid)
			return (ended - begun) / many, err
		}
	}
	bare := func() (float64, error) {
		c, err := spawn(ctx, "peek-bare", b.connection, "error")
		if err != nil {
			return 0, err
		}
		defer c.stop()
		spent, err := cpuOf(c.cmd.Process.Pid)
		return spent / many, err
	}
	first, err := inTurns(7, passes(0), bare)
	if err != nil {
		return nil, err
	}
	next, err := inTurns(7, passes(1), bare)
	if err != nil {
		return nil, err
	}
	const beside = "a process with the bare SDK peek loop"
	return []line{
		{What: "CPU per peeked message of 7 KB, first pass over 5,000", Unit: "µs", pair: first, Budget: atMost(56), Beside: beside},
		{What: "CPU per peeked message of 7 KB, next pass", Unit: "µs", pair: next, Budget: atMost(48), Beside: beside},
	}, nil
}

// cpuOf is what a process has spent on the CPU, as itself and in the kernel,
// in µs. The kernel counts hundredths of a second.
func cpuOf(pid int) (float64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read the CPU time: %w", err)
	}
	const user, kernel = 11, 12 // behind the name in brackets
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) <= kernel {
		return 0, fmt.Errorf("read the CPU time of process %d: %q", pid, stat)
	}
	var ticks float64
	for _, i := range []int{user, kernel} {
		n, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return 0, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
		}
		ticks += n
	}
	return ticks * 10_000, nil
}
