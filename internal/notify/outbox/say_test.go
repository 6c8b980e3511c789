package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox/pace"
)

// A busyChannel serves many Sends at once. If it hangs, each lasts until its
// caller gives up, or beyond.
type busyChannel struct {
	mu     sync.Mutex
	said   []string
	hangs  bool
	beyond time.Duration // how long after its caller has given up
	lost   bool          // what hangs is said all the same
}

func (c *busyChannel) Send(ctx context.Context, n notify.Notice, _ notify.Receipt) (notify.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.hangs || c.lost {
		c.said = append(c.said, n.Key)
	}
	if !c.hangs {
		return notify.Receipt{ID: n.Key}, nil
	}
	c.mu.Unlock()
	<-ctx.Done()
	time.Sleep(c.beyond)
	c.mu.Lock()
	return notify.Receipt{}, ctx.Err()
}

func (c *busyChannel) Find(_ context.Context, n notify.Notice, _ notify.Receipt, _ time.Time) (notify.Receipt, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return notify.Receipt{ID: n.Key}, slices.Contains(c.said, n.Key), nil
}

// heard are the keys of what was said.
func (c *busyChannel) heard() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(slices.Values(c.said))
}

// Whoever says something waits for the ledger, and no longer than two seconds
// for the channel; the passes say what is left, all of it, each once.
func TestSayingWaitsTwoSecondsAtMost(t *testing.T) {
	for name, c := range map[string]*busyChannel{
		"a channel that is quick":           {},
		"a channel that hangs":              {hangs: true},
		"a channel that hangs after all":    {hangs: true, lost: true},
		"a channel that heeds no one's end": {hangs: true, beyond: 20 * time.Second},
	} {
		for suffix, every := range map[string]time.Duration{"": 0, ", a pace": time.Second} {
			t.Run(name+suffix, func(t *testing.T) {
				c := &busyChannel{hangs: c.hangs, lost: c.lost, beyond: c.beyond}
				synctest.Test(t, func(t *testing.T) {
					d := delivery(c)
					d.Wait, d.Paces = 20*time.Second, map[string]pace.Limit{"slack": {Every: every, Burst: 3}}
					var wg sync.WaitGroup
					for i := range 40 {
						wg.Go(func() {
							begun := time.Now()
							if err := d.Send(t.Context(), announcement(fmt.Sprint(i))); err != nil {
								t.Error(err)
							}
							if took := time.Since(begun); took > 2*time.Second {
								t.Errorf("it took %s", took)
							}
						})
					}
					wg.Wait()
					if now := len(c.heard()); !c.hangs && now != 40 && (every == 0 || now != 3) {
						t.Errorf("%d were said at once", now)
					}
					c.mu.Lock()
					c.hangs = false
					c.mu.Unlock()
					passes(t, d, time.Hour)
					if all := c.heard(); len(all) != 40 || len(slices.Compact(slices.Clone(all))) != 40 {
						t.Errorf("%d were said, want 40, each once: %q", len(all), all)
					}
				})
			})
		}
	}
}

func TestSayingWhatIsInTheLedgerCostsOneCall(t *testing.T) {
	for name, fail := range map[string][]error{"it was said": nil, "it waits": {&notify.LaterError{Err: errors.New("429")}}} {
		t.Run(name, func(t *testing.T) {
			c := &chat{fail: fail}
			d := delivery(c)
			if err := d.Send(t.Context(), announcement("a")); err != nil {
				t.Fatal(err)
			}
			before := len(c.said)
			calls := count(d)
			if err := d.Send(t.Context(), announcement("a")); err != nil {
				t.Fatal(err)
			}
			if n := calls.Calls(); n != 1 || len(c.said) != before {
				t.Errorf("%d calls, said %q", n, c.said)
			}
		})
	}
}

// What the pace leaves to the passes costs no more than writing it down.
func TestAFloodCostsOneCallEach(t *testing.T) {
	c := &chat{}
	d := delivery(c)
	d.Paces = map[string]pace.Limit{"slack": {Every: time.Hour, Burst: 1}}
	calls := count(d)
	for i := range 100 {
		if err := d.Send(t.Context(), announcement(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := calls.Calls(); n > 100+10 || len(c.said) != 1 {
		t.Errorf("%d calls, said %q", n, c.said)
	}
}

func TestWhatSayingHasBegunIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &busyChannel{hangs: true, lost: true}
		d := delivery(c)
		begun := time.Now()
		if err := d.Send(t.Context(), announcement("a")); err != nil {
			t.Error(err)
		}
		d.Settle()
		if took := time.Since(begun); took != 30*time.Second || len(c.heard()) != 1 {
			t.Errorf("settled after %s, said %q", took, c.heard())
		}
	})
}
