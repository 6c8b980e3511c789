package servicebus

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// start runs an emulator until the test ends.
func start(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// queues is a configuration of queues with defaults.
func queues(names ...string) Config {
	var cfg Config
	for _, n := range names {
		cfg.Queues = append(cfg.Queues, Queue{Name: n})
	}
	return cfg
}

// dial returns the real client, connected to s.
func dial(t testing.TB, s *Server) *azservicebus.Client {
	t.Helper()
	c, err := azservicebus.NewClientFromConnectionString(s.ConnectionString(), &azservicebus.ClientOptions{
		RetryOptions: azservicebus.RetryOptions{MaxRetries: 3, RetryDelay: 20 * time.Millisecond, MaxRetryDelay: 100 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = c.Close(ctx)
	})
	return c
}

// soon is a context that no working test outlives.
func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func sender(t testing.TB, c *azservicebus.Client, entity string) *azservicebus.Sender {
	t.Helper()
	s, err := c.NewSender(entity, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(t testing.TB, c *azservicebus.Client, entity string, messages ...*azservicebus.Message) {
	t.Helper()
	s := sender(t, c, entity)
	defer func() { _ = s.Close(soon(t)) }()
	for _, m := range messages {
		if err := s.SendMessage(soon(t), m, nil); err != nil {
			t.Fatalf("send to %s: %v", entity, err)
		}
	}
}

// text is a message with a body.
func text(format string, args ...any) *azservicebus.Message {
	return &azservicebus.Message{Body: fmt.Appendf(nil, format, args...)}
}

// receiver opens a receiver; an entity may be a queue or "topic/Subscriptions/name".
func receiver(t testing.TB, c *azservicebus.Client, entity string, opts *azservicebus.ReceiverOptions) *azservicebus.Receiver {
	t.Helper()
	r, err := c.NewReceiverForQueue(entity, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	return r
}

func receive(t testing.TB, r *azservicebus.Receiver, n int) []*azservicebus.ReceivedMessage {
	t.Helper()
	var all []*azservicebus.ReceivedMessage
	for len(all) < n {
		got, err := r.ReceiveMessages(soon(t), n-len(all), nil)
		if err != nil {
			t.Fatalf("receive %d of %d: %v", len(all), n, err)
		}
		all = append(all, got...)
	}
	return all
}

func peek(t testing.TB, r *azservicebus.Receiver) []*azservicebus.ReceivedMessage {
	t.Helper()
	var all []*azservicebus.ReceivedMessage
	from := int64(0)
	for {
		got, err := r.PeekMessages(soon(t), 1000, &azservicebus.PeekMessagesOptions{FromSequenceNumber: &from})
		if err != nil {
			t.Fatalf("peek: %v", err)
		}
		if len(got) == 0 {
			return all
		}
		all = append(all, got...)
		from = *got[len(got)-1].SequenceNumber + 1
	}
}

func bodies(messages []*azservicebus.ReceivedMessage) []string {
	var all []string
	for _, m := range messages {
		all = append(all, string(m.Body))
	}
	return all
}

func TestMessagesAreSentPeekedReceivedAndCompleted(t *testing.T) {
	s := start(t, queues("error"))
	c := dial(t, s)
	send(t, c, "error", text("one"), text("two"))
	r := receiver(t, c, "error", nil)
	if got := fmt.Sprint(bodies(peek(t, r))); got != "[one two]" {
		t.Errorf("peeked %s", got)
	}
	for _, m := range receive(t, r, 2) {
		if err := r.CompleteMessage(soon(t), m, nil); err != nil {
			t.Errorf("complete: %v", err)
		}
	}
	if got := peek(t, r); len(got) != 0 {
		t.Errorf("%d messages left", len(got))
	}
}
