package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/setting"
)

// A Click is a person's use of a button of a page.
type Click struct {
	Key    string    `json:"key"`    // names the click: the same whenever it arrives
	Action string    `json:"action"` // the Action's ID
	Value  string    `json:"value"`  // the Action's Value
	By     string    `json:"by"`     // the channel's own id of the person
	At     time.Time `json:"at"`

	// Origin is whose page it is, as the button says. A click on another
	// Busbell's page must not be taken.
	Origin Origin         `json:"-"`
	Answer setting.Secret `json:"-"` // where the person can be answered
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
	row := ledger.Row[clickRow]{Ref: ledger.Ref{Key: c.Key, Due: d.now().Add(d.retention())}, Value: clickRow{Click: c}}
	row, err := d.clicks().Save(ctx, row)
	if errors.Is(err, ledger.ErrExists) {
		row, err = d.clicks().Get(ctx, c.Key)
	}
	if err != nil {
		return fmt.Errorf("note click: %w", err)
	}
	if row.Value.Done {
		return nil
	}
	if err := f(ctx); err != nil {
		return err
	}
	row.Value.Click, row.Value.Done = c, true
	if _, err := d.clicks().Save(ctx, row); err != nil && !errors.Is(err, ledger.ErrChanged) {
		return fmt.Errorf("note click: %w", err)
	}
	return nil
}

// sweepClicks forgets old clicks.
func (d *Delivery) sweepClicks(ctx context.Context) error {
	n := 0
	var errs []error
	for row, err := range d.clicks().Due(ctx, d.now()) {
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("list old clicks: %w", err))...)
		}
		if row.Age < d.retention() { // our clock is ahead
			continue
		}
		if n++; n > mostForgotten || ctx.Err() != nil {
			break
		}
		if err := d.clicks().Delete(ctx, row.Ref); err != nil {
			errs = append(errs, fmt.Errorf("forget click: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (d *Delivery) clicks() ledger.Table[clickRow] {
	return ledger.Table[clickRow]{Ledger: d.Ledger, Log: d.Log, Environment: d.Environment, Name: d.Part + "clicks", Shape: 1}
}
