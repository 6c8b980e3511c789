package check

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/busbell/busbell/internal/config"
	"github.com/busbell/busbell/internal/errorqueue/passlog"
	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// ledger is the fact about what remembers: a row is written, read and taken
// away again.
func (c *checkup) ledger(ctx context.Context) []Fact {
	const name = "ledger"
	if c.broken(config.StorageName, config.StateName) {
		return nil
	}
	if c.Settings.Storage.InMemory {
		return []Fact{{Name: name, OK: true, Detail: "in memory, and forgotten at a restart", Cure: "set AzureWebJobsStorage to keep it"}}
	}
	store, err := c.Settings.Storage.Ledger()
	if err == nil {
		err = tryLedger(ctx, store, cmp.Or(c.Config.Environment, "unknown")+"/check")
	}
	if err != nil {
		return []Fact{Wrong(name, err)}
	}
	return append([]Fact{fine(name, "can be read and written")}, c.rows(ctx, store)...)
}

// mostBadRows is how many rows that cannot be used are named.
const mostBadRows = 5

// rows is the fact about what the ledger holds: every partition is read.
func (c *checkup) rows(ctx context.Context, store ledger.Ledger) []Fact {
	const name = "ledger rows"
	environment := c.Config.Environment
	if environment == "" {
		return nil
	}
	journal := incident.Journal{Ledger: store, Environment: environment}
	found := []ledger.Examined{
		incident.Store{Ledger: store, Environment: environment}.Examine(ctx),
		journal.Examine(ctx), passlog.Examine(ctx, store, environment),
	}
	for _, part := range []string{"", config.NoticePart} {
		d := outbox.Delivery{Ledger: store, Environment: environment, Part: part}
		found = append(found, d.Examine(ctx)...)
	}
	rows, bad := 0, []string(nil)
	var errs []error
	for _, f := range found {
		rows += f.Rows
		errs = append(errs, f.Err)
		for _, b := range f.Bad {
			bad = append(bad, fmt.Sprintf("%s %s (%s)", b.Partition, b.Row, b.Why))
		}
	}
	err := errors.Join(errs...)
	switch {
	case len(bad) > 0:
		more := ""
		if n := len(bad) - mostBadRows; n > 0 {
			more = fmt.Sprintf(", and %d more", n)
		}
		return []Fact{{
			Name: name, Detail: fmt.Sprintf("%d of %d cannot be used: %s%s", len(bad), rows, strings.Join(bad[:min(len(bad), mostBadRows)], ", "), more),
			Cure: "the next pass sets them aside and tells what is behind them again; see what wrote them, or deploy the newer Busbell again, and delete what was kept",
		}}
	case err != nil:
		return []Fact{Wrong(name, err)}
	}
	return []Fact{fine(name, "%s can be used", count(rows, "row"))}
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
