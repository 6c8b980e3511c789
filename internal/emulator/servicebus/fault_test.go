package servicebus

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/emulator/control"
	"github.com/busbell/busbell/internal/emulator/servicebus/amqp"
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
		s.Fail(control.Fault{Kind: control.Drop, Times: 1})
	}
	if n := len(peek(t, r)); n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
}

// A log that says "use of closed network connection" sends its reader to look for a
// fault that nobody asked for.
func TestACutConnectionIsLoggedAsTheFaultThatItIs(t *testing.T) {
	for _, f := range []control.Fault{
		{Kind: control.Drop}, {Kind: control.Drop, Method: "send"}, {Kind: control.DropAfterAccept, Method: "send"},
	} {
		f.Times = 1
		var log bytes.Buffer
		cfg := queues("q")
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s := start(t, cfg)
		out := sender(t, dial(t, s), "q")
		if err := out.SendMessage(soon(t), text("x"), nil); err != nil {
			t.Fatal(err)
		}
		s.Fail(f)
		_ = out.SendMessage(soon(t), text("x"), nil) // the client may see the cut
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if said := log.String(); !strings.Contains(said, "cut by a fault") || strings.Contains(said, "closed network connection") {
			t.Errorf("%+v: %s", f, said)
		}
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
	s.Fail(control.Fault{Kind: control.Refuse, Entity: "Q", Error: ServerBusy, Times: 2}) // less than the client's retries
	if n := len(peek(t, r)); n != 1 {
		t.Errorf("%d messages", n)
	}
	s.Fail(control.Fault{Kind: control.Refuse, Error: Unauthorized})
	if err := out.SendMessage(soon(t), text("x"), nil); err == nil || !strings.Contains(err.Error(), Unauthorized) {
		t.Errorf("send: %v", err)
	}
	s.Heal()
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
		s.Fail(control.Fault{Kind: control.DetachForced, Entity: "q", Times: 1})
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
	s.Fail(control.Fault{Kind: control.ShortPeek, Entity: "q", Times: 2})
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
	s.Fail(control.Fault{Kind: control.Delay, Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.PeekMessages(ctx, 1, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("peek: %v", err)
	}
	s.Heal()
	s.Fail(control.Fault{Kind: control.Drop, Times: 1})
	if _, err := r.PeekMessages(soon(t), 1, &azservicebus.PeekMessagesOptions{}); err != nil {
		t.Error(err)
	}
}

// What a client may not know is whether a call was carried out; the broker's
// state says it.
func TestEachFaultBefallsTheCallsThatItIsMeantFor(t *testing.T) {
	refused := func(condition string) func(error) bool {
		return func(err error) bool { return err != nil && strings.Contains(err.Error(), condition) }
	}
	fails := func(err error) bool { return err != nil }
	for _, tt := range []struct {
		name   string
		fault  control.Fault
		stored int // messages in q after one was sent, whose sending does not repeat
		err    func(error) bool
	}{
		{"drop", control.Fault{Kind: control.Drop, Method: "send"}, 0, fails},
		{"drop of this entity", control.Fault{Kind: control.Drop, Entity: "q", Method: "send"}, 0, fails},
		{"connection forced", control.Fault{Kind: control.ConnectionForced, Method: "send"}, 0, refused("amqp:connection:forced")},
		{"detach forced", control.Fault{Kind: control.DetachForced, Method: "send"}, 0, refused("amqp:link:detach-forced")},
		{"server busy", control.Fault{Kind: control.Refuse, Error: ServerBusy}, 0, refused("server-busy")},
		{"a refusal without a condition", control.Fault{Kind: control.Refuse}, 0, refused("server-busy")},
		{"timeout", control.Fault{Kind: control.Refuse, Error: Timeout}, 0, refused("com.microsoft:timeout")},
		{"accepted, then dropped", control.Fault{Kind: control.DropAfterAccept}, 1, fails},
		{"accepted, answer lost", control.Fault{Kind: control.LoseAnswer}, 1, refused("context deadline exceeded")},
		{"accepted, answered late", control.Fault{Kind: control.DelayAfterAccept, Delay: time.Hour}, 1, refused("context deadline exceeded")},
		{"held back", control.Fault{Kind: control.Delay, Delay: time.Hour}, 0, refused("context deadline exceeded")},
		{"another entity's", control.Fault{Kind: control.Refuse, Entity: "other"}, 1, func(err error) bool { return err == nil }},
		{"another method's", control.Fault{Kind: control.Refuse, Method: "settle"}, 1, func(err error) bool { return err == nil }},
		{"of peeks", control.Fault{Kind: control.ShortPeek}, 1, func(err error) bool { return err == nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, queues("q", "other"))
			c, err := azservicebus.NewClientFromConnectionString(s.ConnectionString(), &azservicebus.ClientOptions{
				RetryOptions: azservicebus.RetryOptions{MaxRetries: -1},
			})
			if err != nil {
				t.Fatal(err)
			}
			out := sender(t, c, "q")
			if _, err := out.NewMessageBatch(soon(t), nil); err != nil { // attaches
				t.Fatal(err)
			}
			s.Fail(tt.fault)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if err := out.SendMessage(ctx, text("x"), nil); !tt.err(err) {
				t.Errorf("send: %v", err)
			}
			if n, _ := s.Counts("q"); n.Active != tt.stored {
				t.Errorf("%d messages are there, want %d", n.Active, tt.stored)
			}
		})
	}
}

// A raw client sends as many frames as it says; one of an SDK may send more.
func TestConnectionIsDroppedAfterSomeFrames(t *testing.T) {
	s := start(t, queues("q"))
	r := dialRaw(t, s).open()
	s.Fail(control.Fault{Kind: control.Drop, Skip: 3, Times: 1})
	flow := amqp.Flow{NextIncomingID: new(uint32(0)), IncomingWindow: 100, OutgoingWindow: 100, Echo: true}
	for range 3 {
		r.send(flow)
		expect[amqp.Flow](r)
	}
	if len(s.Faults()) != 1 {
		t.Fatal("the connection was dropped too early")
	}
	r.send(flow)
	if f, _, err := amqp.ReadFrame(r.in, nil, 512); err == nil {
		t.Errorf("the connection was not dropped: %+v", f)
	}
	if len(s.Faults()) != 0 {
		t.Error("the fault was not used up")
	}
}

func TestOutageEndsByItself(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	out := sender(t, c, "q")
	if err := out.SendMessage(soon(t), text("x"), nil); err != nil {
		t.Fatal(err)
	}
	s.Fail(control.Fault{Kind: control.ConnectionForced, For: time.Minute})
	if err := out.SendMessage(soon(t), text("x"), nil); err == nil {
		t.Error("sent during the outage")
	}
	s.Advance(time.Minute)
	if err := out.SendMessage(soon(t), text("x"), nil); err != nil {
		t.Errorf("after the outage: %v", err)
	}
}

func TestSettlementIsRefusedAndItsAnswerLost(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	send(t, c, "q", text("x"), text("y"))
	r := receiver(t, c, "q", nil)
	got := receive(t, r, 2)
	s.Fail(control.Fault{Kind: control.LoseAnswer, Method: "settle", Times: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := r.CompleteMessage(ctx, got[0], nil); err == nil {
		t.Error("the answer was not lost")
	}
	if n, _ := s.Counts("q"); n.Active != 1 {
		t.Errorf("it was not carried out: %+v", n)
	}
	s.Fail(control.Fault{Kind: control.Refuse, Method: "settle", Error: string(messageLockLost), Times: 1})
	s.Fail(control.Fault{Kind: control.Refuse, Method: "update-disposition", Error: string(messageLockLost), Times: 1})
	if err := r.CompleteMessage(soon(t), got[1], nil); !lockLost(err) {
		t.Errorf("complete: %v", err)
	}
	if n, _ := s.Counts("q"); n.Active != 1 || n.Locked != 1 {
		t.Errorf("it was carried out: %+v", n)
	}
}

func TestTokenExpires(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	out := sender(t, c, "q")
	if err := out.SendMessage(soon(t), text("x"), nil); err != nil {
		t.Fatal(err)
	}
	s.Fail(control.Fault{Kind: control.ExpiredToken, Times: 2})
	if err := out.SendMessage(soon(t), text("x"), nil); err == nil || !strings.Contains(err.Error(), "ExpiredToken") {
		t.Errorf("send: %v", err)
	}
	s.Heal()
	if err := sender(t, dial(t, s), "q").SendMessage(soon(t), text("x"), nil); err != nil {
		t.Errorf("with a new token: %v", err)
	}
}

func TestPeekReturnsFewerThanAsked(t *testing.T) {
	s := start(t, queues("q"))
	c := dial(t, s)
	for range 5 {
		send(t, c, "q", text("x"))
	}
	s.Fail(control.Fault{Kind: control.ShortPeek, Entity: "q", Count: 2})
	r := receiver(t, c, "q", nil)
	got, err := r.PeekMessages(soon(t), 5, nil)
	if err != nil || len(got) != 2 {
		t.Errorf("%d messages, %v", len(got), err)
	}
	if n := len(peek(t, r)); n != 5 {
		t.Errorf("%d messages in all", n)
	}
}

func TestCountsAreZeroThoughMessagesAreThere(t *testing.T) {
	s := start(t, queues("q"))
	send(t, dial(t, s), "q", text("x"))
	a := administer(t, s.AdminConnectionString())
	s.Fail(control.Fault{Kind: control.ZeroCounts, Entity: "q", Times: 1})
	for i, want := range []int64{0, 1} {
		got, err := a.GetQueueRuntimeProperties(soon(t), "q", nil)
		if err != nil || got == nil || got.TotalMessageCount != want || int64(got.ActiveMessageCount) != want {
			t.Errorf("call %d: %+v, %v; want %d", i, got, err, want)
		}
	}
	s.Fail(control.Fault{Kind: control.Drop, Method: "administer", Times: 1})
	if _, err := a.GetQueueRuntimeProperties(soon(t), "q", nil); err != nil {
		t.Errorf("with the transport's retries: %v", err)
	}
	if left := s.Faults(); len(left) != 0 {
		t.Errorf("the call met no fault: %+v", left)
	}
}

func TestFaultsAndClockAreTurnedOverHTTP(t *testing.T) {
	s := start(t, queues("q"))
	door := s.Controls()
	call := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		door.ServeHTTP(w, httptest.NewRequest(method, "/_control/servicebus/"+path, strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	fault := `{"entity":"q","kind":"shortPeek","times":2,"for":"1m0s","count":1}`
	if status, body := call(http.MethodPost, "faults", fault); status != http.StatusOK || body != `{"faults":[`+fault+"]}\n" {
		t.Errorf("POST: %d %s", status, body)
	}
	send(t, dial(t, s), "q", text("x"), text("y"))
	if got, err := receiver(t, dial(t, s), "q", nil).PeekMessages(soon(t), 2, nil); err != nil || len(got) != 1 {
		t.Errorf("peeked %d, %v", len(got), err)
	}
	before := s.Now()
	if status, body := call(http.MethodPost, "clock", `{"advance":"1m"}`); status != http.StatusOK || s.Now().Sub(before) < time.Minute {
		t.Errorf("clock: %d %s", status, body)
	}
	if _, body := call(http.MethodGet, "faults", ""); body != "{\"faults\":[]}\n" {
		t.Errorf("a minute later: %s", body)
	}
	for path, body := range map[string]string{"faults": `{"kind":"html"}`, "clock": `{"advance":"soon"}`} {
		if status, _ := call(http.MethodPost, path, body); status != http.StatusBadRequest {
			t.Errorf("%s %s: status %d", path, body, status)
		}
	}
	s.Fail(control.Fault{Kind: control.Drop, Method: "send"})
	if status, body := call(http.MethodDelete, "faults", ""); status != http.StatusOK || len(s.Faults()) != 0 {
		t.Errorf("DELETE: %d %s", status, body)
	}
}
