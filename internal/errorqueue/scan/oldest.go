package scan

import (
	"context"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/source"
)

// maxWaiting is how many messages [Oldest] reads.
const maxWaiting = 1000

// Oldest is when the first message of a queue was enqueued that can be received;
// the zero time if there is none.
func Oldest(ctx context.Context, at source.Source, peeker source.Peeker, timeout time.Duration) (since time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read %s: panic: %v", at.Entity(), r)
		}
	}()
	n := 0
	for m, err := range peeker.Peek(ctx, 0) {
		if err != nil {
			return time.Time{}, err
		}
		if n++; m.State == message.Active && m.Unreadable == "" {
			return m.EnqueuedAt, nil
		}
		if n == maxWaiting {
			break
		}
	}
	if ctx.Err() != nil {
		return time.Time{}, fmt.Errorf("read %s: no answer within %s", at.Entity(), timeout)
	}
	return time.Time{}, nil
}
