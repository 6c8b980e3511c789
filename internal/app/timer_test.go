package app

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/azfunc"
	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/job"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/source"
)

// A queue is the one source of the test: a failed message a kind.
type queue struct {
	kinds []string
	peek  func(context.Context) // called first
}

func (q *queue) Peek(ctx context.Context, from int64) iter.Seq2[message.Message, error] {
	return func(yield func(message.Message, error) bool) {
		if q.peek != nil {
			q.peek(ctx)
		}
		if ctx.Err() != nil {
			yield(message.Message{}, ctx.Err())
			return
		}
		for i, kind := range q.kinds {
			m := message.Message{
				Entity: "error", ID: kind, SequenceNumber: int64(i + 1), EnqueuedAt: time.Now(),
				Properties: map[string]any{
					"rbs2-msg-id": kind, "rbs2-msg-type": "Shop.Orders." + kind + ", Shop.Orders", "rbs2-source-queue": "shop.billing",
					"rbs2-error-details": "1 unhandled exceptions: 04/17/2026 08:34:01 +00:00: Shop.CardExpired: expired\n   at Shop.Billing.Handler.Handle()",
				},
			}
			if m.SequenceNumber >= from && !yield(m, nil) {
				return
			}
		}
	}
}

// A channel keeps what it was told, and when.
type channel struct {
	send func(context.Context) error // called first

	mu   sync.Mutex
	sent map[string]time.Time // by headline
}

func (c *channel) Send(ctx context.Context, n notify.Notice, _ notify.Receipt) (notify.Receipt, error) {
	if c.send != nil {
		if err := c.send(ctx); err != nil {
			return notify.Receipt{}, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent[n.Headline.Plain()] = time.Now()
	return notify.Receipt{Destination: "C1", ID: n.Key}, nil
}

func (c *channel) Find(context.Context, notify.Notice, notify.Receipt, time.Time) (notify.Receipt, bool, error) {
	return notify.Receipt{}, false, nil
}

// unwritable is a ledger that refuses rows.
type unwritable struct {
	ledger.Ledger
	refuses func(ledger.Key) bool
}

var errRefused = errors.New("row refused")

func (l *unwritable) Insert(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	if l.refuses != nil && l.refuses(e.Key) {
		return ledger.Entry{}, errRefused
	}
	return l.Ledger.Insert(ctx, e)
}

func (l *unwritable) Update(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	if l.refuses != nil && l.refuses(e.Key) {
		return ledger.Entry{}, errRefused
	}
	return l.Ledger.Update(ctx, e)
}

// A timer is the handler's timer over one queue, one channel and a ledger in
// memory.
type timer struct {
	*services
	queue  *queue
	chat   *channel
	ledger *unwritable
}

func newTimer(t *testing.T) *timer {
	t.Helper()
	cfg, faults := config.Parse("busbell.yaml", []byte("environment: test\nwatch:\n  sources: [{queue: error}]\n  slack: {channel: \"#bus\"}\n"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	masker, err := privacy.New(cfg.Privacy)
	if err != nil {
		t.Fatal(err)
	}
	w, err := cfg.NewWatch(masker, false)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	tm := &timer{queue: &queue{}, chat: &channel{sent: map[string]time.Time{}}, ledger: &unwritable{Ledger: new(ledger.Memory)}}
	incidents := incident.Store{Ledger: tm.ledger, Environment: "test", Log: log}
	delivery := &outbox.Delivery{Ledger: tm.ledger, Environment: "test", Log: log, Channels: map[string]notify.Channel{"slack": tm.chat}}
	w.Open = func(source.Source) source.Peeker { return tm.queue }
	w.Incidents, w.Delivery, w.Log = incidents, delivery, log
	w.Journal = &incident.Journal{Ledger: tm.ledger, Environment: "test", Records: incidents, Delivery: delivery, Log: log}
	tm.services = &services{watch: w, delivery: delivery, log: log}
	return tm
}

// run runs the jobs of the timer as the door does, and returns how long that
// took.
func (tm *timer) run(t *testing.T) (*tick, time.Duration, error) {
	t.Helper()
	run, begun := &tick{services: tm.services}, time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), job.Budget(run.jobs()))
	defer cancel()
	err := job.Run(ctx, run.jobs())
	return run, time.Since(begun), err
}

// wantSent checks that a post begins so, and returns after which time it was sent.
func (tm *timer) wantSent(t *testing.T, begins string, since time.Time) time.Duration {
	t.Helper()
	tm.chat.mu.Lock()
	defer tm.chat.mu.Unlock()
	for headline, at := range tm.chat.sent {
		if strings.HasPrefix(headline, begins) {
			return at.Sub(since)
		}
	}
	t.Errorf("nothing begins with %q: %v", begins, tm.chat.sent)
	return 0
}

func TestWhatAPassDecidesIsDeliveredInTheSameRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tm := newTimer(t)
		tm.queue.kinds = []string{"OrderPlaced"}
		run, _, err := tm.run(t)
		if err != nil || !run.allRead || !run.delivered {
			t.Errorf("%v; all read %t, delivered %t", err, run.allRead, run.delivered)
		}
		tm.wantSent(t, "1 failed OrderPlaced", time.Now())
	})
}

// One row that stays refused must not cost the other incidents their delivery.
func TestWhatAFailedPassHasDecidedIsDeliveredInTheSameRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tm := newTimer(t)
		tm.queue.kinds = []string{"OrderPlaced"}
		tm.ledger.refuses = func(k ledger.Key) bool { return k.Partition == "test/places" && k.Row == "error" }
		run, _, err := tm.run(t)
		if !errors.Is(err, errRefused) || !strings.HasPrefix(err.Error(), "pass: ") || run.allRead {
			t.Errorf("%v; all read %t", err, run.allRead)
		}
		tm.wantSent(t, "1 failed OrderPlaced", time.Now())
	})
}

func TestAPassThatPanicsDoesNotStopDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tm := newTimer(t)
		tm.wait(t)
		tm.watch.Journal = nil // resuming it panics
		ready := make(chan struct{})
		close(ready)
		a := &App{ready: ready, built: tm.services}
		var out bytes.Buffer
		door := azfunc.Door{Routes: a.Routes(), Log: azfunc.NewLogger(&out, false)}
		w := httptest.NewRecorder()
		door.Handler(t.Context()).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/ErrorQueueTimer", strings.NewReader(`{"Data":{"timer":{}},"Metadata":{}}`)))
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "pass: panic: ") {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
		if log := out.String(); strings.Count(log, "invocation failed") != 1 || !strings.Contains(log, "errorqueue.(*Watch).Run") { // in its stack
			t.Errorf("log: %s", log)
		}
		tm.wantSent(t, "Gold reached", time.Now())
	})
}

// wait writes a notice that an earlier run has left.
func (tm *timer) wait(t *testing.T) {
	t.Helper()
	err := tm.delivery.Write(t.Context(), notify.Notice{
		Key: "gold", Channel: "slack", To: "#bus", Act: notify.Post, Headline: notify.Text{notify.Ours("Gold reached")},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAPassThatHangsDoesNotHoldDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tm := newTimer(t)
		tm.wait(t)
		tm.queue.kinds = []string{"OrderPlaced"}
		tm.queue.peek = func(ctx context.Context) { <-ctx.Done() }
		begun := time.Now()
		run, took, err := tm.run(t)
		if after := tm.wantSent(t, "Gold reached", begun); after > time.Minute {
			t.Errorf("sent after %v", after)
		}
		if run.allRead || took > passTime+errorqueue.EmergencyTime {
			t.Errorf("all read %t, took %v, %v", run.allRead, took, err)
		}
		tm.wantSent(t, "Cannot read error", begun) // what the pass itself has decided in the end
	})
}

func TestAChannelThatHangsDoesNotHoldThePass(t *testing.T) {
	for _, reading := range []time.Duration{0, 100 * time.Second} { // before delivery, and beside it
		synctest.Test(t, func(t *testing.T) {
			tm := newTimer(t)
			tm.wait(t)
			tm.queue.kinds = []string{"OrderPlaced", "CustomerMoved"}
			tm.watch.PollTimeout = 2 * time.Minute
			slow := sync.OnceFunc(func() { time.Sleep(reading) })
			tm.queue.peek = func(context.Context) { slow() }
			tm.chat.send = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
			begun := time.Now()
			var decided atomic.Int64 // after how long the first incident was written
			tm.ledger.refuses = func(k ledger.Key) bool {
				if k.Partition == "test/incidents" {
					decided.CompareAndSwap(0, int64(max(time.Since(begun), 1)))
				}
				return false
			}
			_, took, err := tm.run(t)
			if after := time.Duration(decided.Load()); err != nil || after != max(reading, 1) || took > reading+deliverTime {
				t.Errorf("read for %v: decided after %v, ended after %v, %v", reading, after, took, err)
			}
			tm.chat.send, tm.ledger.refuses = nil, nil
			for range 3 { // unknown outcomes are looked up first
				time.Sleep(2 * time.Minute)
				if _, _, err := tm.run(t); err != nil {
					t.Error(err)
				}
			}
			for _, headline := range []string{"Gold reached", "1 failed OrderPlaced", "1 failed CustomerMoved"} {
				tm.wantSent(t, headline, begun)
			}
		})
	}
}

// The ping says that all is well: not while people wait for what we know.
func TestWhatWaitsForLongKeepsThePingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tm := newTimer(t)
		tm.queue.kinds = []string{"OrderPlaced"}
		tm.chat.send = func(context.Context) error { return &notify.LaterError{After: time.Hour, Err: errors.New("limited")} }
		for _, delivered := range []bool{true, false} {
			run, _, err := tm.run(t)
			if err != nil || !run.allRead || run.delivered != delivered {
				t.Errorf("%v; all read %t, delivered %t, want %t", err, run.allRead, run.delivered, delivered)
			}
			time.Sleep(20 * time.Minute)
		}
	})
}
