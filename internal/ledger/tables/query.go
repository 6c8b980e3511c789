package tables

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"github.com/busbell/busbell/internal/ledger"
)

// List yields the rows of a partition, page by page.
func (l *Ledger) List(ctx context.Context, partition string) iter.Seq2[ledger.Entry, error] {
	return l.rows(ctx, partition, ofPartition(partition))
}

// Due yields the due entries of a partition. It reads all of them before it yields
// the first, because the service sorts by keys only.
func (l *Ledger) Due(ctx context.Context, partition string, before time.Time) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		filter := fmt.Sprintf("%s and Due le datetime'%s'", ofPartition(partition), before.UTC().Format(instant))
		type row struct {
			ledger.Entry
			err error
		}
		var due []row
		for e, err := range l.rows(ctx, partition, filter) {
			switch bad := errors.Is(err, ledger.ErrBad); {
			case err != nil && !bad:
				yield(ledger.Entry{}, err)
				return
			case bad, !e.Due.IsZero() && !e.Due.After(before): // Azurite compares milliseconds
				due = append(due, row{e, err})
			}
		}
		slices.SortStableFunc(due, func(a, b row) int { return a.Due.Compare(b.Due) })
		for _, r := range due {
			if !yield(r.Entry, r.err) {
				return
			}
		}
	}
}

func ofPartition(partition string) string {
	return fmt.Sprintf("PartitionKey eq '%s'", partitionKey(partition))
}

// rows yields the rows that match a filter. An empty page may not be the last
// one.
func (l *Ledger) rows(ctx context.Context, partition, filter string) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		options := aztables.ListEntitiesOptions{Filter: &filter}
		for {
			page, now, err := l.page(ctx, options)
			if err != nil {
				if err = l.explain("list", partition, err); !errors.Is(err, ledger.ErrNotFound) {
					yield(ledger.Entry{}, err)
				}
				return
			}
			for _, row := range page.Entities {
				e, err := decode(row, now)
				e.Key.Partition = partition
				if !yield(e, err) {
					return
				}
			}
			options.NextPartitionKey, options.NextRowKey = page.NextPartitionKey, page.NextRowKey
			if options.NextPartitionKey == nil && options.NextRowKey == nil {
				return
			}
		}
	}
}

// page reads one page, and the time of the service. Each try has a new pager,
// because a pager reads no further after an error.
func (l *Ledger) page(ctx context.Context, from aztables.ListEntitiesOptions) (page aztables.ListEntitiesResponse, now time.Time, err error) {
	var clock serviceClock
	_, err = l.try(ctx, l.query, func(ctx context.Context) (err error) {
		page, err = l.table.NewListEntitiesPager(&from).NextPage(clock.listen(ctx))
		return err
	})
	return page, clock.now(), err
}
