package slack

import (
	"cmp"
	"net/http"
	"time"

	"github.com/busbell/busbell/internal/notify/web"
)

const maxAnswer = 4 << 20

// client makes one attempt a call. The clock reads each answer.
func client(timeout time.Duration, transport http.RoundTripper, clock *serverClock) *http.Client {
	return &http.Client{
		Transport:     web.Bounded(web.Transport(transport), maxAnswer, func(r *http.Response) { clock.read(r.Header) }),
		Timeout:       cmp.Or(timeout, web.CallTimeout),
		CheckRedirect: web.NoRedirect,
	}
}
