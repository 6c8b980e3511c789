package servicebus

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/go-amqp"
)

func TestWhatIsSentComesOutAsItWas(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	content, key := "text", "k"
	sent := &azservicebus.AMQPAnnotatedMessage{
		Header: &azservicebus.AMQPAnnotatedMessageHeader{Durable: true, Priority: 7, TTL: time.Hour},
		Properties: &azservicebus.AMQPAnnotatedMessageProperties{
			MessageID: uint64(7), CorrelationID: amqp.UUID{1, 2}, ContentEncoding: &content, UserID: []byte("u"),
		},
		MessageAnnotations: map[any]any{"x-opt-partition-key": key, "custom": int64(9), "none": nil},
		ApplicationProperties: map[string]any{
			"int32": int32(1), "int64": int64(2), "uint8": uint8(3), "double": 2.5, "bool": true, "time": time.UnixMilli(5).UTC(),
			"uuid": amqp.UUID{9}, "bytes": []byte("b"), "long": strings.Repeat("é", 5000), "null": nil,
		},
		Body: azservicebus.AMQPAnnotatedMessageBody{Data: [][]byte{[]byte("first"), bytes.Repeat([]byte("x"), 100_000)}},
	}
	if err := sender(t, c, "Q").SendAMQPAnnotatedMessage(soon(t), sent, nil); err != nil {
		t.Fatal(err)
	}
	r := receiver(t, c, "/q", nil)
	for how, m := range map[string]*azservicebus.ReceivedMessage{"peeked": peek(t, r)[0], "received": receive(t, r, 1)[0]} {
		got := m.RawAMQPMessage
		if fmt.Sprint(got.ApplicationProperties) != fmt.Sprint(sent.ApplicationProperties) {
			t.Errorf("%s: application properties %v", how, got.ApplicationProperties)
		}
		for k, v := range sent.ApplicationProperties {
			if g := got.ApplicationProperties[k]; fmt.Sprintf("%T", g) != fmt.Sprintf("%T", v) {
				t.Errorf("%s: property %s came back as %T, was %T", how, k, g, v)
			}
		}
		if p := got.Properties; p.MessageID != uint64(7) || p.CorrelationID != (amqp.UUID{1, 2}) || *p.ContentEncoding != content || string(p.UserID) != "u" {
			t.Errorf("%s: properties %+v", how, p)
		}
		if h := got.Header; !h.Durable || h.Priority != 7 || h.TTL != time.Hour || h.DeliveryCount != 0 {
			t.Errorf("%s: header %+v", how, h)
		}
		if a := got.MessageAnnotations; a["custom"] != int64(9) || a["x-opt-partition-key"] != key || len(a) < 5 {
			t.Errorf("%s: annotations %v", how, a)
		}
		if v, ok := got.MessageAnnotations["none"]; !ok || v != nil {
			t.Errorf("%s: an annotation without a value is %v, there %v", how, v, ok)
		}
		if v, ok := got.ApplicationProperties["null"]; !ok || v != nil {
			t.Errorf("%s: a property without a value is %v, there %v", how, v, ok)
		}
		if len(got.Body.Data) != 2 || !bytes.Equal(got.Body.Data[1], sent.Body.Data[1]) {
			t.Errorf("%s: body differs", how)
		}
	}
}

func TestValueBodiesPassThrough(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	for _, body := range []azservicebus.AMQPAnnotatedMessageBody{
		{Value: map[string]any{"k": int32(1)}}, {Sequence: [][]any{{"a", int64(2)}, {true}}},
	} {
		if err := sender(t, c, "q").SendAMQPAnnotatedMessage(soon(t), &azservicebus.AMQPAnnotatedMessage{Body: body}, nil); err != nil {
			t.Fatal(err)
		}
		r := receiver(t, c, "q", &azservicebus.ReceiverOptions{ReceiveMode: azservicebus.ReceiveModeReceiveAndDelete})
		got := receive(t, r, 1)[0].RawAMQPMessage.Body
		if fmt.Sprint(got) != fmt.Sprint(body) {
			t.Errorf("body %v came back as %v", body, got)
		}
		_ = r.Close(soon(t))
	}
}

func TestBatchesArriveInOrder(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	out := sender(t, c, "q")
	b, err := out.NewMessageBatch(soon(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 700 {
		if err := b.AddMessage(text("%d %s", i, strings.Repeat("x", 500)), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.SendMessageBatch(soon(t), b, nil); err != nil {
		t.Fatal(err)
	}
	got := peek(t, receiver(t, c, "q", nil))
	if len(got) != 700 {
		t.Fatalf("%d messages", len(got))
	}
	for i, m := range got {
		if !strings.HasPrefix(string(m.Body), fmt.Sprint(i, " ")) || *m.SequenceNumber != int64(i+1) {
			t.Fatalf("message %d is %.10q, number %d", i, m.Body, *m.SequenceNumber)
		}
	}
}

func TestMessagesWithoutIDAreGivenOne(t *testing.T) {
	for _, leave := range []bool{false, true} {
		cfg := queues("q")
		cfg.NoMessageIDs = leave
		c := dial(t, start(t, cfg))
		send(t, c, "q", text("x"))
		if id := peek(t, receiver(t, c, "q", nil))[0].MessageID; (id == "") != leave {
			t.Errorf("NoMessageIDs %v: message id %q", leave, id)
		}
	}
}

func TestSendersLearnWhatIsWrong(t *testing.T) {
	cfg := queues("q")
	cfg.MaxMessageSize = 200_000
	s := start(t, cfg)
	c := dial(t, s)
	err := sender(t, c, "q").SendMessage(soon(t), text("%s", strings.Repeat("x", 300_000)), nil)
	if !errors.Is(err, azservicebus.ErrMessageTooLarge) {
		t.Errorf("too large: %v", err)
	}
	long := strings.Repeat("x", maxProperty)
	for name, props := range map[string]map[string]any{
		"one header too long": {"h": long + "x"},
		"too many headers":    {"a": long, "b": long},
	} {
		m := &azservicebus.Message{ApplicationProperties: props}
		if err := sender(t, c, "q").SendMessage(soon(t), m, nil); !errors.Is(err, azservicebus.ErrMessageTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	send(t, c, "q", &azservicebus.Message{ApplicationProperties: map[string]any{"h": long}})
	for name, tt := range map[string]struct {
		entity    string
		message   *azservicebus.Message
		condition amqp.ErrCond
	}{
		"missing queue":     {"nowhere", text("x"), amqp.ErrCondNotFound},
		"dead-letter queue": {"q/$DeadLetterQueue", text("x"), amqp.ErrCondNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			err := sender(t, c, tt.entity).SendMessage(soon(t), tt.message, nil)
			if e, ok := errors.AsType[*amqp.Error](err); !ok || e.Condition != tt.condition {
				t.Errorf("send: %v, want condition %s", err, tt.condition)
			}
		})
	}
}

func TestDuplicatesAreSwallowed(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q", RequiresDuplicateDetection: true}}})
	c := dial(t, s)
	id := "same"
	for range 3 {
		send(t, c, "q", &azservicebus.Message{MessageID: &id})
	}
	send(t, c, "q", text("other"))
	due := time.Now().Add(20 * time.Millisecond)
	for range 2 {
		send(t, c, "q", &azservicebus.Message{MessageID: new("scheduled"), ScheduledEnqueueTime: &due})
	}
	if got := receive(t, receiver(t, c, "q", nil), 3); got[2].MessageID != "scheduled" {
		t.Errorf("received %q", got[2].MessageID)
	}
	if n, _ := s.Counts("q"); n.Active != 3 || n.Scheduled != 0 {
		t.Errorf("counts %+v", n)
	}
}
