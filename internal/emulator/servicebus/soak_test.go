package servicebus

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/control"
)

// A fate is what clients know of a message.
type fate struct {
	accepted  bool // its sender was told so
	completed bool // a receiver was told so
	dead      bool // likewise, of dead-lettering
	maybe     bool // a receiver tried to settle it and was told nothing
}

// A ledger is what all clients know of all messages.
type ledger struct {
	t  *testing.T
	mu sync.Mutex
	of map[string]*fate
}

// note changes what is known of a message.
func (l *ledger) note(id string, change func(*fate)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of[id] == nil {
		l.of[id] = &fate{}
	}
	change(l.of[id])
}

// completed counts the messages whose receivers know that they are done.
func (l *ledger) completed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, f := range l.of {
		if f.completed {
			n++
		}
	}
	return n
}

// soakLength is how long clients and faults go on: two seconds, or as
// BUSBELL_BUS_SOAK says.
func soakLength(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("BUSBELL_BUS_SOAK")
	if text == "" {
		return 2 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("BUSBELL_BUS_SOAK: %v", err)
	}
	return d
}

// Two clients send and two receive while connections are cut, links detached,
// answers lost and locks run out. In the end each message is where the
// service would have it: one that was accepted is there once, or a receiver
// has settled it; one whose settlement was confirmed is settled only once.
func TestEveryMessageIsAccountedFor(t *testing.T) {
	cfg := Config{
		Data:   filepath.Join(t.TempDir(), "data"),
		Queues: []Queue{{Name: "q", RequiresDuplicateDetection: true, DuplicateDetectionHistoryTimeWindow: 24 * time.Hour, MaxDeliveryCount: 5}},
	}
	s := start(t, cfg)
	l := &ledger{t: t, of: map[string]*fate{}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var clients sync.WaitGroup
	for i := range 2 {
		clients.Go(func() { l.send(ctx, s, i) })
		clients.Go(func() { l.receive(ctx, s) })
	}
	clients.Go(func() { misfortune(ctx, s) })
	for time.Sleep(soakLength(t)); l.completed() < 50; { // however slow the machine is
		time.Sleep(50 * time.Millisecond)
	}
	cancel()
	clients.Wait()
	s.Heal()
	s.Advance(2 * time.Minute) // no message is locked any more
	s = restarted(t, s, cfg)
	l.check(s)
}

// misfortune adds faults at random.
func misfortune(ctx context.Context, s *Server) {
	kinds := []control.Fault{
		{Kind: control.Drop},
		{Kind: control.Drop, Skip: 10},
		{Kind: control.ConnectionForced},
		{Kind: control.DetachForced, Entity: "q"},
		{Kind: control.DropAfterAccept, Method: onSend},
		{Kind: control.DropAfterAccept, Method: onSettle},
		{Kind: control.LoseAnswer, Method: onSettle},
		{Kind: control.LoseAnswer, Method: "update-disposition"},
		{Kind: control.Refuse, Error: ServerBusy},
		{Kind: control.Refuse, Method: onSend, Error: Timeout},
		{Kind: control.Delay, Delay: 5 * time.Millisecond},
		{Kind: control.ExpiredToken},
	}
	for ctx.Err() == nil {
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		if rand.IntN(10) == 0 {
			s.Advance(time.Minute) // all locks run out
			continue
		}
		f := kinds[rand.IntN(len(kinds))]
		f.Times, f.For = 1, 100*time.Millisecond // or they would pile up
		s.Fail(f)
	}
}

// connected calls use with a fresh client again and again, because one may
// stay broken after a fault.
func connected(ctx context.Context, s *Server, use func(*azservicebus.Client)) {
	for ctx.Err() == nil {
		client, err := azservicebus.NewClientFromConnectionString(s.ConnectionString(), &azservicebus.ClientOptions{
			RetryOptions: azservicebus.RetryOptions{MaxRetries: 2, RetryDelay: 5 * time.Millisecond, MaxRetryDelay: 20 * time.Millisecond},
		})
		if err != nil {
			panic(err)
		}
		use(client)
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		_ = client.Close(end)
		cancel()
	}
}

// briefly is long enough for a call that meets no fault.
func briefly(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 500*time.Millisecond)
}

func (l *ledger) send(ctx context.Context, s *Server, who int) {
	n := 0
	connected(ctx, s, func(client *azservicebus.Client) {
		sender, err := client.NewSender("q", nil)
		for err == nil && ctx.Err() == nil {
			time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond) // receivers are slower
			n++
			id := fmt.Sprintf("%d.%d", who, n)
			l.note(id, func(*fate) {})
			call, cancel := briefly(ctx)
			err = sender.SendMessage(call, &azservicebus.Message{MessageID: &id, Body: []byte(id)}, nil)
			cancel()
			if err == nil {
				l.note(id, func(f *fate) { f.accepted = true })
			}
		}
	})
}

func (l *ledger) receive(ctx context.Context, s *Server) {
	connected(ctx, s, func(client *azservicebus.Client) {
		receiver, err := client.NewReceiverForQueue("q", nil)
		for err == nil && ctx.Err() == nil {
			call, cancel := briefly(ctx)
			var got []*azservicebus.ReceivedMessage
			got, err = receiver.ReceiveMessages(call, 10, nil)
			cancel()
			for _, m := range got {
				l.settle(ctx, receiver, m)
			}
		}
	})
}

func (l *ledger) settle(ctx context.Context, r *azservicebus.Receiver, m *azservicebus.ReceivedMessage) {
	id := m.MessageID
	call, cancel := briefly(ctx)
	defer cancel()
	var err error
	var settled func(*fate) // for good
	switch n := rand.IntN(10); {
	case n < 7:
		err = r.CompleteMessage(call, m, nil)
		settled = func(f *fate) { f.completed = true }
	case n < 8:
		err = r.DeadLetterMessage(call, m, nil)
		settled = func(f *fate) { f.dead = true }
	default:
		err = r.AbandonMessage(call, m, nil)
	}
	l.note(id, func(f *fate) {
		switch {
		case err != nil:
			f.maybe = true
		case settled == nil: // abandoned: another receiver may have gone on meanwhile
		case f.completed || f.dead:
			l.t.Errorf("%s was settled twice: %+v", id, *f)
		default:
			settled(f)
		}
	})
}

func (l *ledger) check(s *Server) {
	t := l.t
	there := map[string]int{}
	inDeadLetters := map[string]bool{}
	for _, entity := range []string{"q", "q/$DeadLetterQueue"} {
		got, err := s.Snapshot(entity)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range got.Messages {
			there[m.ID]++
			inDeadLetters[m.ID] = entity != "q"
			if m.ID != string(m.Body) || l.of[m.ID] == nil {
				t.Errorf("a message that nobody sent: %+v", m)
			}
		}
	}
	accepted := 0
	for id, f := range l.of {
		n := there[id]
		switch {
		case f.completed && n > 0, f.dead && (n != 1 || !inDeadLetters[id]), n > 1:
			t.Errorf("%s is there %d times, among dead letters: %v; its clients know %+v", id, n, inDeadLetters[id], *f)
		case f.accepted && n == 0 && !f.completed && !f.maybe:
			t.Errorf("%s is lost; its clients know %+v", id, *f)
		}
		if f.accepted {
			accepted++
		}
	}
	t.Logf("%d messages, %d accepted, %d completed, %d still there", len(l.of), accepted, l.completed(), len(there))
}
