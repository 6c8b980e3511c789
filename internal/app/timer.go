package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/busbell/busbell/internal/azfunc"
	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// A job is one thing that the timer does. Each job has its own budget of time,
// and runs whether or not the ones before it have succeeded.
type job struct {
	name   string
	budget time.Duration
	run    func(*tick, context.Context) error

	// beside is how long the job waits for those before it. After that it runs
	// beside them, and once more when they have ended. Zero means that it waits
	// until they have ended.
	beside time.Duration
}

const (
	passTime    = 190 * time.Second // without the emergency pages after a bad pass
	deliverTime = time.Minute
	pingTime    = 10 * time.Second
)

// jobs are what the timer does, in this order. Jobs that decide something stand
// before deliver, which sends in the same run what they have decided.
var jobs = []job{
	{name: "pass", budget: passTime + errorqueue.EmergencyTime, run: (*tick).pass},
	{name: "deliver", budget: deliverTime, run: (*tick).deliver, beside: time.Minute},
	{name: "ping", budget: pingTime, run: (*tick).ping},
}

// tickTime is the longest that a run of the timer takes. A delivery that runs
// beside other jobs has ended before their budgets have.
func tickTime(jobs []job) (sum time.Duration) {
	for _, j := range jobs {
		sum += j.budget
	}
	return sum
}

// tick runs the jobs of the timer.
func (a *App) tick(ctx context.Context) error {
	s, err := a.services(ctx)
	if err != nil {
		return err
	}
	return (&tick{services: s}).runJobs(ctx, jobs)
}

// A tick is one run of the timer, and what its jobs need to know of each other.
type tick struct {
	*services
	due       atomic.Pointer[outbox.Due] // read by the pass, until it is delivered
	allRead   bool                       // the pass succeeded and read every source
	delivered bool                       // no notice has waited for long
}

// runJobs starts each job when the one before it has ended. Its error joins
// those of all jobs.
func (t *tick) runJobs(ctx context.Context, jobs []job) error {
	errs := make([]error, len(jobs))
	before := make(chan struct{})
	close(before)
	for i, j := range jobs {
		previous, ended := before, make(chan struct{})
		go func() {
			defer close(ended)
			if j.beside > 0 {
				select {
				case <-previous:
				case <-time.After(j.beside):
					errs[i] = t.runJob(ctx, j)
				}
			}
			<-previous
			errs[i] = errors.Join(errs[i], t.runJob(ctx, j))
		}()
		before = ended
	}
	<-before
	return errors.Join(errs...)
}

func (t *tick) runJob(ctx context.Context, j job) error {
	ctx, cancel := context.WithTimeout(ctx, j.budget)
	defer cancel()
	if err := azfunc.Guard(func() error { return j.run(t, ctx) }); err != nil {
		return fmt.Errorf("%s: %w", j.name, err)
	}
	return nil
}

// pass makes one pass over the error queues.
func (t *tick) pass(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, passTime)
	defer cancel()
	p, err := t.watch.Run(ctx)
	t.due.Store(p.Due)
	t.allRead = err == nil && p.Unreadable == 0
	return err
}

// longUnsent is how long a notice may wait before the ping is left out.
const longUnsent = 15 * time.Minute

// deliver sends what the pass read as due. Beside a pass that takes long, and
// after one that did not come so far, it reads that itself. A channel that does
// not take a notice is no error: the next run tries again.
func (t *tick) deliver(ctx context.Context) error {
	due, unread := t.due.Swap(nil), error(nil)
	if due == nil {
		due, unread = t.delivery.Due(ctx)
	}
	out, err := due.Deliver(ctx)
	t.delivered = unread == nil && (out.Oldest.IsZero() || t.process.now().Sub(out.Oldest) <= longUnsent)
	if out != (outbox.Outcome{}) {
		t.log.InfoContext(ctx, "delivery done", "sent", out.Sent, "left", out.Left, "obsolete", out.Obsolete, "abandoned", out.Abandoned)
	}
	if err = errors.Join(unread, err); err != nil {
		t.log.WarnContext(ctx, "notices wait for the next pass", "err", err)
	}
	return nil
}

// ping tells the dead-man service, which notices our silence, that all is well:
// every source was read, and no notice has waited for long.
func (t *tick) ping(ctx context.Context) error {
	if !t.allRead || !t.delivered {
		return nil
	}
	if err := ping(ctx, t.pingURL); err != nil {
		t.log.WarnContext(ctx, "the dead-man service was not pinged", "err", err)
	}
	return nil
}
