package outbox_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
)

func said(t *testing.T, d *outbox.Delivery, notices ...notify.Notice) {
	t.Helper()
	write(t, d, notices...)
	deliver(t, d)
}

func deliver(t *testing.T, d *outbox.Delivery) outbox.Outcome {
	t.Helper()
	out, err := d.Deliver(t.Context())
	if err != nil {
		t.Error(err)
	}
	return out
}

func remark(key, page string) notify.Notice {
	n := revision(key, page, 0)
	n.Act = notify.Reply
	return n
}

func TestOlderFacesAreNotShownOverNewerOnes(t *testing.T) {
	c := &chat{}
	d := delivery(c)
	said(t, d, announcement("a"))
	said(t, d, revision("a3", "a", 3))
	said(t, d, revision("a2", "a", 2))
	wantSaid(t, c, "post a", "update a3")
}

// The newer face may arrive late: showing the older one meanwhile would put
// it on top in the end.
func TestOlderFacesAreNotShownWhileANewerOneIsUncertain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{}
		d := delivery(c)
		said(t, d, announcement("a"))
		c.fail = []error{notify.ErrUnknown}
		write(t, d, revision("a3", "a", 3), revision("a2", "a", 2))
		_, _ = d.Deliver(t.Context())
		for range 3 {
			time.Sleep(time.Minute)
			deliver(t, d)
		}
		wantSaid(t, c, "post a", "update a3")
	})
}

// slow is a channel whose calls last as long as they are let.
type slow struct{ chat }

func (s *slow) Send(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	if n.Act == notify.Update {
		<-ctx.Done()
		return notify.Receipt{}, ctx.Err()
	}
	return s.chat.Send(ctx, n, page)
}

func TestTwoEditsOfAPageDoNotOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &slow{}
		d := delivery(c)
		said(t, d, announcement("a"))
		write(t, d, revision("a2", "a", 2))
		go func() { _, _ = d.Deliver(context.WithoutCancel(t.Context())) }()
		time.Sleep(time.Second)
		quick := &chat{}
		other := delivery(quick)
		other.Ledger = d.Ledger
		write(t, other, revision("a3", "a", 3))
		deliver(t, other)
		wantSaid(t, quick)
		time.Sleep(time.Minute)
		deliver(t, other)
		wantSaid(t, quick, "update a3")
	})
}

func TestARefusedEditBecomesALineInTheThread(t *testing.T) {
	c := &chat{}
	d := delivery(c)
	fact := func(name, value string) notify.Fact {
		return notify.Fact{Name: name, Value: notify.Text{notify.Foreign(value)}}
	}
	page := announcement("a")
	page.Facts = []notify.Fact{fact("Queue", "shop.billing"), fact("Lies in", "error (2)")}
	said(t, d, page)
	c.fail = []error{notify.ErrUneditable}
	changed := revision("a2", "a", 2)
	changed.Headline = notify.Text{notify.Ours("5 failed")}
	changed.Facts = []notify.Fact{fact("Queue", "shop.billing"), fact("Lies in", "error (5)")}
	said(t, d, changed)
	wantSaid(t, c, "post a", "reply a2")
	if n := c.last; n.Headline.Plain() != "5 failed" || len(n.Lines) != 1 || n.Lines[0].Plain() != "Lies in: error (5)" {
		t.Errorf("the line says %q %v", n.Headline.Plain(), n.Lines)
	}
	// From now on nobody tries to edit it, and the newest is enough.
	said(t, d, revision("a3", "a", 3), revision("a4", "a", 4))
	wantSaid(t, c, "post a", "reply a2", "reply a4")
}

func TestALineInsteadOfAnEditIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{acceptUnknown: true}
		d := delivery(c)
		said(t, d, announcement("a"))
		c.fail = []error{notify.ErrUneditable, notify.ErrUnknown}
		write(t, d, revision("a2", "a", 2))
		_, _ = d.Deliver(t.Context())
		time.Sleep(time.Minute)
		deliver(t, d)
		wantSaid(t, c, "post a", "reply a2")
		if c.found != 1 {
			t.Errorf("looked up %d times, want 1", c.found)
		}
	})
}

func TestADeletedMessageBecomesANewOne(t *testing.T) {
	c := &chat{}
	d := delivery(c)
	said(t, d, announcement("a"))
	c.fail = []error{notify.ErrGone}
	newest := revision("a2", "a", 2)
	newest.Headline = notify.Text{notify.Ours("newest")}
	said(t, d, newest)
	wantSaid(t, c, "post a", "post a")
	if c.last.Headline.Plain() != "newest" || c.last.Repost != 1 {
		t.Errorf("the new one is %q, round %d", c.last.Headline.Plain(), c.last.Repost)
	}
	said(t, d, revision("a3", "a", 3))
	wantSaid(t, c, "post a", "post a", "update a3")
}

func TestARemarkWaitsForTheNewPage(t *testing.T) {
	c := &chat{}
	d := delivery(c)
	said(t, d, announcement("a"))
	c.fail = []error{notify.ErrGone}
	said(t, d, remark("growing", "a"))
	wantSaid(t, c, "post a", "post a", "reply growing")
}

func TestARemarkDoesNotMakePagesForEver(t *testing.T) {
	c := &chat{}
	d := delivery(c)
	said(t, d, announcement("a"))
	for range 50 {
		c.fail = append(c.fail, notify.ErrGone, nil)
	}
	write(t, d, remark("growing", "a"))
	_, _ = d.Deliver(t.Context())
	if n := len(slices.DeleteFunc(c.said, func(s string) bool { return s != "post a" })); n > 5 {
		t.Errorf("%d pages, want no more than 5", n)
	}
}

func TestNewsBringBackAPageThatWasGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{fail: []error{notify.ErrRejected, notify.ErrRejected}}
		d := delivery(c)
		d.Tries = 2
		write(t, d, announcement("a"))
		for range 3 {
			_, _ = d.Deliver(t.Context())
			time.Sleep(2 * time.Minute)
		}
		wantSaid(t, c)
		said(t, d, revision("a2", "a", 2))
		wantSaid(t, c, "post a")
	})
}

func TestWhatIsTakenForARepetitionAndIsNotThereGetsAnotherRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{fail: []error{errors.Join(notify.ErrUnknown, notify.ErrDuplicate)}}
		d := delivery(c)
		write(t, d, announcement("a"))
		_, _ = d.Deliver(t.Context())
		time.Sleep(31 * time.Second)
		deliver(t, d)
		wantSaid(t, c, "post a")
		if c.last.Repost != 1 {
			t.Errorf("round %d, want 1", c.last.Repost)
		}
	})
}

func TestAPageKeepsWhyItWasMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := delivery(&chat{})
		page, edit := announcement("a"), revision("a/1", "a", 1)
		page.Reason, edit.Reason = "first seen", "resolved"
		for _, n := range []notify.Notice{page, edit} {
			write(t, d, n)
			deliver(t, d)
		}
		all, err := d.History(t.Context(), func(n notify.Notice) bool { return n.Key == "a" })
		if err != nil || len(all) != 1 || all[0].Reason != "first seen" || all[0].Notice.Reason != "resolved" {
			t.Errorf("%+v, %v", all, err)
		}
	})
}
