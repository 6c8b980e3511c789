package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/servicebus"
)

// inSessions begins the name of a queue that requires sessions.
const inSessions = "sessions-"

// serveBus is the role of the stand-in for Service Bus, with the queues that
// args name. It prints its connection string.
func serveBus(_ context.Context, args []string) error { return serve(servicebus.Config{}, args) }

func serve(cfg servicebus.Config, queues []string) error {
	for _, name := range queues {
		cfg.Queues = append(cfg.Queues, servicebus.Queue{Name: name, RequiresSession: strings.HasPrefix(name, inSessions)})
	}
	servicebus.LimitMemory()
	s, err := servicebus.Start(cfg)
	if err != nil {
		return err
	}
	fmt.Println(s.ConnectionString())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return s.Close()
}

// A bus is the stand-in in a process of its own, and a client of it.
type bus struct {
	*child
	connection string
	client     *azservicebus.Client
}

func startBus(ctx context.Context, queues ...string) (*bus, error) {
	return spawnBus(ctx, "serve-bus", queues...)
}

func spawnBus(ctx context.Context, role string, args ...string) (*bus, error) {
	c, err := spawn(ctx, role, args...)
	if err != nil {
		return nil, err
	}
	client, err := azservicebus.NewClientFromConnectionString(c.first, nil)
	if err != nil {
		c.stop()
		return nil, err
	}
	return &bus{c, c.first, client}, nil
}

func (b *bus) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	_ = b.client.Close(ctx) // the process ends next
	b.child.stop()
}

// fill sends n messages to a queue, as many at once as fit.
func (b *bus) fill(ctx context.Context, queue string, n int, make func(int) *azservicebus.Message) error {
	sender, err := b.client.NewSender(queue, nil)
	if err != nil {
		return fmt.Errorf("send to %s: %w", queue, err)
	}
	defer func() { _ = sender.Close(ctx) }()
	for i := 0; i < n; {
		batch, err := sender.NewMessageBatch(ctx, nil)
		if err != nil {
			return fmt.Errorf("send to %s: %w", queue, err)
		}
		for ; i < n; i++ {
			err := batch.AddMessage(make(i), nil)
			if errors.Is(err, azservicebus.ErrMessageTooLarge) && batch.NumMessages() > 0 {
				break
			}
			if err != nil {
				return fmt.Errorf("send to %s: %w", queue, err)
			}
		}
		if err := sender.SendMessageBatch(ctx, batch, nil); err != nil {
			return fmt.Errorf("send to %s: %w", queue, err)
		}
	}
	return nil
}
