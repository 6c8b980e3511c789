package functions

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/emulator/servicebus"
)

// bus is a broker with the queue events and a subscription to news.
type bus struct {
	*servicebus.Server
	t *testing.T
}

func openBus(t *testing.T) bus {
	t.Helper()
	s, err := servicebus.Start(servicebus.Config{
		Queues: []servicebus.Queue{{Name: "events", MaxDeliveryCount: 3}},
		Topics: []servicebus.Topic{{Name: "news", Subscriptions: []servicebus.Queue{{Name: "busbell"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return bus{s, t}
}

func (b bus) send(entity string, msgs ...*azservicebus.Message) {
	b.t.Helper()
	client, err := azservicebus.NewClientFromConnectionString(b.ConnectionString(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = client.Close(b.t.Context()) }()
	sender, err := client.NewSender(entity, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range msgs {
		if err := sender.SendMessage(b.t.Context(), m, nil); err != nil {
			b.t.Fatal(err)
		}
	}
}

// until waits for the counts of an entity.
func (b bus) until(entity, what string, fits func(servicebus.Counts) bool) {
	b.t.Helper()
	late := time.Now().Add(20 * time.Second)
	for {
		c, err := b.Counts(entity)
		if err != nil {
			b.t.Fatal(err)
		}
		if fits(c) {
			return
		}
		if time.Now().After(late) {
			b.t.Fatalf("%s is not %s: %+v", entity, what, c)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func empty(c servicebus.Counts) bool { return c.Active == 0 && c.DeadLetter == 0 }

// onQueue starts a host whose function Events listens to the queue events.
func (b bus) onQueue(mode, hostOptions string, p pace) rig {
	b.t.Helper()
	return launch(b.t, mode, map[string]string{
		"host.json": testHost(b.t, hostOptions), "Events/function.json": goodQueue,
	}, Config{Settings: []string{"Q=events", "ServiceBus=" + b.ConnectionString()}}, p)
}

func message(body string) *azservicebus.Message {
	return &azservicebus.Message{Body: []byte(body)}
}

func TestAMessageBecomesTheHostsEnvelopeAndIsCompleted(t *testing.T) {
	text := func(s string) *string { return &s }
	b := openBus(t)
	const body = `{"orderId":"A-17","when":"2026-11-02T08:00:01Z","text":"café 🚌"}`
	ttl := time.Hour
	b.send("events", &azservicebus.Message{
		Body: []byte(body), MessageID: text("m-json-full"), ContentType: text("application/json"), ReplyTo: text("rt-1"),
		To: text("to-1"), Subject: text("order.created"), CorrelationID: text("c-9"), ReplyToSessionID: text("rts-1"),
		PartitionKey: text("pk-1"), TimeToLive: &ttl,
		ApplicationProperties: map[string]any{
			"tenant": "t1", "attempt": 3, "ratio": 0.5, "whole": 2.0, "big": int64(9007199254740991), "flag": true,
			"when":          time.Date(2026, 11, 2, 8, 0, 1, 234e6, time.UTC),
			"Diagnostic-Id": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		},
	})
	r := b.onQueue("ok", "", quick)
	got := r.call()
	b.until("events", "empty", empty)
	if got.Path != "/Events" || !got.Chunked {
		t.Errorf("%s, chunked %t", got.Path, got.Chunked)
	}
	var envelope, want struct {
		Data     map[string]string
		Metadata map[string]any
	}
	if err := json.Unmarshal([]byte(got.Body), &envelope); err != nil {
		t.Fatal(err)
	}
	if s := envelope.Data["message"]; s != base64.StdEncoding.EncodeToString([]byte(body)) {
		t.Errorf("Data.message = %q", s)
	}
	recording := readRecorded(t, "servicebus/dataType-binary/json-full.http")
	if err := json.Unmarshal([]byte(recording.body), &want); err != nil {
		t.Fatal(err)
	}
	for _, m := range []map[string]any{envelope.Metadata, want.Metadata} {
		for _, differs := range []string{"LockToken", "sys", "ExpiresAt", "ExpiresAtUtc", "EnqueuedTime", "EnqueuedTimeUtc"} {
			if m[differs] == nil {
				t.Errorf("Metadata.%s is missing", differs)
			}
			delete(m, differs)
		}
		delete(m["Client"].(map[string]any), "Identifier")
		for _, name := range []string{"ApplicationProperties", "UserProperties"} {
			properties := m[name].(map[string]any)
			delete(properties, "nothing") // the SDK cannot send null
			delete(properties, "whole")
		}
	}
	if diff := cmp.Diff(want.Metadata, envelope.Metadata); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(got.Body, `"whole":2.0`) {
		t.Errorf("a double lost its fraction: %s", got.Body)
	}
}

func TestASubscriptionIsListenedTo(t *testing.T) {
	b := openBus(t)
	r := launch(t, "ok", map[string]string{
		"News/function.json": strings.Replace(goodQueue, `"queueName":"%Q%"`, `"topicName":"news","subscriptionName":"busbell"`, 1),
	}, Config{Settings: []string{"ServiceBus=" + b.ConnectionString()}}, quick)
	b.send("news", message("hello"))
	if got := r.call(); got.Path != "/News" {
		t.Errorf("path %s", got.Path)
	}
	b.until("news/Subscriptions/busbell", "empty", empty)
}

func TestAFailureIsRedeliveredAtOnceUntilDeadLettered(t *testing.T) {
	b := openBus(t)
	r := b.onQueue("bad", "", quick)
	b.send("events", message("poison"))
	var ids []string
	for _, count := range []string{"1", "2", "3"} {
		got := r.call()
		if !strings.Contains(got.Body, `"DeliveryCount":"`+count+`"`) {
			t.Errorf("delivery %s: %s", count, got.Body)
		}
		ids = append(ids, got.Header.Get("X-Azure-Functions-InvocationId"))
	}
	b.until("events", "dead-lettered", func(c servicebus.Counts) bool { return c.DeadLetter == 1 && c.Active == 0 })
	if slices.Sort(ids); len(slices.Compact(ids)) != 3 {
		t.Errorf("a redelivery keeps its invocation id: %q", ids)
	}
}

func TestNoMoreCallsAreInFlightThanAllowed(t *testing.T) {
	b := openBus(t)
	for range 9 {
		b.send("events", message("work"))
	}
	r := b.onQueue("hold", `"extensions":{"serviceBus":{"maxConcurrentCalls":4}},`, quick)
	for range 4 {
		r.call()
	}
	b.until("events", "locked by four", func(c servicebus.Counts) bool { return c.Locked == 4 })
	if c, _ := b.Counts("events"); c.Active != 9 {
		t.Errorf("counts %+v", c)
	}
	r.get("/release")
	b.until("events", "empty", empty)
}

func TestAMessageThatKillsTheHandlerComesAgainToTheNext(t *testing.T) {
	b := openBus(t)
	b.send("events", message("poison"))
	r := b.onQueue("die", "", quick)
	first := r.call()
	r.kind(Exited)
	second := r.call()
	if !strings.Contains(first.Body, `"DeliveryCount":"1"`) || strings.Contains(second.Body, `"DeliveryCount":"1"`) {
		t.Errorf("deliveries %s, %s", first.Body, second.Body)
	}
}

func TestASuccessWhileTheHostStopsIsDeliveredAgain(t *testing.T) {
	b := openBus(t)
	b.send("events", message("work"))
	r := b.onQueue("hold", "", quick)
	r.call()
	stopped := make(chan error, 1)
	go func() { stopped <- r.Stop(t.Context()) }()
	r.stoppingNow()
	r.get("/release")
	r.kind(Ran)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	b.until("events", "given back", func(c servicebus.Counts) bool { return c.Active == 1 && c.Locked == 0 })

	again := b.onQueue("ok", "", quick)
	if got := again.call(); !strings.Contains(got.Body, `"DeliveryCount":"2"`) {
		t.Errorf("the second delivery is %s", got.Body)
	}
	b.until("events", "empty", empty)
}

func TestWhatIsCutOffStaysLocked(t *testing.T) {
	p := quick
	p.drain = 20 * time.Millisecond
	b := openBus(t)
	b.send("events", message("work"))
	r := b.onQueue("hold", "", p)
	r.call()
	if err := r.Stop(t.Context()); err == nil {
		t.Error("nothing was cut off")
	}
	if c, err := b.Counts("events"); err != nil || c.Active != 1 || c.DeadLetter != 0 {
		t.Errorf("counts %+v, %v", c, err)
	}
}

func TestAListenerOutlivesAnOutage(t *testing.T) {
	b := openBus(t)
	r := b.onQueue("ok", "", quick)
	b.send("events", message("before"))
	r.call()
	b.until("events", "empty", empty)
	b.Down()
	r.kind(Problem)
	if err := b.Up(); err != nil {
		t.Fatal(err)
	}
	b.send("events", message("after"))
	r.call()
	b.until("events", "empty", empty)
}

func TestAMissingQueueIsToldAndTriedAgain(t *testing.T) {
	b := openBus(t)
	r := launch(t, "ok", map[string]string{"Events/function.json": goodQueue},
		Config{Settings: []string{"Q=nosuch", "ServiceBus=" + b.ConnectionString()}}, quick)
	for range 2 {
		if e := r.kind(Problem); e.Function != "Events" || !strings.Contains(e.Err.Error(), "receiving from nosuch") {
			t.Errorf("event %+v", e)
		}
	}
}

func TestLocksAreRenewedWhileACallRuns(t *testing.T) {
	s, err := servicebus.Start(servicebus.Config{Queues: []servicebus.Queue{{Name: "events", LockDuration: 2 * time.Second}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	b := bus{s, t}
	b.send("events", message("long work"))
	r := b.onQueue("hold", "", quick)
	r.call()
	time.Sleep(2200 * time.Millisecond) // longer than the lock
	r.get("/release")
	b.until("events", "empty", empty)
	if err := r.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	r.await("the end", func(e Event) bool {
		if e.Kind == Line && strings.HasPrefix(e.Line, `{"Method"`) {
			t.Error("the message was delivered twice")
		}
		return e.Kind == Stopped
	})
}
