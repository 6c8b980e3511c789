package notify

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// A click whose row is spoilt is dealt with again: to do so is harmless, and
// not to answer is not.
func TestAClickWhoseRowIsSpoiltIsDealtWithOnceMore(t *testing.T) {
	d := &Delivery{Ledger: new(ledger.Memory), Environment: "test"}
	click := Click{Key: "click-1", Action: "acknowledge", Value: "incident/1-abc/1", By: "U1"}
	done := 0
	take := func() {
		t.Helper()
		if err := d.Take(t.Context(), click, func(context.Context) error { done++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	take()
	take()
	e, err := d.Ledger.Get(t.Context(), ledger.Key{Partition: d.clicks().Partition(), Row: click.Key})
	if err != nil {
		t.Fatal(err)
	}
	e.Value = []byte("not JSON")
	if _, err := d.Ledger.Update(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	take()
	take()
	if done != 2 {
		t.Errorf("dealt with %d times, want 2", done)
	}
}

// lateLedger cannot delete what is named here.
type lateLedger struct {
	ledger.Ledger
	stuck map[string]error
}

func (l *lateLedger) Delete(ctx context.Context, e ledger.Entry) error {
	if err := l.stuck[e.Key.Row]; err != nil {
		return err
	}
	return l.Ledger.Delete(ctx, e)
}

// One row that cannot be deleted keeps no other.
func TestASweepGoesOnBeyondARowThatStays(t *testing.T) {
	now := time.Date(2026, 4, 17, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	stuck := errors.New("it stays")
	d := &Delivery{Ledger: &lateLedger{&ledger.Memory{Now: clock}, map[string]error{"a": stuck}}, Environment: "test", Now: clock}
	for _, key := range []string{"a", "b", "c"} {
		if err := d.Take(t.Context(), Click{Key: key}, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	now = now.AddDate(0, 2, 0)
	if err := d.sweepClicks(t.Context()); !errors.Is(err, stuck) {
		t.Errorf("error is %v", err)
	}
	left := 0
	for _, err := range d.clicks().List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		left++
	}
	if left != 1 {
		t.Errorf("%d clicks are left, want 1", left)
	}
}
