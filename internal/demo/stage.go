package demo

import (
	"context"
	"errors"
	"time"

	"github.com/busbell/busbell/internal/demo/shop"
)

// A stage is what a story is played with.
type stage struct {
	cloud *Cloud
	shop  *shop.Shop
	say   func(sign, format string, args ...any)
}

// play plays the story, and then life in the shop until ctx ends.
func (s *stage) play(ctx context.Context) error {
	opening := time.Now()
	for _, sc := range story() {
		if err := sleep(ctx, time.Until(opening.Add(sc.at))); err != nil {
			return nil
		}
		s.await(ctx, sc.after)
		if err := sc.play(ctx, s); err != nil {
			return ended(ctx, err)
		}
	}
	return ended(ctx, s.live(ctx))
}

// ended drops an error that is only due to the end of the demo. A client may report
// a deadline a moment before its context does.
func ended(ctx context.Context, err error) error {
	end, limited := ctx.Deadline()
	if ctx.Err() != nil || limited && time.Until(end) < time.Second && errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// await waits until a problem is posted, but not longer than patience.
func (s *stage) await(ctx context.Context, p *shop.Problem) {
	if p == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for chat := range s.cloud.Slack.Watch(ctx) {
		if told(chat, *p) {
			return
		}
	}
}

// failures is how many messages lie in the error queue.
func (s *stage) failures() (int, error) {
	c, err := s.cloud.Bus.Counts(shop.ErrorQueue)
	return c.Active, err
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
