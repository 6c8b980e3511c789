package outbox_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/ledger/ledgertest"
	"github.com/busbell/busbell/internal/notify/outbox"
	"github.com/busbell/busbell/internal/notify/outbox/pace"
)

// count makes a delivery's calls of the ledger countable.
func count(d *outbox.Delivery) *ledgertest.Counting {
	c := &ledgertest.Counting{Ledger: d.Ledger}
	d.Ledger = c
	return c
}

// What has to wait for the pace is not read again and again meanwhile: each
// edit reads its page once, also where posts have the channel visited once a
// second.
func TestWhatIsPacedIsNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const edits, posts = 20 + 26, 20 // the first 20 edits may come at once
		d := delivery(&chat{})
		for i := range edits {
			said(t, d, announcement(fmt.Sprintf("a%02d", i)))
		}
		for i := range edits {
			page := fmt.Sprintf("a%02d", i)
			write(t, d, revision(page+"/v2", page, 2))
		}
		for i := range posts {
			write(t, d, announcement(fmt.Sprintf("b%02d", i)))
		}
		calls := count(d)
		d.Paces, d.Wait = map[string]pace.Limit{"slack": {Every: time.Second, Burst: 1, Edits: 40}}, 20*time.Second
		passes := int64(0)
		for sent := 0; sent < edits+posts; passes++ {
			sent += deliver(t, d).Sent
			time.Sleep(time.Minute)
		}
		const once = 2 // what is due, and the places
		if got, want := calls.Reads.Load(), edits+once*passes; got > want {
			t.Errorf("%d edits and %d posts in %d passes read the ledger %d times, want %d", edits, posts, passes, got, want)
		}
	})
}

// The same of posts that wait for another notice.
func TestWhatIsPacedIsNotReadForWhatComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chat{}
		d := delivery(c)
		said(t, d, announcement("first"))
		for i := range 26 {
			n := announcement(fmt.Sprintf("a%02d", i))
			n.After = "first"
			write(t, d, n)
		}
		calls := count(d)
		d.Paces, d.Wait = map[string]pace.Limit{"slack": {Every: time.Second, Burst: 1}}, time.Minute
		if out := deliver(t, d); out.Sent != 26 {
			t.Errorf("%+v", out)
		}
		if got := calls.Reads.Load(); got > 26+2 {
			t.Errorf("26 posts read the ledger %d times, want 28", got)
		}
	})
}

// The same of an edit that waits for another process to change the page: the
// longer that takes, the more rarely the page is read.
func TestALockedPageIsReadEverMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &slow{}
		d := delivery(c)
		said(t, d, announcement("a"), announcement("b"))
		write(t, d, revision("a2", "a", 2))
		go func() { _, _ = d.Deliver(context.WithoutCancel(t.Context())) }() // until its half of the lease is over
		time.Sleep(time.Millisecond)
		quick := &chat{}
		other := delivery(quick)
		other.Ledger, other.Wait = d.Ledger, 2*time.Minute
		other.Paces = map[string]pace.Limit{"slack": {Every: time.Second, Burst: 1}} // posts have it come by each second
		write(t, other, revision("a3", "a", 3))
		for i := range 50 {
			write(t, other, announcement(fmt.Sprintf("c%02d", i)))
		}
		calls := count(other)
		begun := time.Now()
		out := deliver(t, other)
		if took := time.Since(begun); out.Sent != 51 || took < 59*time.Second || took > 2*time.Minute {
			t.Errorf("%+v after %s, want 50 posts, and the edit once the lock is over", out, took)
		}
		if got := calls.Reads.Load(); got > 3+2*10 { // what is due, the id, the destinations; and for both updates the page
			t.Errorf("the ledger was read %d times, want 23", got)
		}
		wantSaid(t, quick, append(quick.said[:50:50], "update a3")...)
	})
}
