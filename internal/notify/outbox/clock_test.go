package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	emulator "github.com/busbell/busbell/internal/emulator/slack"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// skewed is a clock that is wrong by so much.
func skewed(by time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(by) }
}

// Two machines whose clocks differ send what there is to say, with the waits
// of production, while they crash and while Slack loses answers.
func TestSkewedClocksLoseNothingAndRepeatNothing(t *testing.T) {
	seed := clockSeed(t)
	for _, skew := range []time.Duration{
		0, 61 * time.Second, 110 * time.Second, 119 * time.Second, 24 * time.Hour,
		-61 * time.Second, -110 * time.Second, -119 * time.Second, -24 * time.Hour,
	} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newSkewedWorld(seed, min(crashNotices(t), 1000))
				w.deliver(t, seed, 0, skew)
				w.judge(t)
			})
		})
	}
}

// clockSeed is that of all accidents; BUSBELL_SEED repeats them, as far as the
// order of goroutines does.
func clockSeed(t *testing.T) uint64 {
	t.Helper()
	seed := 1 + rand.Uint64N(1e6)
	if text := os.Getenv("BUSBELL_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("BUSBELL_SEED is %q: set it to a number", text)
		}
	}
	t.Logf("seed %d", seed)
	return seed
}

// newSkewedWorld is a world without sockets, so that its time can stand still.
func newSkewedWorld(seed uint64, notices int) *crashWorld {
	var channels []string
	for i := range crashPlaces {
		channels = append(channels, fmt.Sprintf("place-%02d", i))
	}
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 1))
	w := &crashWorld{
		slack: emulator.New(emulator.Config{Channels: channels, Strict: true}), url: "http://127.0.0.1",
		ledger: slowTable{new(ledger.Memory)}, kills: map[string]int{}, notices: crashScript(notices),
		lease: time.Minute, lookUp: 30 * time.Second,
	}
	w.slack.LagHistory(20 * time.Second)
	w.chaos = &chaos{slack: w.slack, slow: 31 * time.Second, met: map[string]int{}, roll: func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(n)
	}}
	w.transport = ledgertest.Direct{Service: w.chaos}
	return w
}

// deliver lets two senders on each machine die and be born until everything is
// said.
func (w *crashWorld) deliver(t *testing.T, seed uint64, skews ...time.Duration) {
	t.Helper()
	begun := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
	defer cancel()
	var wg sync.WaitGroup
	written := make(chan struct{})
	wg.Go(func() {
		defer close(written)
		d := w.process(nil)
		for n, notice := range w.notices {
			d.Now = skewed(skews[n%len(skews)])
			for d.Write(ctx, notice) != nil && ctx.Err() == nil {
			}
		}
	})
	for n := range 2 * len(skews) {
		random := rand.New(rand.NewPCG(seed, uint64(n+2)))
		wg.Go(func() {
			for ctx.Err() == nil {
				d := w.process(random)
				d.Now = skewed(skews[n%len(skews)])
				out, err := w.survive(ctx, d)
				select {
				case <-written:
					if err == nil && out.Oldest.IsZero() && w.left(ctx) == 0 {
						return
					}
				default:
				}
				time.Sleep(time.Duration(random.IntN(10_000)) * time.Millisecond)
			}
		})
	}
	wg.Wait()
	w.took = time.Since(begun)
	if ctx.Err() != nil {
		t.Fatal("not everything was said within two hours")
	}
}

// survive is a Deliver whose process may die.
func (w *crashWorld) survive(ctx context.Context, d *outbox.Delivery) (out outbox.Outcome, err error) {
	err = errors.New("died")
	done := make(chan struct{})
	go func() {
		defer close(done)
		out, err = d.Deliver(ctx)
	}()
	<-done
	return out, err
}

// One pass had a clock that is a day wrong, and whoever comes next has the
// right one: it says what is to be said, as soon as if nothing had been.
func TestAPassWithAWrongClockSilencesNothing(t *testing.T) {
	for _, tt := range []struct {
		name string
		fail error         // what the channel answered to the pass
		die  string        // after which step it died
		wait time.Duration // until the next one has its turn
		want []string
	}{
		{"it only wrote", nil, "claimed", 91 * time.Second, []string{"post a", "update b"}},
		{"the channel said later", &notify.LaterError{After: 2 * time.Second, Err: errors.New("busy")}, "", 3 * time.Second, []string{"post a", "update b"}},
		{"it was refused", notify.ErrRejected, "", 61 * time.Second, []string{"post a", "update b"}},
		{"its answer was lost", notify.ErrUnknown, "", 31 * time.Second, []string{"post a", "update b"}},
		{"it died while it sent", nil, "sent", 91 * time.Second, []string{"post a", "update b"}},
		{"it died before an edit", nil, "locked", 61 * time.Second, []string{"post a", "update b"}},
		{"it died after an edit", nil, "edited", 61 * time.Second, []string{"post a", "update b", "update b"}},
	} {
		for _, skew := range []time.Duration{24 * time.Hour, -24 * time.Hour} {
			t.Run(tt.name+" "+skew.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := &chat{acceptUnknown: true}
					if tt.fail != nil {
						c.fail = []error{tt.fail}
					}
					right, wrong := delivery(c), delivery(c)
					wrong.Ledger, wrong.Now = right.Ledger, skewed(skew)
					between(wrong, func(step string) {
						if step == tt.die {
							runtime.Goexit()
						}
					})
					write(t, wrong, announcement("a"), revision("b", "a", 2))
					_, _ = wrong.Deliver(t.Context()) // it may fail, and the next one's may not
					time.Sleep(tt.wait)
					if _, err := right.Deliver(t.Context()); err != nil {
						t.Error(err)
					}
					wantSaid(t, c, tt.want...)
				})
			})
		}
	}
}

// What was said is remembered for as long as promised, and what waits for a
// channel waits for it, whatever a pass takes the time to be.
func TestAPassWithAWrongClockForgetsNothing(t *testing.T) {
	for _, skew := range []time.Duration{40 * 24 * time.Hour, -40 * 24 * time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &chat{}
				right, wrong := delivery(c), delivery(c)
				wrong.Ledger, wrong.Now = right.Ledger, skewed(skew)
				later := announcement("later")
				later.Channel = "pager"
				for _, d := range []*outbox.Delivery{wrong, right, wrong, right} {
					write(t, d, announcement("a"), later)
					_, _ = d.Deliver(t.Context()) // the pager is not set up
					time.Sleep(time.Minute)
				}
				pager := &chat{}
				right.Channels["pager"] = pager
				if _, err := right.Deliver(t.Context()); err != nil {
					t.Error(err)
				}
				wantSaid(t, c, "post a")
				wantSaid(t, pager, "post later")
			})
		})
	}
}

// slowTable is a ledger that takes half a second to answer, and whose readers
// know its time in whole seconds, as those of a table do.
type slowTable struct{ *ledger.Memory }

func (slowTable) coarse(e ledger.Entry) ledger.Entry {
	now := e.Written.Add(e.Age)
	e.Age = max(now.Truncate(time.Second).Sub(e.Written), 0)
	return e
}

const tableLatency = 250 * time.Millisecond // each way

func (s slowTable) Get(ctx context.Context, key ledger.Key) (ledger.Entry, error) {
	time.Sleep(tableLatency)
	defer time.Sleep(tableLatency)
	e, err := s.Memory.Get(ctx, key)
	return s.coarse(e), err
}

func (s slowTable) Insert(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	time.Sleep(tableLatency)
	defer time.Sleep(tableLatency)
	return s.Memory.Insert(ctx, e)
}

func (s slowTable) Update(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	time.Sleep(tableLatency)
	defer time.Sleep(tableLatency)
	return s.Memory.Update(ctx, e)
}

func (s slowTable) List(ctx context.Context, partition string) iter.Seq2[ledger.Entry, error] {
	return s.slowly(s.Memory.List(ctx, partition))
}

func (s slowTable) Due(ctx context.Context, partition string, before time.Time) iter.Seq2[ledger.Entry, error] {
	return s.slowly(s.Memory.Due(ctx, partition, before))
}

func (s slowTable) slowly(entries iter.Seq2[ledger.Entry, error]) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		time.Sleep(2 * tableLatency)
		for e, err := range entries {
			if !yield(s.coarse(e), err) {
				return
			}
		}
	}
}
