package journal_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/busbell/busbell/internal/journal"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/outbox"
)

// An order is the record type of these tests.
type order struct {
	State   string `json:"state"`
	Version int64  `json:"version"`
	Page    string `json:"page,omitempty"`
}

// orders are the rows of orders.
type orders struct{ ledger.Table[order] }

func (o orders) Write(ctx context.Context, r journal.Record[order], writeID string) (journal.Outcome, error) {
	_, err := o.SaveAs(ctx, ledger.Row[order]{Ref: ledger.Ref{Key: r.Key, Version: r.Version}, Value: r.Value}, writeID)
	if err == nil {
		return journal.Outcome{Written: true, Pages: []string{r.Value.Page}}, nil
	}
	if !ledger.Conflict(err) {
		return journal.Outcome{}, err
	}
	there, err := o.Get(ctx, r.Key)
	return journal.Outcome{Pages: []string{there.Value.Page}}, err
}

func (o orders) Shown(ctx context.Context) (map[string]journal.Shown, error) {
	all := map[string]journal.Shown{}
	for r, err := range o.List(ctx) {
		if err != nil {
			return nil, err
		}
		all[r.Key] = journal.Shown{Version: r.Value.Version, Pages: []string{r.Value.Page}}
	}
	return all, nil
}

// failing is a ledger whose writes fail if before returns an error.
type failing struct {
	ledger.Ledger
	before func(ledger.Entry) error
}

func (l *failing) Insert(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	if err := l.before(e); err != nil {
		return e, err
	}
	return l.Ledger.Insert(ctx, e)
}

func (l *failing) Update(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	if err := l.before(e); err != nil {
		return e, err
	}
	return l.Ledger.Update(ctx, e)
}

func (l *failing) Delete(ctx context.Context, e ledger.Entry) error {
	if err := l.before(e); err != nil {
		return err
	}
	return l.Ledger.Delete(ctx, e)
}

// open is the journal of a process on a ledger.
func open(l ledger.Ledger) (*journal.Journal[order], orders) {
	log := slog.New(slog.DiscardHandler)
	rows := orders{ledger.Table[order]{Ledger: l, Environment: "test", Name: "orders", Shape: 1}}
	return &journal.Journal[order]{
		Ledger: l, Environment: "test", Records: rows, Log: log, Writers: 1,
		Delivery: &outbox.Delivery{Ledger: l, Environment: "test", Log: log, Writers: 1},
	}, rows
}

func update(page string, version int64) notify.Notice {
	return notify.Notice{Key: fmt.Sprintf("%s/v%d", page, version), Page: page, Subject: page, Act: notify.Update, Channel: "slack", Version: version}
}

// many is a change of n orders, each with a notice, and a digest of all.
func many(n int) journal.Change[order] {
	digest := journal.Shared{Notice: notify.Notice{Key: "digest", Subject: "digest", Act: notify.Post, Channel: "slack"}}
	var c journal.Change[order]
	for i := range n {
		key := fmt.Sprintf("order-%03d", i)
		digest.Of = append(digest.Of, key)
		c.Records = append(c.Records, journal.Record[order]{
			Key: key, Value: order{State: "paid", Version: 1, Page: key},
			Notices: []notify.Notice{{Key: key, Subject: key, Act: notify.Post, Channel: "slack"}},
		})
	}
	c.Shared = []journal.Shared{digest}
	return c
}

// rows are the names of the rows of a partition.
func rows(t *testing.T, l ledger.Ledger, partition string) (names []string) {
	t.Helper()
	for e, err := range l.List(t.Context(), "test/"+partition) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Key.Row)
	}
	slices.Sort(names)
	return names
}

func resume(t *testing.T, j *journal.Journal[order]) journal.Result {
	t.Helper()
	out, err := j.Resume(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var errKilled = errors.New("the process was killed")

// A process is killed at each of its writes. After another process resumes, the
// ledger holds the whole decision or nothing.
func TestACommitKilledAnywhereIsCarriedToItsEndOrNeverBegan(t *testing.T) {
	for _, n := range []int{1, 3, 130} { // the last in two parts
		for at, done := 0, false; !done; at++ {
			l := &failing{Ledger: new(ledger.Memory)}
			left := at
			l.before = func(ledger.Entry) error {
				if left--; left < 0 {
					return errKilled
				}
				return nil
			}
			j, _ := open(l)
			out, err := j.Commit(t.Context(), many(n))
			done = err == nil && out.Err() == nil && left >= 0
			if decided := err == nil; !decided && len(rows(t, l, "orders")) > 0 {
				t.Fatalf("%d orders, killed at write %d: written before it was decided", n, at)
			}
			l.before = func(ledger.Entry) error { return nil }
			other, _ := open(l)
			if out := resume(t, other); out.Err() != nil || len(out.Conflicts) > 0 {
				t.Errorf("%d orders, killed at write %d: %v, conflicts %v", n, at, out.Err(), out.Conflicts)
			}
			want := 0
			if err == nil {
				want = n
			}
			if got := rows(t, l, "orders"); len(got) != want {
				t.Errorf("%d orders, killed at write %d: %d are written, want %d", n, at, len(got), want)
			}
			if want > 0 {
				want++ // the digest
			}
			if got := rows(t, l, "notices"); len(got) != want {
				t.Errorf("%d orders, killed at write %d: %d notices, want %d", n, at, len(got), want)
			}
			if err != nil {
				continue // parts without a head are deleted by age
			}
			if got := rows(t, l, "journal"); len(got) > 0 {
				t.Errorf("%d orders, killed at write %d: %v is left in the journal", n, at, got)
			}
		}
	}
}

// If two processes change the same version of a record, only the notices of the
// one that wins are written.
func TestOfTwoDecisionsOneIsMade(t *testing.T) {
	l := new(ledger.Memory)
	first, _ := open(l)
	second, table := open(l)
	c := many(1)
	if out, err := first.Commit(t.Context(), c); err != nil || out.Err() != nil {
		t.Fatal(err, out.Err())
	}
	c.Records[0].Value.State = "refunded"
	c.Records[0].Notices[0].Key, c.Shared[0].Notice.Key = "refund", "refunds"
	out, err := second.Commit(t.Context(), c)
	if err != nil || out.Err() != nil || !out.Conflicts["order-000"] {
		t.Errorf("%v, %v, conflicts %v", err, out.Err(), out.Conflicts)
	}
	if got, want := rows(t, l, "notices"), []string{"digest", "order-000"}; !slices.Equal(got, want) {
		t.Errorf("notices %q, want %q", got, want)
	}
	if r, err := table.Get(t.Context(), "order-000"); err != nil || r.Value.State != "paid" {
		t.Errorf("%+v, %v", r.Value, err)
	}
}

// A record that cannot be written does not block others. A later resume writes it.
func TestARecordThatCannotBeWrittenStopsNoOther(t *testing.T) {
	l := &failing{Ledger: new(ledger.Memory)}
	l.before = func(e ledger.Entry) error {
		if e.Key.Partition == "test/orders" && e.Key.Row == "order-001" {
			return errors.New("no")
		}
		return nil
	}
	j, _ := open(l)
	for try := range 2 {
		out, err := journal.Result{}, error(nil)
		if try == 0 {
			out, err = j.Commit(t.Context(), many(3))
		} else {
			out = resume(t, j)
		}
		if err != nil || out.Err() == nil || !out.Failed["order-001"] || len(out.Failed) != 1 {
			t.Errorf("%v, %v, failed %v", err, out.Err(), out.Failed)
		}
		if got, want := rows(t, l, "notices"), []string{"digest", "order-000", "order-002"}; !slices.Equal(got, want) {
			t.Errorf("notices %q, want %q", got, want)
		}
	}
	l.before = func(ledger.Entry) error { return nil }
	if out := resume(t, j); out.Err() != nil {
		t.Error(out.Err())
	}
	if got, want := rows(t, l, "notices"), []string{"digest", "order-000", "order-001", "order-002"}; !slices.Equal(got, want) {
		t.Errorf("notices %q, want %q", got, want)
	}
}

// After execution, by the same process or another, each digest is compared with
// the current records.
func TestARecordThatADigestShowsAsItWasIsAConflict(t *testing.T) {
	for _, killed := range []bool{false, true} {
		t.Run(fmt.Sprintf("killed: %t", killed), func(t *testing.T) {
			l := &failing{Ledger: new(ledger.Memory), before: func(ledger.Entry) error { return nil }}
			j, table := open(l)
			for _, key := range []string{"a", "b"} {
				if _, err := table.Save(t.Context(), ledger.Row[order]{Ref: ledger.Ref{Key: key}, Value: order{Version: 1, Page: "digest"}}); err != nil {
					t.Fatal(err)
				}
			}
			a, err := table.Get(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			c := journal.Change[order]{
				Records: []journal.Record[order]{{Key: "a", Version: a.Version, Value: order{Version: 2, Page: "digest"}}},
				Shared:  []journal.Shared{{Of: []string{"a"}, Notice: update("digest", 2), Shows: map[string]int64{"a": 2, "b": 1}}},
			}
			l.before = func(e ledger.Entry) error {
				if e.Key.Row != "a" {
					return nil
				}
				if killed {
					return errKilled
				}
				return change(t, table, "b")
			}
			out, err := j.Commit(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if killed {
				l.before = func(ledger.Entry) error { return nil }
				if err := change(t, table, "b"); err != nil {
					t.Fatal(err)
				}
				other, _ := open(l)
				out = resume(t, other)
			}
			if out.Err() != nil || !out.Conflicts["b"] || out.Conflicts["a"] {
				t.Errorf("%v, conflicts %v; want b", out.Err(), out.Conflicts)
			}
		})
	}
}

// A digest of two records shows a version of one record that was never written,
// because another process won. The digest is updated with the other record or,
// if that has left the digest, with this one. The entry stays until then.
func TestADigestThatShowsWhatWasNotWrittenIsUpdated(t *testing.T) {
	for _, c := range []struct{ name, b, want string }{{"the other is there", "digest", "b"}, {"none is there", "", "a"}} {
		t.Run(c.name, func(t *testing.T) {
			l := new(ledger.Memory)
			j, table := open(l)
			decided := journal.Change[order]{Shared: []journal.Shared{{
				Of: []string{"a", "b"}, Notice: update("digest", 2), Shows: map[string]int64{"a": 2, "b": 2},
			}}}
			for _, key := range []string{"a", "b"} {
				r, err := table.Save(t.Context(), ledger.Row[order]{Ref: ledger.Ref{Key: key}, Value: order{Version: 1}})
				if err != nil {
					t.Fatal(err)
				}
				decided.Records = append(decided.Records, journal.Record[order]{Key: key, Version: r.Version, Value: order{Version: 2, Page: c.b}})
				if key == "a" {
					if err := change(t, table, "a"); err != nil {
						t.Fatal(err)
					}
				}
			}
			if c.b == "" {
				delete(decided.Shared[0].Shows, "b") // it leaves with this change
			}
			out, err := j.Commit(t.Context(), decided)
			if err != nil || out.Err() != nil || !out.Conflicts[c.want] || len(out.Stale[c.want]) != 1 || len(out.Stale) != 1 {
				t.Fatalf("%v, %v, conflicts %v, stale %v; want %s", err, out.Err(), out.Conflicts, out.Stale, c.want)
			}
			other, _ := open(l)
			if again := resume(t, other); len(again.Stale[c.want]) != 1 {
				t.Errorf("after a crash stale %v; want %s", again.Stale, c.want)
			}
			j.Delete(t.Context(), out.Unfinished...)
			if got := rows(t, l, "journal"); len(got) > 0 {
				t.Errorf("left in the journal: %q", got)
			}
		})
	}
}

// change changes an order as another process would.
func change(t *testing.T, table orders, key string) error {
	r, err := table.Get(t.Context(), key)
	if err != nil {
		return err
	}
	r.Value.Version += 5
	_, err = table.Save(t.Context(), r)
	return err
}
