package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/busbell/busbell/internal/emulator/slack"
)

// storm measures the handler itself, told by the timer once, when a hundred
// thousand messages have failed for twenty reasons, and how loud it is.
func storm(ctx context.Context, l *lab) ([]line, error) {
	const flood = 100_000
	handler, err := l.handler()
	if err != nil {
		return nil, err
	}
	b, err := startBus(ctx, "error")
	if err != nil {
		return nil, err
	}
	defer b.stop()
	failures := kind{problems: 20, size: 3 << 10}
	if err := b.fill(ctx, "error", flood, failures.sent); err != nil {
		return nil, err
	}
	workspace := slack.New(slack.Config{Channels: []string{"bus-errors"}})
	chat := httptest.NewServer(workspace)
	defer chat.Close()
	settings, err := l.settings(watching("error"), b.connection, chat.URL)
	if err != nil {
		return nil, err
	}
	p, _, err := start(ctx, handler, settings...)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	begun := time.Now()
	if err := p.post(ctx, timerRoute, []byte(timerEnvelope)); err != nil {
		return nil, err
	}
	ours := time.Since(begun).Seconds()
	begun = time.Now()
	if n, err := bareLoop(ctx, b.client, "error"); err != nil || n != flood {
		return nil, fmt.Errorf("the bare loop read %d messages of %d: %w", n, flood, err)
	}
	bare := time.Since(begun).Seconds()
	posts := workspace.Snapshot().Calls["chat.postMessage"]
	if posts == 0 {
		return nil, fmt.Errorf("nothing was told to Slack\n%s", p.said)
	}
	return []line{
		{What: "storm of 100,000 × 3 KB: one pass", Unit: "s", pair: against(ours, bare), Budget: atMost(60), Beside: "the bare SDK peek loop"},
		{What: "storm: posts to Slack", Unit: "posts", pair: against(float64(posts), float64(failures.problems)), Budget: atMost(5), Beside: "a post for each problem"},
	}, nil
}
