package servicebus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"github.com/busbell/busbell/internal/message"
)

// maxFailures is how often in a row a connection may fail before it is
// replaced. The SDK recovers from most failures, but it keeps a connection
// that the service has closed as not allowed, and one whose recovery failed,
// and then every call fails.
const maxFailures = 2

// closeTimeout bounds how long a connection or link may take to close.
const closeTimeout = 5 * time.Second

// A connection is one client of the SDK. Its fields are guarded by the mutex
// of the Client that it belongs to.
type connection struct {
	sdk      *azservicebus.Client
	readers  int
	failures int // in a row
	retired  bool
}

// connect returns the connection to read over, a fresh one where the last has
// failed too often. The caller must release it.
func (c *Client) connect() (*connection, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current.failures >= maxFailures {
		sdk, err := c.dial()
		if err != nil {
			return nil, fmt.Errorf("set up the Service Bus client: %w", err)
		}
		c.current.retired = true
		c.current.closeUnused()
		c.current = &connection{sdk: sdk}
	}
	c.current.readers++
	return c.current, nil
}

// release ends the use of a connection, which was good or failed with err.
func (c *Client) release(used *connection, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	used.readers--
	switch {
	case errors.Is(err, context.Canceled):
	case failed(err):
		used.failures++
	default:
		used.failures = 0
	}
	used.closeUnused()
}

// closeUnused closes a connection that is replaced, once nobody reads over it.
func (u *connection) closeUnused() {
	if !u.retired || u.readers > 0 {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		_ = u.sdk.Close(ctx) // it is broken
	}()
}

// failed reports whether err may be the connection's fault: the service gave
// no answer about the entity. Where the right is missing, that may be said of
// the connection as well.
func failed(err error) bool {
	if err == nil {
		return false
	}
	for _, answer := range []error{message.ErrMissing, message.ErrDisabled, message.ErrNeedsSession, message.ErrBusy} {
		if errors.Is(err, answer) {
			return false
		}
	}
	return true
}
