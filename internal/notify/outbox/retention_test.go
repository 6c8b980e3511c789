package outbox_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify/outbox"
)

const day = 24 * time.Hour

func rows(t *testing.T, d *outbox.Delivery) []string {
	t.Helper()
	var keys []string
	for e, err := range d.Ledger.List(t.Context(), "test/notices") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, e.Key.Row)
	}
	return keys
}

func TestWhatWasSaidIsForgottenAfterAMonth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{}
		d := delivery(c)
		said(t, d, announcement("a"), remark("a/growing", "a"))
		time.Sleep(30*day - time.Second)
		said(t, d, announcement("a"))
		if n := len(rows(t, d)); n != 2 {
			t.Errorf("%d rows before the month is over, want 2", n)
		}
		time.Sleep(time.Second)
		if out := deliver(t, d); out != (outbox.Outcome{}) {
			t.Errorf("forgetting is no delivery: %+v", out)
		}
		if left := rows(t, d); len(left) != 0 {
			t.Errorf("rows %q are left", left)
		}
		wantSaid(t, c, "post a", "reply a/growing")
	})
}

func TestThePageOfAnOpenSubjectIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{}
		d := delivery(c)
		open := true
		d.InUse = func(_ context.Context, subject string) (bool, error) { return open && subject == "a", nil }
		said(t, d, announcement("a"), announcement("b"))
		for range 4 {
			time.Sleep(30 * day)
			deliver(t, d)
		}
		said(t, d, revision("a2", "a", 2))
		wantSaid(t, c, "post a", "post b", "update a2")
		open = false
		time.Sleep(29 * day) // the revision has kept it for another month
		deliver(t, d)
		if n := len(rows(t, d)); n != 2 {
			t.Errorf("%d rows, want the page and its revision", n)
		}
		time.Sleep(day)
		deliver(t, d)
		if left := rows(t, d); len(left) != 0 {
			t.Errorf("rows %q are left", left)
		}
	})
}

func TestWhatBelongsToAForgottenPageIsMoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{}
		d := delivery(c)
		said(t, d, announcement("a"))
		time.Sleep(30 * day)
		deliver(t, d)
		write(t, d, remark("late", "a"), revision("a2", "a", 2))
		if out := deliver(t, d); out.Obsolete != 2 {
			t.Errorf("%+v, want both moot", out)
		}
		wantSaid(t, c, "post a")
	})
}

func TestAChannelThatIsGoneIsNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := delivery(&chat{})
		gone := announcement("a")
		gone.Channel = "pager"
		write(t, d, gone)
		time.Sleep(23 * time.Hour)
		if out, err := d.Deliver(t.Context()); err == nil || out.Left != 1 {
			t.Errorf("%+v, %v: want it to wait", out, err)
		}
		time.Sleep(2 * day)
		if out, _ := d.Deliver(t.Context()); out.Abandoned != 1 || !out.Oldest.IsZero() {
			t.Errorf("%+v: want it given up", out)
		}
	})
}

// stuckLedger cannot delete one row.
type stuckLedger struct {
	ledger.Ledger
	row string
}

var errStuck = errors.New("it stays")

func (l stuckLedger) Delete(ctx context.Context, e ledger.Entry) error {
	if e.Key.Row == l.row {
		return errStuck
	}
	return l.Ledger.Delete(ctx, e)
}

// One row that cannot be deleted keeps no other.
func TestASweepGoesOnBeyondARowThatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := delivery(&chat{})
		d.Ledger = stuckLedger{d.Ledger, "a"}
		said(t, d, announcement("a"), announcement("b"), announcement("c"))
		time.Sleep(31 * day)
		if _, err := d.Deliver(t.Context()); !errors.Is(err, errStuck) {
			t.Errorf("error is %v", err)
		}
		if left := rows(t, d); len(left) != 1 {
			t.Errorf("rows %q are left", left)
		}
	})
}
