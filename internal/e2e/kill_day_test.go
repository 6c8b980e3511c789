//go:build unix

package e2e

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// wait is a wait of production as it is in this hurry.
func (d *badDay) wait(production time.Duration) time.Duration {
	return production / time.Duration(d.hurry)
}

// work is the day itself, until there was enough to say.
func (d *badDay) work() {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 3*time.Hour)
	defer cancel()
	begun := time.Now()
	day, end := context.WithCancel(ctx)
	var around, shop sync.WaitGroup
	around.Go(func() { d.killer(day) })
	for _, i := range d.instances {
		around.Go(func() { d.clockwork(day, i) })
	}
	for q := range killQueues {
		shop.Go(func() { d.tend(ctx, q) })
	}
	shop.Go(func() { d.publish(ctx) })
	shop.Wait()
	end()
	around.Wait()
	if ctx.Err() != nil {
		d.t.Fatalf("the day had no end: %d notices owed", d.owed)
	}
	d.took = time.Since(begun)
}

// roll is a number below n.
func (d *badDay) roll(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.IntN(n)
}

// owes counts what there is to say, and reports whether it is enough.
func (d *badDay) owes(notices int) (enough bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.owed += notices
	return d.owed >= d.notices
}

// killer kills an instance every second or so; one in six may stop by itself.
func (d *badDay) killer(ctx context.Context) {
	for sleep(ctx, d.wait(time.Duration(6+d.roll(24))*time.Second)) {
		how := os.Kill
		if d.roll(6) == 0 {
			how = os.Interrupt
		}
		d.instances[d.roll(len(d.instances))].kill(how)
		d.mu.Lock()
		d.kills[how.String()]++
		d.mu.Unlock()
	}
}

// clockwork is the timer of one instance.
func (d *badDay) clockwork(ctx context.Context, i *instance) {
	for sleep(ctx, time.Duration(50+d.roll(300))*time.Millisecond) {
		begun := time.Now()
		d.passes.note(begun, i.post(ctx, "/ErrorQueueTimer", timerEnvelope))
	}
}

// quiet is the time after: nobody kills, and every answer comes. It ends when
// nothing is left to be said.
func (d *badDay) quiet() {
	d.t.Helper()
	d.chaos.calm.Store(true)
	ctx, cancel := context.WithTimeout(d.t.Context(), max(d.wait(time.Hour), 5*time.Minute))
	defer cancel()
	begun := time.Now()
	for {
		good := 0
		for _, i := range d.instances {
			if i.post(ctx, "/ErrorQueueTimer", timerEnvelope) {
				good++
			}
		}
		left := d.unsaid()
		if good == len(d.instances) && left == 0 {
			d.t.Logf("quiet after %s", time.Since(begun).Round(time.Second/10))
			return
		}
		if !sleep(ctx, time.Second/2) {
			d.t.Fatalf("%d notices are left to be said, %d of the instances make passes\n%.20000s", left, good, d.log)
		}
	}
}

// passes are the runs of the timer that succeeded.
type passes struct {
	mu           sync.Mutex
	newest       time.Time     // when the newest of them began
	changed      chan struct{} // closed at the next
	good, failed atomic.Int64
}

func newPasses() *passes { return &passes{changed: make(chan struct{})} }

func (p *passes) note(begun time.Time, ok bool) {
	if !ok {
		p.failed.Add(1)
		return
	}
	p.good.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if begun.After(p.newest) {
		p.newest = begun
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// next waits for the end of a pass that begins after now: it has seen all that
// there is, and what it owes is in the ledger.
func (p *passes) next(ctx context.Context) bool {
	now := time.Now()
	for {
		p.mu.Lock()
		newest, changed := p.newest, p.changed
		p.mu.Unlock()
		if newest.After(now) {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
