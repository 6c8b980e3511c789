package slack

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// stuck is a transport whose connections do not come about.
var stuck = &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, &net.OpError{Op: "dial", Net: network, Err: ctx.Err()}
}}

// dialError fails as a dialler does whose context is over.
type dialError struct{}

func (dialError) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: r.Context().Err()}
}

// "Later" is what Slack asks for, or that it cannot be reached: that our own
// time is over says neither.
func TestOurOwnDeadlineIsNeverSlacksLater(t *testing.T) {
	byName, byID := opened(), opened()
	byID.To = place
	remark := opened()
	remark.Act, remark.File = notify.Reply, &notify.File{Name: "trace.txt", Content: "trace"}
	release := make(chan struct{})
	s := serve(t)
	defer close(release)
	for _, method := range []string{"conversations.list", "conversations.history", "chat.postMessage", "files.getUploadURLExternal"} {
		s.on(method, func(http.ResponseWriter, *http.Request) { <-release })
	}
	send := func(n notify.Notice) func(context.Context, *Channel) error {
		return func(ctx context.Context, c *Channel) error {
			_, err := c.Send(ctx, n, notify.Receipt{})
			return err
		}
	}
	for name, call := range map[string]func(context.Context, *Channel) error{
		"post": send(byID), "post by name": send(byName),
		"resolve": func(ctx context.Context, c *Channel) error {
			_, err := c.Resolve(ctx, "#bus-errors")
			return err
		},
		"find": func(ctx context.Context, c *Channel) error {
			_, _, err := c.Find(ctx, byID, notify.Receipt{}, time.Now())
			return err
		},
		"find by name": func(ctx context.Context, c *Channel) error {
			_, _, err := c.Find(ctx, byName, notify.Receipt{}, time.Now())
			return err
		},
		"upload": func(ctx context.Context, c *Channel) error {
			_, err := c.Upload(ctx, remark)
			return err
		},
	} {
		for where, transport := range map[string]http.RoundTripper{"no connection": stuck, "dialling": dialError{}, "no answer": nil} {
			t.Run(name+", "+where, func(t *testing.T) {
				c := New(Config{Token: token, BaseURL: s.URL}, transport)
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				defer cancel()
				for _, when := range []string{"meanwhile", "before"} {
					err := call(ctx, c)
					if err == nil || isLater(err) {
						t.Errorf("over %s: %v", when, err)
					}
					if where == "dialling" && !errors.Is(err, notify.ErrNotSent) {
						t.Errorf("over %s: %v, want that nothing was said", when, err)
					}
				}
			})
		}
	}
}
