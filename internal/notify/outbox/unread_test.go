package outbox_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

var errCutOff = errors.New("the listing broke off")

// cutOff is a ledger whose listings of what is due break off after so many.
type cutOff struct {
	ledger.Ledger
	after int
}

func (c *cutOff) Due(ctx context.Context, partition string, before time.Time) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		n := 0
		for e, err := range c.Ledger.Due(ctx, partition, before) {
			if n++; n > c.after {
				yield(ledger.Entry{}, errCutOff)
				return
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// Otherwise nothing would ever be said where there is more than can be read.
func TestWhatCouldBeReadIsSaidThoughTheListingBrokeOff(t *testing.T) {
	c := &chat{}
	d := delivery(c)
	d.Ledger = &cutOff{d.Ledger, 2}
	write(t, d, announcement("a"), announcement("b"), announcement("c"), announcement("d"))
	for range 2 {
		if _, err := d.Deliver(t.Context()); len(c.said) < 4 && !errors.Is(err, errCutOff) {
			t.Errorf("said %q, %v", c.said, err)
		}
	}
	if len(c.said) != 4 {
		t.Errorf("said %q", c.said)
	}
}
