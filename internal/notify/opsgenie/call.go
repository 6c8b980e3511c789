package opsgenie

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/opsgenie/opsgenie-go-sdk-v2/alert"
	"github.com/opsgenie/opsgenie-go-sdk-v2/client"
	"github.com/sirupsen/logrus"

	"github.com/busbell/busbell/internal/notify/web"
)

const maxAnswer = 1 << 20

// A caller makes single attempts with the SDK. The SDK guesses the scheme from the
// name of the host, knows no path prefix, retries by itself, may lose the context,
// and writes coloured logs. A caller prevents all of this.
type caller struct {
	sdk       *client.OpsGenieClient
	err       error // why there is no sdk
	base      *url.URL
	transport http.RoundTripper
	timeout   time.Duration
}

func newCaller(cfg Config, transport http.RoundTripper) caller {
	base, err := baseURL(cfg.BaseURL)
	if err != nil {
		return caller{err: err}
	}
	if cfg.Key == "" {
		return caller{err: errors.New("no API key")}
	}
	made, err := template()
	if err != nil {
		return caller{err: err}
	}
	own := *made.Config
	own.ApiKey = string(cfg.Key)
	sdk := &client.OpsGenieClient{RetryableClient: made.RetryableClient, Config: &own}
	return caller{sdk: sdk, base: base, transport: web.Transport(transport), timeout: cmp.Or(cfg.Timeout, web.CallTimeout)}
}

// template is a client of the SDK that is made once: making a client writes a
// package variable of the SDK that calls read.
var template = sync.OnceValues(func() (*client.OpsGenieClient, error) {
	silent := logrus.New()
	silent.SetOutput(io.Discard)
	return client.NewOpsGenieClient(&client.Config{ApiKey: "another for each channel", Logger: silent, RetryPolicy: never})
})

func never(context.Context, *http.Response, error) (bool, error) { return false, nil }

// An answer is the result of one call: the status, 0 if none came, and the error,
// nil if the request was accepted.
type answer struct {
	status     int
	retryAfter string
	err        error
}

// ask makes a request that the service accepts now and processes later.
func (c caller) ask(ctx context.Context, r client.ApiRequest) answer {
	return c.call(ctx, r, new(alert.AsyncAlertResult))
}

// call makes one attempt and reads the answer into a result. Each call has its own
// client of the SDK, because only the transport keeps the context.
func (c caller) call(ctx context.Context, r client.ApiRequest, into client.ApiResult) answer {
	if c.err != nil {
		return answer{err: c.err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	trip := &trip{ctx: ctx, base: c.base}
	trip.next = web.Bounded(c.transport, maxAnswer, func(r *http.Response) { trip.status, trip.retryAfter = r.StatusCode, r.Header.Get("Retry-After") })
	once := retryablehttp.NewClient()
	once.Logger = nil
	once.CheckRetry, once.RetryMax, once.ErrorHandler = never, 0, c.sdk.RetryableClient.ErrorHandler
	once.HTTPClient = &http.Client{
		Transport:     trip,
		CheckRedirect: web.NoRedirect,
	}
	err := (&client.OpsGenieClient{RetryableClient: once, Config: c.sdk.Config}).Exec(ctx, r, into)
	if err == nil && trip.status >= 300 {
		err = errors.New("redirected")
	}
	return answer{status: trip.status, retryAfter: trip.retryAfter, err: err}
}

// A trip sends one request to the base URL in the caller's context, and keeps the
// parts of the answer that the SDK's error omits.
type trip struct {
	ctx        context.Context // of this one call
	base       *url.URL
	next       http.RoundTripper
	status     int
	retryAfter string
}

func (t *trip) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(t.ctx)
	r.URL.Scheme, r.URL.Host, r.Host = t.base.Scheme, t.base.Host, t.base.Host
	if t.base.Path != "" {
		r.URL.Path, r.URL.RawPath = t.base.Path+r.URL.Path, ""
	}
	return t.next.RoundTrip(r)
}
