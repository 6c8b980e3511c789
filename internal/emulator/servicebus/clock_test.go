package servicebus

import (
	"fmt"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

func TestWhatFallsDueHasHappenedWhenTheClockHasMoved(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q", LockDuration: 5 * time.Minute, MaxDeliveryCount: 2}}})
	c := dial(t, s)
	begun := s.Now()

	send(t, c, "q", text("locked"))
	receive(t, receiver(t, c, "q", nil), 1)
	s.Advance(5*time.Minute - time.Second)
	if n, _ := s.Counts("q"); n.Locked != 1 {
		t.Errorf("before its time the lock has ended: %+v", n)
	}
	s.Advance(time.Second)
	if n, _ := s.Counts("q"); n.Locked != 0 || n.Active != 1 {
		t.Errorf("the lock has not ended: %+v", n)
	}

	due := s.Now().Add(time.Hour)
	life := 2 * time.Hour
	send(t, c, "q",
		&azservicebus.Message{Body: []byte("scheduled"), ScheduledEnqueueTime: &due},
		&azservicebus.Message{Body: []byte("short-lived"), TimeToLive: &life})
	s.Advance(time.Hour)
	if n, _ := s.Counts("q"); n.Scheduled != 0 || n.Active != 3 {
		t.Errorf("the scheduled message is not active: %+v", n)
	}
	s.Advance(time.Hour)
	if n, _ := s.Counts("q"); n.Active != 2 {
		t.Errorf("the message has outlived its time: %+v", n)
	}
	if passed := s.Now().Sub(begun); passed < 2*time.Hour+5*time.Minute {
		t.Errorf("%s have passed on the server's clock", passed)
	}
}

// A long move is not one jump: a message that comes due on the way starts its
// life then, not at the end.
func TestTheClockMovesThroughEachMomentInOrder(t *testing.T) {
	s := start(t, Config{Queues: []Queue{{Name: "q", DefaultMessageTimeToLive: time.Hour, DeadLetteringOnMessageExpiration: true}}})
	c := dial(t, s)
	for i, wait := range []time.Duration{3 * time.Hour, time.Hour, 2 * time.Hour} {
		due := s.Now().Add(wait)
		send(t, c, "q", &azservicebus.Message{Body: fmt.Append(nil, i), ScheduledEnqueueTime: &due})
	}
	s.Advance(10 * time.Hour)
	var got []string
	for _, m := range peek(t, receiver(t, c, "q/$DeadLetterQueue", nil)) {
		got = append(got, string(m.Body))
		if age := s.Now().Sub(*m.EnqueuedTime).Round(time.Hour); age < 7*time.Hour {
			t.Errorf("message %s became active %s ago", m.Body, age)
		}
	}
	if fmt.Sprint(got) != "[1 2 0]" {
		t.Errorf("dead letters %v, want them in the order of their ends", got)
	}
}
