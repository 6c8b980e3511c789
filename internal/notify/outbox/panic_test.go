package outbox_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// odd is a channel that panics over one notice.
type odd struct {
	chat
	over    string // its key
	finding bool   // only when it is looked up
}

func (o *odd) Send(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	if n.Key == o.over && !o.finding {
		panic("nobody thought of this")
	}
	return o.chat.Send(ctx, n, page)
}

func (o *odd) Find(ctx context.Context, n notify.Notice, page notify.Receipt, since time.Time) (notify.Receipt, bool, error) {
	if n.Key == o.over && o.finding {
		panic("nobody thought of this")
	}
	return o.chat.Find(ctx, n, page, since)
}

func TestAPanicOverOneNoticeStopsNoOther(t *testing.T) {
	for name, finding := range map[string]bool{"sending it": false, "looking it up": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, pager := &odd{over: "a", finding: finding}, &chat{}
				if finding {
					c.fail = []error{notify.ErrUnknown}
				}
				d := delivery(c)
				d.Channels["opsgenie"] = pager
				d.Tries = 3
				page := announcement("p")
				page.Channel = "opsgenie"
				write(t, d, announcement("a"), announcement("b"), page)
				_, err := d.Deliver(t.Context())
				for range 20 { // until it is given up
					time.Sleep(5 * time.Minute)
					if _, e := d.Deliver(t.Context()); e != nil {
						err = e
					}
				}
				wantSaid(t, &c.chat, "post b")
				wantSaid(t, pager, "post p")
				if err == nil || !strings.Contains(err.Error(), "given up after 3 tries") || !strings.Contains(err.Error(), "nobody thought of this") {
					t.Errorf("the error is %v", err)
				}
			})
		})
	}
}
