package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/messagefile"
)

// A team has services that fail on the bus, and takes failed messages away
// when it has mended them. It connects when first needed.
type team struct {
	t          *testing.T
	connection string
	connect    sync.Once
	client     *azservicebus.Client
	sent       int
}

func (s *team) bus() *azservicebus.Client {
	s.connect.Do(func() {
		client, err := azservicebus.NewClientFromConnectionString(s.connection, &azservicebus.ClientOptions{
			RetryOptions: azservicebus.RetryOptions{RetryDelay: 20 * time.Millisecond, MaxRetryDelay: 100 * time.Millisecond},
		})
		if err != nil {
			s.t.Fatal(err)
		}
		s.client = client
	})
	return s.client
}

// A failed message of a file, and what in it is nobody's business.
type failed struct {
	file    string
	secrets []string
}

var (
	// refund is a failure in billing whose exception message holds personal
	// data, secrets and Slack's control text.
	refund = failed{"failed-messages/rebus-8-hostile-markup-and-secrets.json", []string{
		"anna.rossi@example.com", "not-a-real-key-0123456789", "4111 1111 1111 1111", "4111111111111111",
		"DE89 3704 0044 0532 0130 00", "DE89370400440532013000",
	}}
	// order is a failure in billing, with five attempts and their traces.
	order = failed{"captured/rebus/rebus-8-en-us-plain.json", []string{"c-771"}}
)

// fail puts messages of a kind into a queue, each under an id of its own.
func (w *world) fail(queue string, f failed, times int) {
	w.t.Helper()
	w.leaks = append(w.leaks, f.secrets...)
	w.send(queue, w.messages(f, times, nil)...)
}

// messages are copies of a failed message with ids of their own, and with
// other properties where change says so.
func (w *world) messages(f failed, times int, change func(i int, properties map[string]any)) []*azservicebus.Message {
	w.t.Helper()
	m := f.read(w.t)
	var all []*azservicebus.Message
	for i := range times {
		w.team.sent++
		id := m.ID + "-" + strconv.Itoa(w.team.sent)
		properties := map[string]any{}
		maps.Copy(properties, m.Properties)
		properties["rbs2-msg-id"] = id
		if change != nil {
			change(i, properties)
		}
		all = append(all, &azservicebus.Message{
			MessageID: &id, Subject: &m.Subject, ContentType: &m.ContentType, Body: m.Body, ApplicationProperties: properties,
		})
	}
	return all
}

func (f failed) read(t *testing.T) message.Message {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../failure/testdata", f.file))
	if err != nil {
		t.Fatal(err)
	}
	file, err := messagefile.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return file.Message
}

func (w *world) send(queue string, messages ...*azservicebus.Message) {
	w.t.Helper()
	sender, err := w.team.bus().NewSender(queue, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range messages {
		if err := sender.SendMessage(bounded(w.t), m, nil); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := sender.Close(bounded(w.t)); err != nil {
		w.t.Fatal(err)
	}
}

// take receives and completes messages until a queue is empty.
func (w *world) take(queue string) {
	w.t.Helper()
	receiver, err := w.team.bus().NewReceiverForQueue(queue, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for {
		counts, err := w.bus.Counts(queue)
		if err != nil {
			w.t.Fatal(err)
		}
		if counts.Active == 0 {
			break
		}
		messages, err := receiver.ReceiveMessages(bounded(w.t), counts.Active, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, m := range messages {
			if err := receiver.CompleteMessage(bounded(w.t), m, nil); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	if err := receiver.Close(bounded(w.t)); err != nil {
		w.t.Fatal(err)
	}
}

// deadLetter receives all messages of a queue and dead-letters them.
func (w *world) deadLetter(queue, reason string) {
	w.t.Helper()
	receiver, err := w.team.bus().NewReceiverForQueue(queue, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	counts, err := w.bus.Counts(queue)
	if err != nil {
		w.t.Fatal(err)
	}
	for counts.Active > 0 {
		messages, err := receiver.ReceiveMessages(bounded(w.t), counts.Active, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, m := range messages {
			if err := receiver.DeadLetterMessage(bounded(w.t), m, &azservicebus.DeadLetterOptions{Reason: &reason}); err != nil {
				w.t.Fatal(err)
			}
			counts.Active--
		}
	}
	if err := receiver.Close(bounded(w.t)); err != nil {
		w.t.Fatal(err)
	}
}
