package app

import (
	"context"
	"time"

	"github.com/busbell/busbell/internal/azfunc"
	"github.com/busbell/busbell/internal/message"
)

// event runs the feature flow for one message of the trigger's queue. What
// cannot be written to the ledger is tried again within the message's lock:
// one that fails comes back at once, with one delivery less to go.
func (a *App) event(ctx context.Context, m azfunc.Message) error {
	s, err := a.services(ctx)
	if err != nil {
		return err
	}
	end := time.Now().Add(a.patience)
	for pause := time.Second; ; pause *= 2 {
		err := s.features.Handle(ctx, asMessage(s.eventQueue, m))
		if err == nil || !time.Now().Add(pause).Before(end) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// asMessage is what the host handed over, in the words of the flows.
func asMessage(queue string, m azfunc.Message) *message.Message {
	return &message.Message{
		Entity: queue, ID: m.ID, CorrelationID: m.CorrelationID, Subject: m.Subject, ContentType: m.ContentType,
		ReplyTo: m.ReplyTo, SessionID: m.SessionID, PartitionKey: m.PartitionKey, DeadLetterSource: m.DeadLetterSource,
		SequenceNumber: m.SequenceNumber, EnqueuedAt: message.Moment(m.EnqueuedAt), DeliveryCount: max(m.DeliveryCount-1, 0),
		Properties: m.Properties, Body: m.Body,
	}
}
