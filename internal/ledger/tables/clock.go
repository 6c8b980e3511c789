package tables

import (
	"context"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// A serviceClock tells the time of the table service, which is also that of
// the rows' timestamps, from the header of its last answer. It knows whole
// seconds, cut off.
type serviceClock struct{ answer *http.Response }

// listen is a context for calls whose answers the clock should read.
func (c *serviceClock) listen(ctx context.Context) context.Context {
	return policy.WithCaptureResponse(ctx, &c.answer)
}

// now is this machine's time where the service did not say.
func (c *serviceClock) now() time.Time {
	if c.answer != nil {
		if at, err := http.ParseTime(c.answer.Header.Get("Date")); err == nil {
			return at
		}
	}
	return time.Now()
}
