package app

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/job"
	"github.com/busbell/busbell/internal/notify/outbox"
)

const (
	passTime    = 190 * time.Second // without the emergency pages after a bad pass
	deliverTime = time.Minute
	pingTime    = 10 * time.Second
)

// tick runs the jobs of the timer.
func (a *App) tick(ctx context.Context) error {
	s, err := a.services(ctx)
	if err != nil {
		return err
	}
	return job.Run(ctx, (&tick{services: s}).jobs())
}

// A tick is one run of the timer, with what its jobs need from each other.
type tick struct {
	*services
	due       atomic.Pointer[outbox.Due] // read by the pass, until it is delivered
	allRead   bool                       // the pass succeeded and read every source
	delivered bool                       // no notice has waited for long
}

// jobs are what the timer does, in this order. Jobs that decide something stand
// before deliver, which sends in the same run what they have decided.
func (t *tick) jobs() []job.Job {
	return []job.Job{
		{Name: "pass", Budget: passTime + errorqueue.EmergencyTime, Run: t.pass},
		{Name: "deliver", Budget: deliverTime, Run: t.deliver, Beside: time.Minute},
		{Name: "ping", Budget: pingTime, Run: t.ping},
	}
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

// deliver sends what the pass has read as due. It reads that itself if the pass is
// still running, or has failed before that. A channel that does not take a notice
// is no error: the next run tries again.
func (t *tick) deliver(ctx context.Context) error {
	deliver := t.delivery.Deliver
	if due := t.due.Swap(nil); due != nil {
		deliver = due.Deliver
	}
	out, err := deliver(ctx)
	t.delivered = !out.Unread && (out.Oldest.IsZero() || t.process.now().Sub(out.Oldest) <= longUnsent)
	if out != (outbox.Outcome{}) {
		t.log.InfoContext(ctx, "delivery done", "sent", out.Sent, "left", out.Left, "obsolete", out.Obsolete, "abandoned", out.Abandoned)
	}
	if err != nil {
		t.log.WarnContext(ctx, "notices wait for the next pass", "err", err)
	}
	return nil
}

// ping calls the dead-man service if all is well: every source was read, and no
// notice has waited for long.
func (t *tick) ping(ctx context.Context) error {
	if !t.allRead || !t.delivered {
		return nil
	}
	if err := ping(ctx, t.pingURL); err != nil {
		t.log.WarnContext(ctx, "the dead-man service was not pinged", "err", err)
	}
	return nil
}
