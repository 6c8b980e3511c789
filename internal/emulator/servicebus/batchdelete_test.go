package servicebus

import (
	"fmt"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
)

// deleteBatch asks for count messages that came before a time to be deleted,
// which no client in Go can yet, and returns how many were.
func (r *raw) deleteBatch(count int32, before time.Time, session string) int32 {
	r.t.Helper()
	body := amqp.Map{{Key: "message-count", Value: count}, {Key: "enqueued-time-utc", Value: amqp.Timestamp(before.UnixMilli())}}
	if session != "" {
		body = append(body, amqp.Pair{Key: "session-id", Value: session})
	}
	status, answer := r.request("batch-delete-messages", body)
	if status != 200 {
		r.t.Fatalf("status %d", status)
	}
	n, ok := answer.Get("message-count").(int32)
	if !ok {
		r.t.Fatalf("answer %v", answer)
	}
	return n
}

func TestABatchOfTheOldestIsDeleted(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	send(t, c, "q", text("locked"), text("deferred"), text("a"), text("b"))
	r := receiver(t, c, "q", nil)
	got := receive(t, r, 2)
	if err := r.DeferMessage(soon(t), got[1], nil); err != nil {
		t.Fatal(err)
	}
	s.Advance(time.Second)
	cutOff := s.Now()
	s.Advance(time.Second)
	due := s.Now().Add(time.Hour)
	send(t, c, "q", text("later"), &azservicebus.Message{Body: []byte("scheduled"), ScheduledEnqueueTime: &due})
	m := dialRaw(t, s).open().managing("q")
	for i, want := range []int32{1, 1, 0} {
		if n := m.deleteBatch(1, cutOff, ""); n != want {
			t.Errorf("batch %d: %d deleted, want %d", i, n, want)
		}
	}
	if got := fmt.Sprint(bodies(peek(t, r))); got != "[locked deferred later scheduled]" {
		t.Errorf("left are %s", got)
	}
	if err := r.CompleteMessage(soon(t), got[0], nil); err != nil {
		t.Errorf("the locked message: %v", err)
	}
}

func TestAPurgeEndsWithAnEmptyQueue(t *testing.T) {
	cfg := Config{Queues: []Queue{{Name: "q", DeadLetteringOnMessageExpiration: true, DefaultMessageTimeToLive: time.Second}}, MaxBatchDelete: 100}
	s := start(t, cfg)
	store(t, s, "q", 250, "x")
	s.Advance(time.Minute)
	m := dialRaw(t, s).open().managing("q/$DeadLetterQueue")
	for i, want := range []int32{100, 100, 50, 0} {
		if n := m.deleteBatch(4000, s.Now().Add(time.Second), ""); n != want {
			t.Errorf("batch %d: %d deleted, want %d", i, n, want)
		}
	}
}

func TestABatchOfOneSessionIsDeleted(t *testing.T) {
	s := start(t, withSessions())
	send(t, dial(t, s), "q", inSession("a", "1"), inSession("b", "2"), inSession("a", "3"))
	m := dialRaw(t, s).open().managing("q")
	if n := m.deleteBatch(10, s.Now().Add(time.Second), "a"); n != 2 {
		t.Errorf("%d deleted", n)
	}
	holds(t, s, map[string]int{"q": 1})
	if n := m.deleteBatch(10, s.Now().Add(time.Second), ""); n != 1 {
		t.Errorf("%d deleted", n)
	}
}
