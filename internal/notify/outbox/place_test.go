package outbox_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// directory is a chat that knows its places by id.
type directory struct {
	chat
	ids   map[string]string
	err   error
	asked int
	where []string // the ids that Send was given
}

func (d *directory) Resolve(_ context.Context, to string) (string, error) {
	d.asked++
	return d.ids[to], d.err
}

func (d *directory) Send(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	d.where = append(d.where, page.Destination)
	r, err := d.chat.Send(ctx, n, page)
	r.Destination = page.Destination
	return r, err
}

func TestIDsOfPlacesAreKeptForAllProcesses(t *testing.T) {
	first, second := &directory{ids: map[string]string{"#bus": "C1"}}, &directory{}
	d := delivery(first)
	said(t, d, announcement("a"))
	e := delivery(second)
	e.Ledger = d.Ledger
	said(t, e, announcement("b"))
	if first.asked != 1 || second.asked != 0 || second.where[0] != "C1" {
		t.Errorf("asked %d and %d times, posted to %q", first.asked, second.asked, second.where)
	}
}

func TestTheIDOfAPlaceThatRefusesIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &directory{ids: map[string]string{"#bus": "C1"}}
		d := delivery(c)
		said(t, d, announcement("a"))
		c.ids["#bus"], c.fail = "C2", []error{notify.ErrRejected}
		write(t, d, announcement("b"))
		_, _ = d.Deliver(t.Context())
		time.Sleep(time.Minute)
		deliver(t, d)
		if c.where[len(c.where)-1] != "C2" {
			t.Errorf("posted to %q", c.where)
		}
	})
}

// The id is needed to look it up, so it is asked for before anything is sent.
func TestAPlaceThatCannotBeFoundClaimsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &directory{err: errors.Join(notify.ErrRejected, errors.New("no such channel"))}
		d := delivery(c)
		write(t, d, announcement("a"))
		_, _ = d.Deliver(t.Context())
		c.err, c.ids = nil, map[string]string{"#bus": "C1"}
		time.Sleep(time.Minute)
		deliver(t, d)
		wantSaid(t, &c.chat, "post a")
		if c.found != 0 {
			t.Error("looked up what was never sent")
		}
	})
}
