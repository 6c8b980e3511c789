package servicebus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/control"
	emulator "github.com/busbell/busbell/internal/emulator/servicebus"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/servicebus"
	"github.com/busbell/busbell/internal/setting"
)

// bus starts a namespace and returns our client of it and a sender of the
// SDK's to the queue error.
func bus(t *testing.T) (*emulator.Server, *servicebus.Client, *azservicebus.Sender) {
	t.Helper()
	s, err := emulator.Start(emulator.Config{Queues: []emulator.Queue{{Name: "error"}, {Name: "billing"}, {Name: "in-turn", RequiresSession: true}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	sdk, err := azservicebus.NewClientFromConnectionString(s.ConnectionString(), nil)
	if err != nil {
		t.Fatal(err)
	}
	sender, err := sdk.NewSender("error", nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := servicebus.New(servicebus.Config{ConnectionString: setting.Secret(s.ConnectionString())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close(context.Background())
		_ = sdk.Close(context.Background())
	})
	return s, c, sender
}

func send(t *testing.T, to *azservicebus.Sender, messages ...*azservicebus.Message) {
	t.Helper()
	batch, err := to.NewMessageBatch(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if err := batch.AddMessage(m, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.SendMessageBatch(t.Context(), batch, nil); err != nil {
		t.Fatal(err)
	}
}

func numbered(n int) []*azservicebus.Message {
	out := make([]*azservicebus.Message, n)
	for i := range out {
		id := fmt.Sprintf("m-%d", i)
		out[i] = &azservicebus.Message{MessageID: &id, Body: []byte("{}")}
	}
	return out
}

func peek(ctx context.Context, s *servicebus.Source, from int64) (got []message.Message, err error) {
	for m, e := range s.Peek(ctx, from) {
		if e != nil {
			return got, e
		}
		got = append(got, m)
	}
	return got, nil
}

func TestAllPagesAreReadInOrder(t *testing.T) {
	_, c, sender := bus(t)
	send(t, sender, numbered(1100)...) // more than four pages of the service's 250
	got, err := peek(t.Context(), c.Source("error"), 0)
	if err != nil || len(got) != 1100 {
		t.Fatalf("read %d messages: %v", len(got), err)
	}
	for i, m := range got {
		if m.ID != fmt.Sprintf("m-%d", i) || m.Entity != "error" || m.EnqueuedAt.IsZero() {
			t.Fatalf("message %d: %+v", i, m)
		}
	}
	rest, err := peek(t.Context(), c.Source("error"), got[1000].SequenceNumber)
	if err != nil || len(rest) != 100 {
		t.Errorf("from message 1000 on: %d messages, %v", len(rest), err)
	}
}

// Pages of large messages are shorter, and none is left out between them.
func TestLargeMessagesAreReadInOrder(t *testing.T) {
	_, c, sender := bus(t)
	for i := range 60 {
		m := numbered(1)[0]
		m.MessageID = new(fmt.Sprintf("m-%d", i))
		m.Body = bytes.Repeat([]byte("x"), 200<<10*(i%2)+1)
		if i == 31 {
			m.ApplicationProperties = map[string]any{"DeadLetterReason": int32(42)} // the library cannot read it
		}
		send(t, sender, m)
	}
	got, err := peek(t.Context(), c.Source("error"), 0)
	if err != nil || len(got) != 60 {
		t.Fatalf("read %d messages: %v", len(got), err)
	}
	for i, m := range got {
		if i != 31 && m.ID != fmt.Sprintf("m-%d", i) || (m.Unreadable != "") != (i == 31) {
			t.Fatalf("message %d is %q, unreadable %q", i, m.ID, m.Unreadable)
		}
	}
}

func TestLookingChangesNothing(t *testing.T) {
	_, c, sender := bus(t)
	send(t, sender, numbered(3)...)
	for range 3 {
		got, err := peek(t.Context(), c.Source("error"), 0)
		if err != nil || len(got) != 3 {
			t.Fatalf("read %d messages: %v", len(got), err)
		}
		for _, m := range got {
			if m.DeliveryCount != 0 {
				t.Errorf("%s was delivered %d times", m.ID, m.DeliveryCount)
			}
		}
	}
}

func TestAnEmptySourceIsNoError(t *testing.T) {
	_, c, _ := bus(t)
	for _, entity := range []string{"error", "billing/$DeadLetterQueue", "billing/$Transfer/$DeadLetterQueue"} {
		if got, err := peek(t.Context(), c.Source(entity), 0); err != nil || len(got) != 0 {
			t.Errorf("%s: %d messages, %v", entity, len(got), err)
		}
	}
}

func TestAMessageThatTheLibraryCannotReadHidesNoOther(t *testing.T) {
	_, c, sender := bus(t)
	messages := numbered(20)
	for _, i := range []int{0, 7, 19} {
		messages[i].ApplicationProperties = map[string]any{"DeadLetterReason": int32(42)}
	}
	send(t, sender, messages...)
	got, err := peek(t.Context(), c.Source("error"), 0)
	if err != nil || len(got) != 20 {
		t.Fatalf("read %d messages: %v", len(got), err)
	}
	for i, m := range got {
		unreadable := i == 0 || i == 7 || i == 19
		if (m.Unreadable != "") != unreadable || m.SequenceNumber != got[0].SequenceNumber+int64(i) {
			t.Errorf("message %d: number %d, unreadable %q", i, m.SequenceNumber, m.Unreadable)
		}
	}
}

// rewriting passes connections on to an address, with a text of the answers
// replaced by another one as long.
func rewriting(t *testing.T, to, text, by string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = client.Close()
				continue
			}
			go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
			go func() {
				defer func() { _ = client.Close() }()
				for b := make([]byte, 64<<10); ; {
					n, err := server.Read(b)
					if _, broken := client.Write(bytes.ReplaceAll(b[:n], []byte(text), []byte(by))); err != nil || broken != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestAMessageWithoutANumberHidesNoOther(t *testing.T) {
	s, _, sender := bus(t)
	send(t, sender, numbered(5)...)
	second := "\x55\x02" // as a long
	through := rewriting(t, s.Addr(), "x-opt-sequence-number"+second, "x-opt-sequence-numbex"+second)
	c, err := servicebus.New(servicebus.Config{ConnectionString: setting.Secret(strings.Replace(s.ConnectionString(), s.Addr(), through, 1))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	got, err := peek(t.Context(), c.Source("error"), 0)
	if err != nil || len(got) != 5 || got[1].SequenceNumber != 2 || got[1].Unreadable == "" || got[4].ID != "m-4" {
		t.Errorf("read %+v: %v", got, err)
	}
}

func TestUnreadableNeighboursAreSaidOnce(t *testing.T) {
	_, c, sender := bus(t)
	messages := numbered(9)
	for _, m := range messages[2:7] {
		m.ApplicationProperties = map[string]any{"DeadLetterReason": int32(42)}
	}
	send(t, sender, messages...)
	got, err := peek(t.Context(), c.Source("error"), 0)
	if err != nil || len(got) != 5 || got[2].Unreadable == "" || got[4].ID != "m-8" {
		t.Errorf("read %+v: %v", got, err)
	}
}

func TestPropertiesKeepTheirTypes(t *testing.T) {
	_, c, sender := bus(t)
	at := time.Date(2026, 4, 17, 8, 34, 2, 0, time.UTC)
	want := map[string]any{"text": "a", "int": int32(3), "long": int64(1) << 40, "double": 1.5, "bool": true, "time": at, "never": time.UnixMilli(1e15).UTC(), "null": nil}
	send(t, sender, &azservicebus.Message{ApplicationProperties: want, Body: []byte("{}")})
	got, err := peek(t.Context(), c.Source("error"), 0)
	if err != nil || len(got) != 1 {
		t.Fatalf("read %d messages: %v", len(got), err)
	}
	for key, v := range want {
		have, ok := got[0].Properties[key]
		if !ok || have != v {
			t.Errorf("%s = %#v, %v; want %#v", key, have, ok, v)
		}
	}
}

func TestWhatCannotBeReadSaysWhyAndWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		name, condition string
		kind            error
		want            string
	}{
		{"missing", "amqp:not-found", message.ErrMissing, "create it or correct watch.sources"},
		{"forbidden", emulator.Unauthorized, message.ErrForbidden, "the Listen right"},
		{"disabled", emulator.EntityDisabled, message.ErrDisabled, "enable it or take it out of watch.sources"},
		{"with sessions", "amqp:not-allowed", message.ErrNeedsSession, "watch its dead-letter queue"},
		{"throttled", emulator.ServerBusy, message.ErrBusy, "the next pass tries again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // being busy is tried again for a while
			s, c, sender := bus(t)
			send(t, sender, numbered(2000)...)
			check := func(err error) {
				t.Helper()
				if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "read error: ") {
					t.Errorf("%v; want %q", err, tt.want)
				}
			}
			n := 0
			for _, err := range c.Source("error").Peek(t.Context(), 0) {
				if err != nil {
					check(err) // in the middle of it
				} else if n++; n == 1 {
					s.Fail(control.Fault{Kind: control.Refuse, Entity: "error", Error: tt.condition})
				}
			}
			if n == 0 || n == 2000 {
				t.Errorf("read %d messages before the trouble began", n)
			}
			_, err := peek(t.Context(), c.Source("error"), 0)
			check(err) // at its beginning
		})
	}
}

func TestAMissingOrDisabledQueueIsKnownForIt(t *testing.T) {
	s, c, _ := bus(t)
	s.Disable("billing", true)
	for entity, want := range map[string]error{
		"nowhere": message.ErrMissing, "nowhere/$DeadLetterQueue": message.ErrMissing, "billing": message.ErrDisabled, "in-turn": message.ErrNeedsSession,
	} {
		if _, err := peek(t.Context(), c.Source(entity), 0); !errors.Is(err, want) {
			t.Errorf("%s: %v; want %v", entity, err, want)
		}
	}
	if _, err := peek(t.Context(), c.Source("in-turn/$DeadLetterQueue"), 0); err != nil {
		t.Errorf("the dead-letter queue of one with sessions: %v", err)
	}
}

func TestAfterAnOutageReadingGoesOn(t *testing.T) {
	s, c, sender := bus(t)
	send(t, sender, numbered(5)...)
	s.Down()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	const want = "read error: the broker does not answer (dial tcp "
	if got, err := peek(ctx, c.Source("error"), 0); !errors.Is(err, message.ErrAway) || !strings.HasPrefix(err.Error(), want) {
		t.Fatalf("read %d messages from a service that is down: %v; want %s", len(got), err, want)
	}
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	if got, err := peek(t.Context(), c.Source("error"), 0); err != nil || len(got) != 5 {
		t.Errorf("after the outage: %d messages, %v", len(got), err)
	}
}

// The SDK keeps a connection that ended as not allowed, and would use it for ever.
func TestABrokenConnectionIsReplacedAfterTwoFailures(t *testing.T) {
	for name, fault := range map[string]control.Fault{
		"the connection ends as not allowed":  {Kind: control.ConnectionForced, Error: "amqp:not-allowed", Times: 1},
		"a peek ends it as not allowed":       {Kind: control.ConnectionForced, Error: "amqp:not-allowed", Method: "peek-message", Times: 1},
		"the connection ends as unauthorized": {Kind: control.ConnectionForced, Error: "amqp:unauthorized-access", Times: 1},
		"the connection ends as forced":       {Kind: control.ConnectionForced, Times: 1},
		"links are detached":                  {Kind: control.DetachForced, Times: 1},
		"links are detached as not allowed":   {Kind: control.DetachForced, Error: "amqp:not-allowed", Times: 1},
		"new links are detached":              {Kind: control.DetachForced, Method: "attach", Times: 8},
	} {
		t.Run(name, func(t *testing.T) {
			s, c, sender := bus(t)
			send(t, sender, numbered(5)...)
			if got, err := peek(t.Context(), c.Source("error"), 0); err != nil || len(got) != 5 {
				t.Fatalf("before the fault: %d messages, %v", len(got), err)
			}
			s.Fail(fault)
			var failed []error
			for range 2 {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				if _, err := peek(ctx, c.Source("error"), 0); err != nil {
					failed = append(failed, err)
				}
				cancel()
			}
			for _, err := range failed {
				if errors.Is(err, message.ErrNeedsSession) {
					t.Errorf("the end of a connection is blamed on the queue: %v", err)
				}
			}
			if got, err := peek(t.Context(), c.Source("error"), 0); err != nil || len(got) != 5 {
				t.Errorf("after %d failures: %d messages, %v", len(failed), len(got), err)
			}
		})
	}
}

// What is being read over an old connection is read to its end.
func TestReplacingAConnectionStopsNoReader(t *testing.T) {
	s, c, sender := bus(t)
	send(t, sender, numbered(1100)...)
	read := 0
	for m, err := range c.Source("error").Peek(t.Context(), 0) {
		if err != nil {
			t.Fatalf("after %d messages: %v", read, err)
		}
		if m.ID == "m-10" {
			s.Fail(control.Fault{Kind: control.Refuse, Error: "amqp:internal-error", Method: "peek-message", Entity: "billing"})
			for range 2 {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				if _, err := peek(ctx, c.Source("billing"), 0); err == nil {
					t.Error("the fault did not happen")
				}
				cancel()
			}
			s.Heal()
			if _, err := peek(t.Context(), c.Source("billing"), 0); err != nil {
				t.Error(err)
			}
		}
		read++
	}
	if read != 1100 {
		t.Errorf("read %d messages of 1100", read)
	}
}

func TestAReaderMayStopEarly(t *testing.T) {
	_, c, sender := bus(t)
	send(t, sender, numbered(1000)...)
	seen := 0
	for _, err := range c.Source("error").Peek(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 3 {
			break
		}
	}
}

func TestWhatIsCutInTheMiddleIsReadOnce(t *testing.T) {
	for name, cut := range map[string]func(*emulator.Server){
		"connection": func(s *emulator.Server) { s.Fail(control.Fault{Kind: control.Drop, Times: 1}) },
		"link":       func(s *emulator.Server) { s.Fail(control.Fault{Kind: control.DetachForced, Entity: "error", Times: 1}) },
		"busy": func(s *emulator.Server) {
			s.Fail(control.Fault{Kind: control.Refuse, Entity: "error", Error: emulator.ServerBusy, Times: 2})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c, sender := bus(t)
			send(t, sender, numbered(2000)...)
			next := 0
			for m, err := range c.Source("error").Peek(t.Context(), 0) {
				if err != nil {
					t.Fatalf("after %d messages: %v", next, err)
				}
				if want := fmt.Sprintf("m-%d", next); m.ID != want {
					t.Fatalf("read %s, want %s", m.ID, want)
				}
				if next++; next%700 == 0 {
					cut(s)
				}
			}
			if next != 2000 {
				t.Errorf("read %d messages", next)
			}
		})
	}
}
