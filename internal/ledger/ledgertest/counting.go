package ledgertest

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A Counting is a ledger that counts its calls. A listing is one call.
type Counting struct {
	ledger.Ledger
	Reads, Writes atomic.Int64
}

// Calls is how many calls there were, of any kind.
func (c *Counting) Calls() int64 { return c.Reads.Load() + c.Writes.Load() }

// Reset forgets the calls so far.
func (c *Counting) Reset() {
	c.Reads.Store(0)
	c.Writes.Store(0)
}

// Get counts a read.
func (c *Counting) Get(ctx context.Context, key ledger.Key) (ledger.Entry, error) {
	c.Reads.Add(1)
	return c.Ledger.Get(ctx, key)
}

// List counts a read.
func (c *Counting) List(ctx context.Context, partition string) iter.Seq2[ledger.Entry, error] {
	c.Reads.Add(1)
	return c.Ledger.List(ctx, partition)
}

// Due counts a read.
func (c *Counting) Due(ctx context.Context, partition string, before time.Time) iter.Seq2[ledger.Entry, error] {
	c.Reads.Add(1)
	return c.Ledger.Due(ctx, partition, before)
}

// Insert counts a write.
func (c *Counting) Insert(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	c.Writes.Add(1)
	return c.Ledger.Insert(ctx, e)
}

// Update counts a write.
func (c *Counting) Update(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	c.Writes.Add(1)
	return c.Ledger.Update(ctx, e)
}

// Delete counts a write.
func (c *Counting) Delete(ctx context.Context, e ledger.Entry) error {
	c.Writes.Add(1)
	return c.Ledger.Delete(ctx, e)
}
