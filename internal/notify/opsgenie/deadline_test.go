package opsgenie

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// dialError fails as a dialler does whose context is over.
type dialError struct{}

func (dialError) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: r.Context().Err()}
}

// "Later" is what the service asks for, or that it cannot be reached: that
// our own time is over says neither.
func TestOurOwnDeadlineIsNeverThePagersLater(t *testing.T) {
	c := New(Config{Key: key, BaseURL: "https://pager.example"}, dialError{})
	for _, act := range []notify.Act{notify.Post, notify.Reply, notify.Close} {
		n := page()
		n.Act = act
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		for _, when := range []string{"meanwhile", "before"} {
			_, err := c.Send(ctx, n, notify.Receipt{ID: n.Alias})
			if isLater(err) || !errors.Is(err, notify.ErrNotSent) {
				t.Errorf("%s, over %s: %v, want that nothing was said", act, when, err)
			}
		}
		if _, err := c.Status(ctx, n.Alias); !errors.Is(err, notify.ErrNotSent) {
			t.Errorf("status: %v", err)
		}
	}
}
