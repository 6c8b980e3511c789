package slack

import (
	"cmp"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	callTimeout = 10 * time.Second
	dialTimeout = 5 * time.Second // shorter, so that an unreachable Slack is known as such
	maxAnswer   = 4 << 20
)

// client makes one attempt a call and follows no redirect: the token is in
// the body, and a redirect would hand it on. The clock reads each answer.
func client(timeout time.Duration, transport http.RoundTripper, clock *serverClock) *http.Client {
	if transport == nil {
		transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout: dialTimeout,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 4,
			IdleConnTimeout:     90 * time.Second,
		}
	}
	return &http.Client{
		Transport:     bounded{transport, clock},
		Timeout:       cmp.Or(timeout, callTimeout),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded reads no more than maxAnswer of an answer.
type bounded struct {
	next  http.RoundTripper
	clock *serverClock
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	b.clock.read(resp.Header)
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}
