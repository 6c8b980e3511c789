package app

import (
	"context"
	"time"

	"github.com/busbell/busbell/internal/azfunc"
	"github.com/busbell/busbell/internal/message"
)

// event runs the feature flow for one message of the trigger's queue. If the ledger
// cannot be written, it tries again while the message is locked: a message that
// fails is delivered again at once, and has one delivery less.
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

// asMessage converts what the host posted into the message of the flows.
func asMessage(queue string, m azfunc.Message) *message.Message {
	return &message.Message{
		Entity: queue, ID: m.ID, CorrelationID: m.CorrelationID, Subject: m.Subject, ContentType: m.ContentType,
		ReplyTo: m.ReplyTo, SessionID: m.SessionID, PartitionKey: m.PartitionKey, DeadLetterSource: m.DeadLetterSource,
		SequenceNumber: m.SequenceNumber, EnqueuedAt: message.Moment(m.EnqueuedAt), DeliveryCount: max(m.DeliveryCount-1, 0),
		Properties: m.Properties, Body: m.Body,
	}
}
