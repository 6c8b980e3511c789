package shop

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"
)

// Clear removes n dead letters of a queue.
func (s *Shop) Clear(ctx context.Context, queue string, n int) error {
	return s.take(ctx, queue+"/$DeadLetterQueue", n, complete)
}

// Return returns the messages of some problems from the error queue, which holds
// n in all, to their services. These handle them at once: the messages are gone.
func (s *Shop) Return(ctx context.Context, n int, Problems ...Problem) error {
	wanted := map[string]bool{}
	for _, p := range Problems {
		wanted[p.Queue+" "+p.Message] = true
	}
	return s.take(ctx, ErrorQueue, n, func(ctx context.Context, r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) error {
		queue, _ := m.ApplicationProperties["rbs2-source-queue"].(string)
		typeName, _ := m.ApplicationProperties["rbs2-msg-type"].(string)
		typeName, _, _ = strings.Cut(typeName, ",")
		if !wanted[queue+" "+typeName] {
			return r.AbandonMessage(ctx, m, nil)
		}
		return complete(ctx, r, m)
	})
}

func complete(ctx context.Context, r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) error {
	return r.CompleteMessage(ctx, m, nil)
}

// take locks n messages of a queue, all of them before the first is settled:
// one that is abandoned would come again.
func (s *Shop) take(ctx context.Context, queue string, n int, settle func(context.Context, *azservicebus.Receiver, *azservicebus.ReceivedMessage) error) error {
	var opts azservicebus.ReceiverOptions
	name, dead := strings.CutSuffix(queue, "/$DeadLetterQueue")
	if dead {
		opts.SubQueue = azservicebus.SubQueueDeadLetter
	}
	r, err := s.client.NewReceiverForQueue(name, &opts)
	if err != nil {
		return fmt.Errorf("receiving from %s: %w", queue, err)
	}
	defer func() { _ = r.Close(context.WithoutCancel(ctx)) }()
	locked, err := lock(ctx, r, n)
	if err != nil {
		return fmt.Errorf("receiving from %s: %w", queue, err)
	}
	settling, ctx := errgroup.WithContext(ctx)
	settling.SetLimit(16)
	for _, m := range locked {
		settling.Go(func() error { return settle(ctx, r, m) })
	}
	if err := settling.Wait(); err != nil {
		return fmt.Errorf("settling what came from %s: %w", queue, err)
	}
	return nil
}

// lock receives n messages, or fewer if no more come for a while.
func lock(ctx context.Context, r *azservicebus.Receiver, n int) ([]*azservicebus.ReceivedMessage, error) {
	var locked []*azservicebus.ReceivedMessage
	for len(locked) < n {
		wait, cancel := context.WithTimeout(ctx, 2*time.Second)
		more, err := r.ReceiveMessages(wait, n-len(locked), nil)
		cancel()
		locked = append(locked, more...)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return locked, nil
}
