package errorqueue_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/triage"
)

var errUnread = errors.New("no such luck")

// half is a ledger of which one partition cannot be listed.
type half struct {
	ledger.Ledger
	lost string // the end of its name; "" is none
}

func (h *half) List(ctx context.Context, partition string) iter.Seq2[ledger.Entry, error] {
	return h.unless(partition, h.Ledger.List(ctx, partition))
}

func (h *half) Due(ctx context.Context, partition string, before time.Time) iter.Seq2[ledger.Entry, error] {
	return h.unless(partition, h.Ledger.Due(ctx, partition, before))
}

func (h *half) unless(partition string, all iter.Seq2[ledger.Entry, error]) iter.Seq2[ledger.Entry, error] {
	if h.lost == "" || !strings.HasSuffix(partition, h.lost) {
		return all
	}
	return func(yield func(ledger.Entry, error) bool) { yield(ledger.Entry{}, errUnread) }
}

// Whoever watches us for silence must not be told that all is well, and what
// pages is paged without the ledger: one alarm, as long as it lasts.
func TestAPassThatCannotReadWhatWaitsToBeSaidIsABadOne(t *testing.T) {
	for _, lost := range []string{"/notices", "/channels"} {
		t.Run(lost[1:], func(t *testing.T) {
			d := newDriver(t, triage.PageRule{When: "incident.count > 0", Priority: "P1"})
			l := &half{Ledger: d.ledger}
			d.Delivery.Ledger = l
			d.pass(t)
			d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
			l.lost = lost
			for range 3 {
				d.now = d.now.Add(2 * time.Minute)
				if _, err := d.Run(t.Context()); !errors.Is(err, errUnread) {
					t.Errorf("error is %v", err)
				}
			}
			const blind = "post P1: Blind: error holds failures, and the ledger cannot be read"
			wantHeard(t, d.pager.heard(), blind, blind, blind)
			wantHeard(t, d.chat.heard())
			l.lost = ""
			wantHeard(t, d.pass(t), "post: 1 failed OrderPlaced in shop.billing: CardExpired")
			if heard := strings.Join(d.pager.heard(), "\n"); !strings.Contains(heard, "close: Over: the ledger can be read again") {
				t.Errorf("the pager heard %s", heard)
			}
		})
	}
}
