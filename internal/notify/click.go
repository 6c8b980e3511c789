package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A Click is a person's use of a button of a page.
type Click struct {
	Key    string    `json:"key"`    // names the click: the same whenever it arrives
	Action string    `json:"action"` // the Action's ID
	Value  string    `json:"value"`  // its Value, as it went out
	By     string    `json:"by"`     // the channel's own id of the person
	At     time.Time `json:"at"`
}

// A clickRow remembers a click for Retention, and whether it is dealt with.
type clickRow struct {
	Click
	Done bool `json:"done"`
}

// Take deals with a click by f, unless that was done before. A click whose f
// failed, or whose taker died, is dealt with when it comes again; f must be
// harmless to repeat.
func (d *Delivery) Take(ctx context.Context, c Click, f func(context.Context) error) error {
	row := clickRow{Click: c}
	value, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("encode click: %w", err)
	}
	e := ledger.Entry{Key: ledger.Key{Partition: d.clicks(), Row: c.Key}, Value: value, Due: d.now().Add(d.retention())}
	e, err = d.Ledger.Insert(ctx, e)
	if errors.Is(err, ledger.ErrExists) {
		if e, err = d.Ledger.Get(ctx, ledger.Key{Partition: d.clicks(), Row: c.Key}); err == nil {
			err = json.Unmarshal(e.Value, &row)
		}
	}
	if err != nil {
		return fmt.Errorf("note click: %w", err)
	}
	if row.Done {
		return nil
	}
	if err := f(ctx); err != nil {
		return err
	}
	row.Done = true
	if e.Value, err = json.Marshal(row); err != nil {
		return fmt.Errorf("encode click: %w", err)
	}
	if _, err := d.Ledger.Update(ctx, e); err != nil && !errors.Is(err, ledger.ErrChanged) {
		return fmt.Errorf("note click: %w", err)
	}
	return nil
}

// sweepClicks forgets old clicks.
func (d *Delivery) sweepClicks(ctx context.Context) error {
	n := 0
	for e, err := range d.Ledger.Due(ctx, d.clicks(), d.now()) {
		if err != nil {
			return fmt.Errorf("list old clicks: %w", err)
		}
		if n++; n > mostForgotten {
			break
		}
		if err := d.Ledger.Delete(ctx, e); err != nil && !errors.Is(err, ledger.ErrChanged) && !errors.Is(err, ledger.ErrNotFound) {
			return fmt.Errorf("forget click: %w", err)
		}
	}
	return nil
}

func (d *Delivery) clicks() string { return d.Environment + "/clicks" }
