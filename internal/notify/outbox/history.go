package outbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox/protocol"
)

var fates = map[protocol.Stage]string{
	protocol.Pending: "waiting", protocol.Sending: "perhaps said", protocol.Sent: "said",
	protocol.Obsolete: "not needed", protocol.Abandoned: "given up",
}

// History returns the wanted notices and what became of them, the oldest first, as
// far back as Retention. It reads every row.
func (d *Delivery) History(ctx context.Context, wanted func(notify.Notice) bool) ([]notify.Record, error) {
	var all []notify.Record
	for row, err := range d.rows().List(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list notices: %w", err)
		}
		r := row.Value
		if r.Stage == protocol.Lost || !wanted(r.Notice) {
			continue
		}
		e := notify.Record{Notice: r.Notice, Reason: cmp.Or(r.PostedFor, r.Notice.Reason), Written: r.Written, Fate: fates[r.Stage], Tries: r.Tries, Receipt: r.Receipt}
		if e.Written.IsZero() { // the row is as it was written first
			e.Written = row.Written
		}
		if r.Stage != protocol.Sent && r.Stage != protocol.Obsolete {
			e.LastError = r.LastError
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b notify.Record) int { return a.Written.Compare(b.Written) })
	return all, nil
}

// Lost returns the keys of notices whose rows could not be used and are empty
// now. It reads every row.
func (d *Delivery) Lost(ctx context.Context) (map[string]bool, error) {
	keys := map[string]bool{}
	for row, err := range d.rows().List(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list notices: %w", err)
		}
		if row.Value.Stage == protocol.Lost {
			keys[row.Key] = true
		}
	}
	return keys, nil
}

// Examine finds the rows that cannot be used. It changes none.
func (d *Delivery) Examine(ctx context.Context) []ledger.Examined {
	return []ledger.Examined{d.rows().Examine(ctx), d.destinationRows().Examine(ctx), d.origins().Examine(ctx)}
}

// Partition is the partition of the ledger that has the notices.
func (d *Delivery) Partition() string { return d.rows().Partition() }
