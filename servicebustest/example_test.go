package servicebustest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/servicebustest"
)

// ship is the code under test: it takes one order from the queue and hands it
// over. An order that cannot be shipped is dead-lettered.
func ship(ctx context.Context, client *azservicebus.Client, handOver func(order string) error) error {
	receiver, err := client.NewReceiverForQueue("orders", nil)
	if err != nil {
		return err
	}
	defer receiver.Close(ctx)
	messages, err := receiver.ReceiveMessages(ctx, 1, nil)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if err := handOver(string(m.Body)); err != nil {
			reason, what := "CannotShip", err.Error()
			return receiver.DeadLetterMessage(ctx, m, &azservicebus.DeadLetterOptions{Reason: &reason, ErrorDescription: &what})
		}
		if err := receiver.CompleteMessage(ctx, m, nil); err != nil {
			return err
		}
	}
	return nil
}

func TestOrdersThatCannotBeShippedAreDeadLettered(t *testing.T) {
	bus := servicebustest.Start(t, servicebustest.Config{
		Queues: []servicebustest.Queue{{Name: "orders", LockDuration: 30 * time.Second}},
	})
	client, err := azservicebus.NewClientFromConnectionString(bus.ConnectionString(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(context.Background())
	sender, err := client.NewSender("orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range []string{"17", "18"} {
		if err := sender.SendMessage(t.Context(), &azservicebus.Message{Body: []byte(order)}, nil); err != nil {
			t.Fatal(err)
		}
	}

	var shipped []string
	for range 2 {
		err := ship(t.Context(), client, func(order string) error {
			if order == "17" {
				return errors.New("no such address")
			}
			shipped = append(shipped, order)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	if len(shipped) != 1 || shipped[0] != "18" {
		t.Errorf("shipped %v, want order 18 alone", shipped)
	}
	if left := bus.Snapshot("orders").Active; left != 0 {
		t.Errorf("%d orders left in the queue", left)
	}
	dead := bus.Snapshot("orders/$DeadLetterQueue").Messages
	if len(dead) != 1 || string(dead[0].Body) != "17" || dead[0].Properties["DeadLetterReason"] != "CannotShip" {
		t.Errorf("dead letters: %+v", dead)
	}
}
