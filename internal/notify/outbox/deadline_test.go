package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// An unsaying channel says nothing for as long as it is told, and takes until
// its caller's time is over to say so.
type unsaying struct {
	chat
	times   int
	finding bool // only looking up fails
}

func (u *unsaying) wait(ctx context.Context) error {
	u.times--
	<-ctx.Done()
	return fmt.Errorf("%w: %w", notify.ErrNotSent, ctx.Err())
}

func (u *unsaying) Send(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	if u.times > 0 && !u.finding && n.Act != notify.Post {
		return notify.Receipt{}, u.wait(ctx)
	}
	return u.chat.Send(ctx, n, page)
}

func (u *unsaying) Find(ctx context.Context, n notify.Notice, page notify.Receipt, since time.Time) (notify.Receipt, bool, error) {
	if u.times > 0 && u.finding {
		return notify.Receipt{}, false, u.wait(ctx)
	}
	return u.chat.Find(ctx, n, page, since)
}

// The end of an invocation is nothing that the channel asked for, and no
// fault of the notice: the next invocation goes on at once.
func TestTheEndOfAnInvocationIsNotTheChannelsLater(t *testing.T) {
	for _, tt := range []struct {
		name    string
		cut     notify.Notice
		finding bool
	}{
		{"posting", remark("growing", "a"), false},
		{"editing", revision("a2", "a", 2), false},
		{"looking up", remark("growing", "a"), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &unsaying{finding: tt.finding}
				d := delivery(c)
				d.Tries = 3
				said(t, d, announcement("a"))
				if tt.finding {
					c.fail = []error{notify.ErrUnknown}
				}
				write(t, d, tt.cut)
				if tt.finding {
					_, _ = d.Deliver(t.Context())
					time.Sleep(time.Minute)
				}
				c.times = 10
				for range 10 {
					ctx, cancel := contextFor(t, time.Second)
					_, err := d.Deliver(ctx)
					cancel()
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Fatalf("cut off: %v", err)
					}
				}
				write(t, d, announcement("b"))
				deliver(t, d)
				wantSaid(t, &c.chat, "post a", "post b", string(tt.cut.Act)+" "+tt.cut.Key)
			})
		})
	}
}
