package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/busbell/busbell/internal/emulator/servicebus"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/messagefile"
)

// startBus runs a Service Bus with these queues until the script ends, and
// sets ServiceBus: bus error shop.billing.
func startBus(ts *testscript.TestScript, neg bool, queues []string) {
	if neg {
		ts.Fatalf("usage: bus queue...")
	}
	var cfg servicebus.Config
	for _, name := range queues {
		cfg.Queues = append(cfg.Queues, servicebus.Queue{Name: name})
	}
	bus, err := servicebus.Start(cfg)
	ts.Check(err)
	ts.Defer(func() { _ = bus.Close() })
	ts.Setenv("ServiceBus", bus.ConnectionString())
	ts.Value(runningBus{}).(*running).bus = bus
}

// running is what a script has started.
type running struct{ bus *servicebus.Server }

type runningBus struct{}

// put sends the message of a file to a queue, some times over: put error
// file.json 3. With deadletter before the queue it is dead-lettered there, for
// the reasons that the file gives.
func put(ts *testscript.TestScript, neg bool, args []string) {
	dead := len(args) > 0 && args[0] == "deadletter"
	if dead {
		args = args[1:]
	}
	if neg || len(args) < 2 {
		ts.Fatalf("usage: put [deadletter] queue file [times]")
	}
	times := 1
	if len(args) > 2 {
		var err error
		times, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	data, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	f, err := messagefile.Decode(data)
	ts.Check(err)
	ctx := context.Background()
	client, err := azservicebus.NewClientFromConnectionString(ts.Getenv("ServiceBus"), nil)
	ts.Check(err)
	defer func() { _ = client.Close(ctx) }()
	sender, err := client.NewSender(args[0], nil)
	ts.Check(err)
	for range times {
		ts.Check(sender.SendMessage(ctx, sendable(&f.Message), nil))
		if dead {
			deadLetter(ctx, ts, client, args[0], &f.Message)
		}
	}
}

// sendable is a message as it is sent, without what its death left in it.
func sendable(m *message.Message) *azservicebus.Message {
	out := &azservicebus.Message{Body: m.Body, ApplicationProperties: map[string]any{}}
	for from, to := range map[*string]**string{&m.ID: &out.MessageID, &m.CorrelationID: &out.CorrelationID, &m.Subject: &out.Subject, &m.ContentType: &out.ContentType} {
		if *from != "" {
			*to = from
		}
	}
	for key, v := range m.Properties {
		if key != "DeadLetterReason" && key != "DeadLetterErrorDescription" {
			out.ApplicationProperties[key] = v
		}
	}
	return out
}

func deadLetter(ctx context.Context, ts *testscript.TestScript, client *azservicebus.Client, queue string, m *message.Message) {
	receiver, err := client.NewReceiverForQueue(queue, nil)
	ts.Check(err)
	defer func() { _ = receiver.Close(ctx) }()
	got, err := receiver.ReceiveMessages(ctx, 1, nil)
	ts.Check(err)
	reason, description := m.Text("DeadLetterReason"), m.Text("DeadLetterErrorDescription")
	ts.Check(receiver.DeadLetterMessage(ctx, got[0], &azservicebus.DeadLetterOptions{Reason: &reason, ErrorDescription: &description}))
}

// fixtures is the folder of message files whose reading is known.
func fixtures(env *testscript.Env) error {
	dir, err := filepath.Abs("../../internal/failure/testdata")
	env.Setenv("FIXTURES", dir)
	env.Values[runningBus{}] = &running{}
	return err
}
