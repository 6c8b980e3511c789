package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
)

// An originRow has the id of the ledger.
type originRow struct {
	ID string `json:"id"`
}

// Origin returns the origin of the notices. It reads the ledger once per process.
func (d *Delivery) Origin(ctx context.Context) (notify.Origin, error) {
	if known := d.origin.Load(); known != nil {
		return *known, nil
	}
	id, err := d.origins().id(ctx)
	if err != nil {
		return notify.Origin{}, fmt.Errorf("read the id of the ledger: %w", err)
	}
	o := notify.Origin{Environment: d.Environment, Ledger: id}
	d.origin.Store(&o)
	return o, nil
}

// origins are the row of the ledger's id.
type origins struct{ ledger.Table[originRow] }

func (d *Delivery) origins() origins {
	return origins{ledger.Table[originRow]{Ledger: d.Ledger, Log: d.Log, Environment: d.Environment, Name: d.Part + "origin", Shape: 1}}
}

// id reads the id of the ledger, and creates it if there is none. If several
// instances create one, the first one wins.
func (t origins) id(ctx context.Context) (string, error) {
	const name = "ledger"
	for range 5 {
		row, err := t.Get(ctx, name)
		switch {
		case err == nil && row.Value.ID != "":
			return row.Value.ID, nil
		case err != nil && !errors.Is(err, ledger.ErrNotFound):
			return "", err
		}
		row.Key, row.Value.ID = name, rand.Text()
		if row, err = t.Save(ctx, row); err == nil {
			return row.Value.ID, nil
		}
		if !ledger.Conflict(err) {
			return "", err
		}
	}
	return "", ledger.ErrChanged
}
