package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"

	"github.com/busbell/busbell/internal/emulator/servicebus"
)

const errorQueue = "error"

// The events of the shop, each on the topic that Rebus makes for it.
const (
	orderPlaced     = "Shop.Orders.OrderPlaced"
	customerCharged = "Shop.Billing.CustomerCharged"
	levelReached    = "Shop.Loyalty.CustomerLevelReached"
)

// entities are what lies in the namespace of the shop. Returning one kind of
// failure means to lock all and to abandon the others, which counts as a
// delivery of each: hence the large delivery count of the error queue.
func entities() servicebus.Config {
	cfg := servicebus.Config{Queues: []servicebus.Queue{
		{Name: errorQueue, MaxDeliveryCount: 1_000_000}, {Name: EventsQueue}, {Name: RecoveryQueue},
		{Name: orders}, {Name: billing}, {Name: loyalty}, {Name: shipping},
	}}
	for _, event := range []string{orderPlaced, customerCharged, levelReached} {
		cfg.Topics = append(cfg.Topics, servicebus.Topic{
			Name:          topicOf(event),
			Subscriptions: []servicebus.Queue{{Name: "busbell", ForwardTo: EventsQueue}},
		})
	}
	return cfg
}

func topicOf(event string) string { return assembly(event) + "/" + event }

// A shop sends and takes what the services of a small shop would, with the
// real client of Service Bus.
type shop struct {
	client  *azservicebus.Client
	senders map[string]*azservicebus.Sender
	rebus   rebus
	order   int // the number of the newest order
	failed  int // how many messages did
}

func openShop(connection string) (*shop, error) {
	client, err := azservicebus.NewClientFromConnectionString(connection, nil)
	if err != nil {
		return nil, fmt.Errorf("opening the shop: %w", err)
	}
	return &shop{
		client: client, senders: map[string]*azservicebus.Sender{}, order: 40_317,
		rebus: rebus{ids: rand.New(rand.NewPCG(1815, 1852))},
	}, nil
}

func (s *shop) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.client.Close(ctx) // the bus is closed next
}

// publish sends an event to its topic, as often as copies says: the broker
// may deliver one message more than once.
func (s *shop) publish(ctx context.Context, event, sender string, body any, copies int) error {
	m, err := s.rebus.event(event, sender, body, time.Now())
	if err != nil {
		return err
	}
	for range copies {
		if err := s.send(ctx, topicOf(event), again(m)); err != nil {
			return err
		}
	}
	return nil
}

// fail leaves n messages of each problem in the error queue.
func (s *shop) fail(ctx context.Context, n int, problems ...problem) error {
	var list []*azservicebus.Message
	for _, p := range problems {
		for range n {
			s.order++
			s.failed++
			m, err := s.rebus.failed(p, s.order, time.Now())
			if err != nil {
				return err
			}
			list = append(list, m)
		}
	}
	return s.send(ctx, errorQueue, list...)
}

// deadLetter sends a plain message to a service that cannot make sense of it.
func (s *shop) deadLetter(ctx context.Context, queue, subject, reason, description string) error {
	s.failed++
	m := &azservicebus.Message{
		MessageID: new(s.rebus.id()), Subject: new(subject), ContentType: new("application/json"),
		Body: []byte(`{"refund":"r-118"}`),
	}
	if err := s.send(ctx, queue, m); err != nil {
		return err
	}
	return s.take(ctx, queue, 1, func(ctx context.Context, r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) error {
		return r.DeadLetterMessage(ctx, m, &azservicebus.DeadLetterOptions{Reason: &reason, ErrorDescription: &description})
	})
}

// clear takes what is left of the plain dead letters of a queue.
func (s *shop) clear(ctx context.Context, queue string, n int) error {
	return s.take(ctx, queue+"/$DeadLetterQueue", n, complete)
}

// giveBack returns messages of the error queue, which holds n, to the
// services that failed on them. They handle them at once: the messages are gone.
func (s *shop) giveBack(ctx context.Context, n int, problems ...problem) error {
	wanted := map[string]bool{}
	for _, p := range problems {
		wanted[p.queue+" "+p.message] = true
	}
	return s.take(ctx, errorQueue, n, func(ctx context.Context, r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) error {
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
func (s *shop) take(ctx context.Context, queue string, n int, settle func(context.Context, *azservicebus.Receiver, *azservicebus.ReceivedMessage) error) error {
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

// send brings messages to a queue or topic, as many at once as fit.
func (s *shop) send(ctx context.Context, entity string, messages ...*azservicebus.Message) error {
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
