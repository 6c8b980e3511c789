// Package tables stores the ledger in Azure Table Storage, or in Azurite, so
// that several processes share it and a restart loses nothing.
//
// An entry is one row of one table. A write carries the version that it replaces
// and its id. If its answer is lost, it is tried again; if the second try is
// refused, the id in the row tells whether the first one succeeded. So a write
// that succeeded is never reported as a conflict, and of many writers one wins,
// as [ledger.Ledger] promises. The first call that finds no table creates it.
//
// No error of this package contains an account key, a signature or a row's key.
package tables

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"github.com/busbell/busbell/internal/ledger"
)

// A Ledger is a table. It is safe for concurrent use, and any number of processes
// may use the same table.
type Ledger struct {
	table *aztables.Client
	name  string // of the table and its host, for errors
	point pace   // for a call about one row
	query pace   // for one page of a query
}

var _ ledger.Ledger = (*Ledger)(nil)

// Open returns the ledger. It sends nothing; an error means that the Config cannot
// be used.
func Open(c Config) (*Ledger, error) {
	service, host, err := c.service()
	if err != nil {
		return nil, fmt.Errorf("storage account of the ledger: %w", err)
	}
	table := cmp.Or(c.Table, "busbell")
	return &Ledger{table: service.NewClient(table), name: "table " + table + " at " + host, point: shortPace, query: longPace}, nil
}

// String names the table and its host: "table busbell at …".
func (l *Ledger) String() string { return l.name }

// Get returns the entry.
func (l *Ledger) Get(ctx context.Context, key ledger.Key) (e ledger.Entry, err error) {
	var answer aztables.GetEntityResponse
	var clock serviceClock
	_, err = l.try(ctx, l.point, func(ctx context.Context) (err error) {
		answer, err = l.table.GetEntity(clock.listen(ctx), partitionKey(key.Partition), rowKey(key.Row), nil)
		return err
	})
	if err != nil {
		return ledger.Entry{}, l.explain("read", key.Partition, err)
	}
	e, err = decode(answer.Value, clock.now())
	e.Key, e.Version = key, cmp.Or(string(answer.ETag), e.Version)
	return e, err
}

// Insert stores a new row.
func (l *Ledger) Insert(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	return l.write(ctx, "insert", e, func(ctx context.Context, row []byte) (azcore.ETag, error) {
		answer, err := l.table.AddEntity(ctx, row, nil)
		return answer.ETag, err
	})
}

// Update replaces the row.
func (l *Ledger) Update(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	options := &aztables.UpdateEntityOptions{IfMatch: condition(e.Version), UpdateMode: aztables.UpdateModeReplace}
	return l.write(ctx, "update", e, func(ctx context.Context, row []byte) (azcore.ETag, error) {
		answer, err := l.table.UpdateEntity(ctx, row, options)
		return answer.ETag, err
	})
}

// write makes one write. If the answer to a try is lost, the next one may be
// refused because the first succeeded: then the row has the id of the write.
func (l *Ledger) write(ctx context.Context, what string, e ledger.Entry, do func(context.Context, []byte) (azcore.ETag, error)) (ledger.Entry, error) {
	id := cmp.Or(e.WriteID, rand.Text())
	e.Due, e.WriteID, e.Written, e.Age = e.Due.UTC().Truncate(ledger.Precision), id, time.Time{}, 0
	row, err := encode(e)
	if err != nil {
		return ledger.Entry{}, l.explain(what, e.Key.Partition, err)
	}
	e.WriteID = ""
	var version azcore.ETag
	doubt, err := l.try(ctx, l.point, func(ctx context.Context) (err error) {
		version, err = do(ctx, row)
		return err
	})
	if err == nil {
		e.Version = string(version)
		return e, nil
	}
	err = l.explain(what, e.Key.Partition, err)
	if !doubt || !errors.Is(err, ledger.ErrExists) && !errors.Is(err, ledger.ErrChanged) {
		return ledger.Entry{}, err
	}
	there, readErr := l.Get(ctx, e.Key)
	switch {
	case readErr == nil && there.WriteID == id:
		e.Version = there.Version
		return e, nil
	case readErr != nil && !errors.Is(readErr, ledger.ErrNotFound) && !errors.Is(readErr, ledger.ErrBad):
		return ledger.Entry{}, readErr
	}
	return ledger.Entry{}, err
}

// Delete removes the row. If the row is gone after a try of unknown outcome, it
// counts as removed by that try.
func (l *Ledger) Delete(ctx context.Context, e ledger.Entry) error {
	options := &aztables.DeleteEntityOptions{IfMatch: condition(e.Version)}
	doubt, err := l.try(ctx, l.point, func(ctx context.Context) error {
		_, err := l.table.DeleteEntity(ctx, partitionKey(e.Key.Partition), rowKey(e.Key.Row), options)
		return err
	})
	if err == nil {
		return nil
	}
	err = l.explain("delete", e.Key.Partition, err)
	if doubt && errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	return err
}

// condition makes a write depend on a version. Without one, or with "*", the
// service would overwrite any row, so such a version matches none.
func condition(version string) *azcore.ETag {
	if version == "" || version == string(azcore.ETagAny) {
		version = `W/"datetime'1601-01-01T00%3A00%3A00.0000000Z'"`
	}
	return new(azcore.ETag(version))
}
