package app

import (
	"context"
	"time"

	"github.com/busbell/busbell/internal/errorqueue"
)

// Deadlines of what the clock runs, one after the other: a pass, the emergency
// page after a bad one and the sweep, or the ping after a good one.
const (
	passTime  = 190 * time.Second
	sweepTime = 40 * time.Second
	pingTime  = 10 * time.Second

	tickTime = passTime + errorqueue.EmergencyTime + sweepTime + pingTime
)

// tick runs what the clock runs, each with its own deadline: the pass over the
// error queues, which also says what earlier runs left; when it did not come
// that far, the sweep that says it all the same; after a good pass, the ping.
func (a *App) tick(ctx context.Context) error {
	s, err := a.services(ctx)
	if err != nil {
		return err
	}
	err = s.pass(ctx)
	if err != nil {
		s.sweep(ctx)
	}
	return err
}

// sweep says what earlier runs left. A channel that does not take it is no
// error: the next run tries again.
func (s *services) sweep(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	if _, err := s.delivery.Deliver(ctx); err != nil {
		s.log.WarnContext(ctx, "notices wait for the next pass", "err", err)
	}
}

// longUnsaid is how long a notice may wait before a pass is no good one.
const longUnsaid = 15 * time.Minute

// pass makes a pass and, when it was a good one, says so to whoever notices
// our silence: every source was read, and nothing waits for long.
func (s *services) pass(ctx context.Context) error {
	passing, cancel := context.WithTimeout(ctx, passTime)
	defer cancel()
	p, err := s.watch.Run(passing)
	oldest := p.Undelivered.Oldest
	if err != nil || p.Unreadable > 0 || !oldest.IsZero() && s.process.now().Sub(oldest) > longUnsaid {
		return err
	}
	if err := s.ping(ctx); err != nil {
		s.log.WarnContext(ctx, "the dead-man service was not pinged", "err", err)
	}
	return nil
}
