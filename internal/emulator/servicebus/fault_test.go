package servicebus

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

func TestClientsRecoverFromDroppedConnections(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	r := receiver(t, c, "q", nil)
	out := sender(t, c, "q")
	for range 3 {
		if err := out.SendMessage(soon(t), text("x"), nil); err != nil {
			t.Fatal(err)
		}
		peek(t, r)
		s.DropConnections()
	}
	if n := len(peek(t, r)); n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
}

func TestServiceBusIsDownAndComesBack(t *testing.T) {
	s := start(t, queues("q"))
	s.Down()
	c := dial(t, s)
	r := receiver(t, c, "q", nil)
	if _, err := r.PeekMessages(soon(t), 1, nil); err == nil {
		t.Fatal("peeked while down")
	}
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	send(t, c, "q", text("x"))
	s.Down()
	if _, err := r.PeekMessages(soon(t), 1, nil); err == nil {
		t.Fatal("peeked while down again")
	}
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	if n := len(peek(t, r)); n != 1 {
		t.Errorf("%d messages after coming back", n)
	}
}

func TestRefusalsReachTheClient(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	r := receiver(t, c, "q", nil)
	out := sender(t, c, "q")
	if err := out.SendMessage(soon(t), text("x"), nil); err != nil {
		t.Fatal(err)
	}
	peek(t, r)
	s.Refuse("Q", ServerBusy, 2) // less than the client's retries
	if n := len(peek(t, r)); n != 1 {
		t.Errorf("%d messages", n)
	}
	s.Refuse("", Unauthorized, -1)
	if err := out.SendMessage(soon(t), text("x"), nil); err == nil || !strings.Contains(err.Error(), Unauthorized) {
		t.Errorf("send: %v", err)
	}
	s.Refuse("", "", 0)
	if err := out.SendMessage(soon(t), text("y"), nil); err != nil {
		t.Error(err)
	}
}

func TestDetachedLinksAreRebuilt(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	out := sender(t, c, "q")
	for range 3 {
		if err := out.SendMessage(soon(t), text("x"), nil); err != nil {
			t.Fatal(err)
		}
		s.Detach("q", DetachForced)
	}
	if n, _ := s.Counts("q"); n.Active != 3 {
		t.Errorf("counts %+v", n)
	}
}

func TestDisabledEntitiesCanStillBePeeked(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	send(t, c, "q", text("x"))
	r := receiver(t, c, "q", nil)
	peek(t, r)
	if !s.Disable("q", true) || s.Disable("nowhere", true) {
		t.Error("Disable does not say whether the entity exists")
	}
	err := sender(t, c, "q").SendMessage(soon(t), text("y"), nil)
	if err == nil || !strings.Contains(err.Error(), EntityDisabled) {
		t.Errorf("send: %v", err)
	}
	s.Disable("q", false)
	send(t, c, "q", text("y"))
	if n := len(peek(t, r)); n != 2 {
		t.Errorf("%d messages", n)
	}
}

func TestAnOutageMayLookLikeAnEmptyQueue(t *testing.T) {
	s := start(t, queues("q", "other"))
	c := dial(t, s)
	send(t, c, "q", text("x"))
	send(t, c, "other", text("x"))
	s.PeekEmpty("q", 2)
	for i, want := range []int{0, 0, 1} {
		if n := len(peek(t, receiver(t, c, "q", nil))); n != want {
			t.Errorf("peek %d: %d messages, want %d", i, n, want)
		}
		if n := len(peek(t, receiver(t, c, "other", nil))); n != 1 {
			t.Errorf("peek %d of the other queue: %d messages", i, n)
		}
	}
}

func TestDelayHoldsAnswersBack(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	r := receiver(t, c, "q", nil)
	peek(t, r)
	s.Delay(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.PeekMessages(ctx, 1, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("peek: %v", err)
	}
	s.Delay(0)
	s.DropConnections()
	if _, err := r.PeekMessages(soon(t), 1, &azservicebus.PeekMessagesOptions{}); err != nil {
		t.Error(err)
	}
}
