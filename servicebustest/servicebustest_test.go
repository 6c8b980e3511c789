package servicebustest_test

import (
	"context"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/servicebustest"
)

// host is the address in a connection string.
func host(connection string) string {
	_, rest, _ := strings.Cut(connection, "sb://")
	addr, _, _ := strings.Cut(rest, ";")
	return addr
}

func TestNothingStaysBehindWhenATestEnds(t *testing.T) {
	var addrs []string
	t.Run("inner", func(t *testing.T) {
		bus := servicebustest.Start(t, servicebustest.Config{Queues: []servicebustest.Queue{{Name: "q"}}})
		addrs = append(addrs, host(bus.ConnectionString()), host(bus.AdminConnectionString()))
		client := dial(t, bus)
		send(t, client, "q", "x")
		receiver, err := client.NewReceiverForQueue("q", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := receiver.ReceiveMessages(t.Context(), 1, nil); err != nil {
			t.Fatal(err)
		}
		// A client that says nothing at all must not keep the server alive.
		for _, addr := range addrs {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
		}
	})
	for _, addr := range addrs {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
		if err == nil {
			_ = conn.Close()
			t.Errorf("%s still accepts connections", addr)
		}
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if strings.Contains(string(stacks), "emulator/servicebus.") {
		t.Errorf("the server left a goroutine behind:\n%s", stacks)
	}
}

func TestMovingTheClockEndsALock(t *testing.T) {
	bus := servicebustest.Start(t, servicebustest.Config{Queues: []servicebustest.Queue{{Name: "q", LockDuration: time.Minute}}})
	client := dial(t, bus)
	send(t, client, "q", "x")
	receiver, err := client.NewReceiverForQueue("q", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := receiver.ReceiveMessages(t.Context(), 1, nil); err != nil {
		t.Fatal(err)
	}
	before := bus.Now()
	if m := bus.Snapshot("q").Messages[0]; !m.Locked || m.DeliveryCount != 0 {
		t.Errorf("received: %+v", m)
	}
	bus.Advance(time.Minute)
	if m := bus.Snapshot("q").Messages[0]; m.DeliveryCount != 1 {
		t.Errorf("a minute later: %+v", m)
	}
	if passed := bus.Now().Sub(before); passed < time.Minute {
		t.Errorf("the clock says that %s have passed", passed)
	}
}

// A test that is told of a mistake, such as a wrong name, ends there.
type refusing struct {
	testing.TB
	said string
}

func (r *refusing) Fatalf(format string, _ ...any) {
	r.said = format
	runtime.Goexit()
}

func TestMistakesFailTheTest(t *testing.T) {
	for name, mistake := range map[string]func(testing.TB){
		"configuration": func(t testing.TB) {
			servicebustest.Start(t, servicebustest.Config{Queues: []servicebustest.Queue{{Name: "a"}, {Name: "A"}}})
		},
		"snapshot": func(t testing.TB) {
			servicebustest.Start(t, servicebustest.Config{}).Snapshot("nowhere")
		},
	} {
		r := &refusing{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			mistake(r)
		}()
		<-done
		if r.said == "" {
			t.Errorf("%s: the test went on", name)
		}
	}
}

func dial(t *testing.T, bus *servicebustest.Server) *azservicebus.Client {
	t.Helper()
	client, err := azservicebus.NewClientFromConnectionString(bus.ConnectionString(), &azservicebus.ClientOptions{
		RetryOptions: azservicebus.RetryOptions{RetryDelay: 10 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = client.Close(ctx)
	})
	return client
}

func send(t *testing.T, client *azservicebus.Client, queue, body string) {
	t.Helper()
	sender, err := client.NewSender(queue, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.SendMessage(t.Context(), &azservicebus.Message{Body: []byte(body)}, nil); err != nil {
		t.Fatal(err)
	}
}

func TestASendWhoseAnswerIsLostIsRepeated(t *testing.T) {
	bus := servicebustest.Start(t, servicebustest.Config{Queues: []servicebustest.Queue{{Name: "q"}}})
	bus.Fail(servicebustest.Fault{Kind: servicebustest.DropAfterAccept, Method: "send", Entity: "q", Times: 1})
	send(t, dial(t, bus), "q", "x") // the client's retry gets through
	if left := bus.Faults(); len(left) != 0 {
		t.Fatalf("the client met no fault: %+v", left)
	}
	if n := bus.Snapshot("q").Active; n != 2 {
		t.Errorf("%d messages, want the one that was accepted and the one that was sent again", n)
	}
}

func TestHealingTakesBackEveryFault(t *testing.T) {
	bus := servicebustest.Start(t, servicebustest.Config{Queues: []servicebustest.Queue{{Name: "q"}}})
	bus.Fail(servicebustest.Fault{Kind: servicebustest.DropAfterAccept, Method: "send", Entity: "q"})
	bus.Fail(servicebustest.Fault{Kind: servicebustest.DropAfterAccept, Method: "settle"})
	bus.Heal()
	if left := bus.Faults(); len(left) != 0 {
		t.Fatalf("faults are left: %+v", left)
	}
	send(t, dial(t, bus), "q", "x")
	if n := bus.Snapshot("q").Active; n != 1 {
		t.Errorf("%d messages, want the one that was sent once", n)
	}
}
