package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"

	"github.com/busbell/busbell/internal/ledger"
)

// ledger is the fact about what remembers: a row is written, read and taken
// away again.
func (c *checkup) ledger(ctx context.Context) []Fact {
	const name = "ledger"
	if c.broken(storageName, stateName) {
		return nil
	}
	if c.settings.Storage.InMemory {
		return []Fact{{Name: name, OK: true, Detail: "in memory, and forgotten at a restart", Cure: "set AzureWebJobsStorage to keep it"}}
	}
	store, err := c.settings.Storage.Ledger()
	if err == nil {
		err = tryLedger(ctx, store, cmp.Or(c.config.Environment, "unknown")+"/check")
	}
	if err != nil {
		return []Fact{wrong(name, err)}
	}
	return []Fact{fine(name, "can be read and written")}
}

func tryLedger(ctx context.Context, store ledger.Ledger, partition string) error {
	e, err := store.Insert(ctx, ledger.Entry{Key: ledger.Key{Partition: partition, Row: rand.Text()}, Value: []byte("{}")})
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if e, err = store.Get(ctx, e.Key); err != nil {
		return fmt.Errorf("read what was written: %w", err)
	}
	if err := store.Delete(ctx, e); err != nil {
		return fmt.Errorf("delete what was written: %w", err)
	}
	return nil
}
