package functions

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// newTransport makes the connections to the handler: HTTP/1.1, kept alive, one
// for each call in flight, straight to 127.0.0.1.
func newTransport() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 1000, DisableCompression: true}
}

// newClient follows redirects as the host's client does: 301 and 302 turn a
// POST into a GET, 307 and 308 repeat it.
func newClient(t *http.Transport) *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) > 50 {
			return errors.New("stopped after 50 redirects")
		}
		return nil
	}}
}

// probe asks GET / until something answers. Any answer will do, and so will a
// connection that breaks: only a refused one keeps it asking. The pauses alone
// count against the limit.
func probe(ctx context.Context, rt http.RoundTripper, url string, pause, limit time.Duration) error {
	for waited := time.Duration(0); waited < limit; waited += pause {
		refused, err := knock(ctx, rt, url)
		if !refused {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return errNotReady
}

// knock makes one probe; refused means that nobody listens yet.
func knock(ctx context.Context, rt http.RoundTripper, url string) (refused bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/", http.NoBody)
	if err != nil {
		return false, fmt.Errorf("probing the handler: %w", err)
	}
	req.Header["User-Agent"] = nil // the probe has a Host header and no other
	resp, err := rt.RoundTrip(req)
	if err != nil {
		op, ok := errors.AsType[*net.OpError](err)
		return ok && op.Op == "dial", ctx.Err()
	}
	return false, resp.Body.Close()
}
