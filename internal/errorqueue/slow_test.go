package errorqueue_test

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/source"
	"github.com/busbell/busbell/internal/triage"
)

// slowLedger takes its time for each call.
type slowLedger struct {
	ledger.Ledger
	takes time.Duration
}

func (l *slowLedger) wait(ctx context.Context) error {
	select {
	case <-time.After(l.takes):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *slowLedger) Get(ctx context.Context, key ledger.Key) (ledger.Entry, error) {
	if err := l.wait(ctx); err != nil {
		return ledger.Entry{}, err
	}
	return l.Ledger.Get(ctx, key)
}

func (l *slowLedger) Insert(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	if err := l.wait(ctx); err != nil {
		return ledger.Entry{}, err
	}
	return l.Ledger.Insert(ctx, e)
}

func (l *slowLedger) Update(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	if err := l.wait(ctx); err != nil {
		return ledger.Entry{}, err
	}
	return l.Ledger.Update(ctx, e)
}

func (l *slowLedger) Delete(ctx context.Context, e ledger.Entry) error {
	if err := l.wait(ctx); err != nil {
		return err
	}
	return l.Ledger.Delete(ctx, e)
}

func (l *slowLedger) List(ctx context.Context, partition string) iter.Seq2[ledger.Entry, error] {
	if err := l.wait(ctx); err != nil {
		return func(yield func(ledger.Entry, error) bool) { yield(ledger.Entry{}, err) }
	}
	return l.Ledger.List(ctx, partition)
}

func (l *slowLedger) Due(ctx context.Context, partition string, before time.Time) iter.Seq2[ledger.Entry, error] {
	if err := l.wait(ctx); err != nil {
		return func(yield func(ledger.Entry, error) bool) { yield(ledger.Entry{}, err) }
	}
	return l.Ledger.Due(ctx, partition, before)
}

// newSlowDriver has so many kinds of failures, all of which page, and a slow ledger. Its
// clock runs.
func newSlowDriver(t *testing.T, kinds int, takes time.Duration) *driver {
	t.Helper()
	d := newDriver(t, triage.PageRule{When: "true", Priority: "P2"})
	d.ledger.Ledger = &slowLedger{d.ledger.Ledger, takes}
	d.Sources, d.Writers, d.Journal.Writers, d.Delivery.Writers = nil, 0, 0, 0
	for n := range kinds {
		p := source.Source{Queue: fmt.Sprintf("error%d", n/500)}
		if n%500 == 0 {
			d.Sources, d.queues[p.Entity()] = append(d.Sources, p), &queue{}
		}
		d.queues[p.Entity()].fail(1, fmt.Sprintf("Event%d", n), "Broken")
	}
	begun := time.Now()
	d.Now = func() time.Time { return d.now.Add(time.Since(begun)) }
	d.Delivery.Now = d.Now
	return d
}

// slowPass is a pass as the timer makes it: what is left to be said after a
// bad one is said beside it.
func (d *driver) slowPass(t *testing.T, within time.Duration) error {
	t.Helper()
	time.Sleep(2 * time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	_, err := d.Run(ctx)
	if err != nil {
		sweep, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		_, _ = d.Delivery.Deliver(sweep)
	}
	return err
}

var kinds = flag.Int("kinds", 2000, "how many kinds of failures a slow ledger is given")

// However long it takes to save what a pass has decided: people hear of it
// after the first pass, and the passes after it go on where it was cut off.
func TestAPlanThatTakesLongerThanAPassGetsThrough(t *testing.T) {
	for _, tt := range []struct {
		kinds         int
		takes, within time.Duration
		most          int // passes
	}{
		{*kinds, 20 * time.Millisecond, 190 * time.Second, 1},
		{*kinds, 150 * time.Millisecond, 190 * time.Second, 1},
		{1000, 150 * time.Millisecond, 8 * time.Second, 4},
		{1000, 7 * time.Second, 190 * time.Second, 7}, // no call may take longer
	} {
		t.Run(fmt.Sprintf("%d kinds, %v a call, %v a pass", tt.kinds, tt.takes, tt.within), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newSlowDriver(t, tt.kinds, tt.takes)
				passes := 1
				for ; d.slowPass(t, tt.within) != nil && passes < 20; passes++ {
					if passes == 1 {
						d.wantDigest(t, tt.kinds)
						if !strings.Contains(strings.Join(d.pager.heard(), "\n"), "the ledger cannot be read") {
							t.Error("nobody was paged in an emergency")
						}
					}
				}
				t.Logf("%d kinds at %v a call: through in pass %d", tt.kinds, tt.takes, passes)
				if passes > tt.most {
					t.Errorf("through in pass %d", passes)
				}
				d.wantDigest(t, tt.kinds)
				d.ledger.Ledger = d.ledger.Ledger.(*slowLedger).Ledger
				all, err := d.Incidents.All(t.Context())
				if err != nil || len(all) < tt.kinds {
					t.Errorf("%d incidents, %v", len(all), err)
				}
				for range 2 {
					time.Sleep(2 * time.Minute)
					if _, err := d.Run(t.Context()); err != nil {
						t.Error(err)
					}
				}
				d.wantNothingTwice(t)
			})
		})
	}
}

func (d *driver) wantDigest(t *testing.T, kinds int) {
	t.Helper()
	n := 0
	for _, said := range d.chat.said {
		if said.Act == notify.Post && said.Headline.Plain() == fmt.Sprintf("%d failures of %d kinds", kinds, kinds) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the digest was told %d times", n)
	}
}

func (d *driver) wantNothingTwice(t *testing.T) {
	t.Helper()
	for _, c := range []*chat{d.chat, d.pager} {
		said := map[string]int{}
		for _, n := range c.said {
			if !strings.Contains(n.Headline.Plain(), "the ledger can") { // its alias keeps it from repeating
				said[n.Key]++
			}
		}
		for key, times := range said {
			if times > 1 {
				t.Errorf("%s was said %d times", key, times)
			}
		}
	}
}
