package shop

import (
	"context"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// send brings messages to a queue or topic, as many at once as fit.
func (s *Shop) send(ctx context.Context, entity string, messages ...*azservicebus.Message) error {
	sender := s.senders[entity]
	if sender == nil {
		var err error
		if sender, err = s.client.NewSender(entity, nil); err != nil {
			return fmt.Errorf("sending to %s: %w", entity, err)
		}
		s.senders[entity] = sender
	}
	for len(messages) > 0 {
		sent, err := sendSome(ctx, sender, messages)
		if err != nil {
			return fmt.Errorf("sending to %s: %w", entity, err)
		}
		messages = messages[sent:]
	}
	return nil
}

// sendSome sends as many messages as fit into one batch.
func sendSome(ctx context.Context, sender *azservicebus.Sender, messages []*azservicebus.Message) (int, error) {
	batch, err := sender.NewMessageBatch(ctx, nil)
	if err != nil {
		return 0, err
	}
	for i, m := range messages {
		err := batch.AddMessage(m, nil)
		if errors.Is(err, azservicebus.ErrMessageTooLarge) && i > 0 {
			return i, sender.SendMessageBatch(ctx, batch, nil)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(messages), sender.SendMessageBatch(ctx, batch, nil)
}
