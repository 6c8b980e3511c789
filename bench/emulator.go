package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/emulator/servicebus"
)

// letters is how many messages of a kilobyte the stand-in moves.
const letters = 10_000

// emulator measures the stand-in for Service Bus with the real SDK, beside
// the same bytes through a plain connection and back.
func emulator(ctx context.Context, _ *lab) ([]line, error) {
	b, err := startBus(ctx, "letters")
	if err != nil {
		return nil, err
	}
	defer b.stop()
	lines := []line{
		{What: "emulator: send 10,000 × 1 KB", Budget: atLeast(100_000)},
		{What: "emulator: peek 10,000 × 1 KB", Budget: atLeast(90_000)},
		{What: "emulator: receive, complete 10,000 × 1 KB", Budget: atLeast(30_000)},
	}
	// Each step needs the one before it, so the three go round together.
	steps := []func() error{
		func() error {
			return b.fill(ctx, "letters", letters, kilobyte)
		},
		func() error {
			n, err := bareLoop(ctx, b.client, "letters")
			if err == nil && n != letters {
				err = fmt.Errorf("peeked %d letters of %d", n, letters)
			}
			return err
		},
		func() error { return b.complete(ctx, "letters", letters) },
	}
	rates := make([][]float64, len(steps))
	var plain []float64
	for range 3 {
		for i, step := range steps {
			begun := time.Now()
			if err := step(); err != nil {
				return nil, err
			}
			rates[i] = append(rates[i], letters/time.Since(begun).Seconds())
		}
		rate, err := echo()
		if err != nil {
			return nil, err
		}
		plain = append(plain, rate)
	}
	for i := range lines {
		lines[i].Unit, lines[i].Beside = "/s", "1 KB through plain TCP and back, 10,000 times"
		lines[i].pair = against(median(rates[i]), median(plain))
	}
	started, err := inTurns(9, accepting(startStandIn), accepting(startListener))
	if err != nil {
		return nil, err
	}
	return append(lines, line{What: "emulator: start → accepts", Unit: "ms", pair: started, Budget: atMost(5), Beside: "a plain listener"}), nil
}

func kilobyte(int) *azservicebus.Message { return &azservicebus.Message{Body: make([]byte, 1<<10)} }

// complete receives n messages and completes them, sixteen at once.
func (b *bus) complete(ctx context.Context, queue string, n int) error {
	receiver, err := b.client.NewReceiverForQueue(queue, nil)
	if err != nil {
		return fmt.Errorf("receive from %s: %w", queue, err)
	}
	defer func() { _ = receiver.Close(ctx) }()
	return completeAll(ctx, receiver, n)
}

// A receiver is one of the SDK's, with a session or without.
type receiver interface {
	ReceiveMessages(context.Context, int, *azservicebus.ReceiveMessagesOptions) ([]*azservicebus.ReceivedMessage, error)
	CompleteMessage(context.Context, *azservicebus.ReceivedMessage, *azservicebus.CompleteMessageOptions) error
}

func completeAll(ctx context.Context, from receiver, n int) error {
	settling, ctx := errgroup.WithContext(ctx)
	settling.SetLimit(16)
	for n > 0 {
		messages, err := from.ReceiveMessages(ctx, min(n, 1000), nil)
		if err != nil {
			return fmt.Errorf("receive: %w", err)
		}
		n -= len(messages)
		for _, m := range messages {
			settling.Go(func() error { return from.CompleteMessage(ctx, m, nil) })
		}
	}
	return settling.Wait()
}

// echo sends a kilobyte through a connection and waits for it to come back,
// over and over, and returns how often it did so a second.
func echo() (float64, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.Copy(struct{ io.Writer }{conn}, struct{ io.Reader }{conn}) // by reading and writing
	}()
	conn, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	letter := make([]byte, 1<<10)
	begun := time.Now()
	for range letters {
		if _, err := conn.Write(letter); err != nil {
			return 0, err
		}
		if _, err := io.ReadFull(conn, letter); err != nil {
			return 0, err
		}
	}
	return letters / time.Since(begun).Seconds(), nil
}

// accepting measures, in milliseconds, how long it takes from the start of
// something until a connection to it is open.
func accepting(start func() (addr string, end func() error, err error)) func() (float64, error) {
	return func() (float64, error) {
		begun := time.Now()
		addr, end, err := start()
		if err != nil {
			return 0, err
		}
		defer func() { _ = end() }()
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return 0, err
		}
		took := time.Since(begun)
		return milliseconds(took), conn.Close()
	}
}

func startStandIn() (string, func() error, error) {
	s, err := servicebus.Start(servicebus.Config{Queues: []servicebus.Queue{{Name: "error"}, {Name: "orders"}}})
	if err != nil {
		return "", nil, err
	}
	return s.Addr(), s.Close, nil
}

func startListener() (string, func() error, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	return l.Addr().String(), l.Close, nil
}
