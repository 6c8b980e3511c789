package tables

import (
	"context"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// A serviceClock is the clock of the table service, which sets the timestamps of
// rows too. It is read from the header of the last answer, in whole seconds.
type serviceClock struct{ answer *http.Response }

// listen returns a context for calls whose answers set the clock.
func (c *serviceClock) listen(ctx context.Context) context.Context {
	return policy.WithCaptureResponse(ctx, &c.answer)
}

// now is the time of this machine if no answer has set the clock.
func (c *serviceClock) now() time.Time {
	if c.answer != nil {
		if at, err := http.ParseTime(c.answer.Header.Get("Date")); err == nil {
			return at
		}
	}
	return time.Now()
}
