package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/servicebus"
)

// batched is how many messages are accepted at once.
const batched = 100

// kept measures sending to a stand-in that keeps its messages in a file,
// beside one that does not.
func kept(ctx context.Context, l *lab) ([]line, error) {
	memory, err := startBus(ctx, "letters")
	if err != nil {
		return nil, err
	}
	defer memory.stop()
	file, err := spawnBus(ctx, "serve-kept-bus", filepath.Join(l.dir, "kept"), "letters")
	if err != nil {
		return nil, err
	}
	defer file.stop()
	got, err := inTurns(3, rate(ctx, file), rate(ctx, memory))
	if err != nil {
		return nil, err
	}
	return []line{{
		What: "emulator: send 10,000 × 1 KB by 100, kept in a file", Unit: "/s", pair: got,
		Budget: atLeast(20_000), Beside: "the same, kept in memory",
	}}, nil
}

// rate measures how many messages a second are sent, each batch after the one
// before it.
func rate(ctx context.Context, b *bus) func() (float64, error) {
	return func() (float64, error) {
		sender, err := b.client.NewSender("letters", nil)
		if err != nil {
			return 0, fmt.Errorf("send to letters: %w", err)
		}
		defer func() { _ = sender.Close(ctx) }()
		letter := &azservicebus.Message{Body: make([]byte, 1<<10)}
		begun := time.Now()
		for range letters / batched {
			batch, err := sender.NewMessageBatch(ctx, nil)
			if err != nil {
				return 0, fmt.Errorf("send to letters: %w", err)
			}
			for range batched {
				if err := batch.AddMessage(letter, nil); err != nil {
					return 0, fmt.Errorf("send to letters: %w", err)
				}
			}
			if err := sender.SendMessageBatch(ctx, batch, nil); err != nil {
				return 0, fmt.Errorf("send to letters: %w", err)
			}
		}
		return letters / time.Since(begun).Seconds(), nil
	}
}

// serveKeptBus is the role of a stand-in that keeps messages in the file that
// args name first.
func serveKeptBus(_ context.Context, args []string) error {
	defer func() { _ = os.Remove(args[0]) }()
	return serve(servicebus.Config{Data: args[0]}, args[1:])
}
