// Package shop is a small shop whose services fail. It sends and receives what
// these services would, in the format of Rebus 8 and with the real client of
// Service Bus.
package shop

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/servicebus"
)

// ErrorQueue is the queue in which the services leave what they cannot handle.
const ErrorQueue = "error"

// The events of the shop, each on the topic that Rebus makes for it.
const (
	orderPlaced     = "Shop.Orders.OrderPlaced"
	customerCharged = "Shop.Billing.CustomerCharged"
	levelReached    = "Shop.Loyalty.CustomerLevelReached"
)

// Entities are the queues and topics of the shop and of the Busbell that watches
// it; events is the queue that all topics forward to. To return one kind of
// failure the shop locks all messages of the error queue and abandons the
// others, which counts as a delivery of each: hence its large delivery count.
func Entities(events, recovery string) servicebus.Config {
	cfg := servicebus.Config{Queues: []servicebus.Queue{{Name: ErrorQueue, MaxDeliveryCount: 1_000_000}}}
	for _, name := range []string{events, recovery, Orders, Billing, Loyalty, Shipping} {
		cfg.Queues = append(cfg.Queues, servicebus.Queue{Name: name})
	}
	for _, event := range []string{orderPlaced, customerCharged, levelReached} {
		cfg.Topics = append(cfg.Topics, servicebus.Topic{
			Name:          topicOf(event),
			Subscriptions: []servicebus.Queue{{Name: "busbell", ForwardTo: events}},
		})
	}
	return cfg
}

func topicOf(event string) string { return assembly(event) + "/" + event }

// A Shop is the services of the shop. It is not safe for concurrent use.
type Shop struct {
	client  *azservicebus.Client
	senders map[string]*azservicebus.Sender
	rebus   rebus
	order   int // the number of the newest order
	failed  int // messages
}

// Open connects the shop to a namespace that has its [Entities].
func Open(connection string) (*Shop, error) {
	client, err := azservicebus.NewClientFromConnectionString(connection, nil)
	if err != nil {
		return nil, fmt.Errorf("opening the shop: %w", err)
	}
	return &Shop{
		client: client, senders: map[string]*azservicebus.Sender{}, order: 40_317,
		rebus: rebus{ids: rand.New(rand.NewPCG(1815, 1852))},
	}, nil
}

// Close closes the connection.
func (s *Shop) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.client.Close(ctx) // the bus is closed next
}

// Failed is how many messages have failed in the shop.
func (s *Shop) Failed() int { return s.failed }

// Order places and charges an order.
func (s *Shop) Order(ctx context.Context, total float64) error {
	s.order++
	id, customer := s.order, fmt.Sprintf("c-%d", s.order%900+100)
	err := s.publish(ctx, orderPlaced, Orders, map[string]any{
		"OrderId": id, "CustomerId": customer, "Total": total, "Currency": "EUR",
	}, 1)
	if err != nil {
		return err
	}
	return s.publish(ctx, customerCharged, Billing, map[string]any{
		"OrderId": id, "CustomerId": customer, "Amount": total, "Currency": "EUR",
	}, 1)
}

// ReachLevel has a customer reach a level. The broker delivers the event as often
// as deliveries says.
func (s *Shop) ReachLevel(ctx context.Context, customer, level string, deliveries int) error {
	return s.publish(ctx, levelReached, Loyalty, map[string]any{
		"CustomerId": "c-" + customer[:1], "CustomerName": customer, "Level": level,
	}, deliveries)
}

// publish sends an event to its topic, as often as copies says: the broker
// may deliver one message more than once.
func (s *Shop) publish(ctx context.Context, event, sender string, body any, copies int) error {
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

// Fail leaves n messages of each problem in the error queue.
func (s *Shop) Fail(ctx context.Context, n int, Problems ...Problem) error {
	var list []*azservicebus.Message
	for _, p := range Problems {
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
	return s.send(ctx, ErrorQueue, list...)
}

// DeadLetter sends a message without any framework to a service that
// dead-letters it.
func (s *Shop) DeadLetter(ctx context.Context, queue, subject, reason, description string) error {
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
