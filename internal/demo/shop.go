package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

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
	cfg := servicebus.Config{Queues: []servicebus.Queue{{Name: errorQueue, MaxDeliveryCount: 1_000_000}}}
	for _, name := range []string{EventsQueue, RecoveryQueue, orders, billing, loyalty, shipping} {
		cfg.Queues = append(cfg.Queues, servicebus.Queue{Name: name})
	}
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
