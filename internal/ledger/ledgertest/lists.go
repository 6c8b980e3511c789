package ledgertest

import (
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

var now = time.Date(2026, 4, 17, 8, 0, 0, 0, time.UTC)

func list(t *testing.T, l ledger.Ledger, partition string) []ledger.Entry {
	t.Helper()
	var all []ledger.Entry
	for e, err := range l.List(t.Context(), partition) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// due are the rows that are due, in their order.
func due(t *testing.T, l ledger.Ledger, before time.Time) []string {
	t.Helper()
	var rows []string
	for e, err := range l.Due(t.Context(), things, before) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, e.Key.Row)
	}
	return rows
}

func wantDue(t *testing.T, l ledger.Ledger, before time.Time, want ...string) {
	t.Helper()
	if got := due(t, l, before); !slices.Equal(got, want) {
		t.Errorf("due at %s: %q, want %q", before.Format(time.RFC3339Nano), got, want)
	}
}

func aListingShowsItsPartitionOnly(t *testing.T, l ledger.Ledger) {
	insert(t, l, entry("a", "1"))
	insert(t, l, entry("b", "2"))
	insert(t, l, ledger.Entry{Key: ledger.Key{Partition: "test/others", Row: "a"}, Value: []byte("3"), Due: now})
	got := map[string]string{}
	for _, e := range list(t, l, things) {
		got[e.Key.Row] = string(e.Value)
	}
	if len(got) != 2 || got["a"] != "1" || got["b"] != "2" {
		t.Errorf("listed %v", got)
	}
	if got := list(t, l, "test/none"); len(got) != 0 {
		t.Errorf("listed %v of a partition that is not there", got)
	}
	wantDue(t, l, now)
}

func whatIsListedCanBeChanged(t *testing.T, l ledger.Ledger) {
	stored := insert(t, l, entry("a", "1"))
	e := list(t, l, things)[0]
	if e.Version != stored.Version || e.Key != stored.Key {
		t.Errorf("listed %+v, stored %+v", e, stored)
	}
	e.Due = now
	if _, err := l.Update(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	for e, err := range l.Due(t.Context(), things, now) {
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Delete(t.Context(), e); err != nil {
			t.Error(err)
		}
	}
	if left := list(t, l, things); len(left) != 0 {
		t.Errorf("left %+v", left)
	}
}

// A page of Table Storage has at most a thousand rows.
func aLongListingIsWhole(t *testing.T, l ledger.Ledger) {
	const rows = 1203
	next := make(chan int)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := range next {
				e := entry(fmt.Sprintf("row %d", i), fmt.Sprint(i))
				e.Due = now.Add(-time.Duration(i) * time.Second)
				if _, err := l.Insert(t.Context(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range rows {
		next <- i
	}
	close(next)
	wg.Wait()
	seen := map[string]bool{}
	for _, e := range list(t, l, things) {
		if e.Key.Row != "row "+string(e.Value) || seen[e.Key.Row] {
			t.Fatalf("%q holds %q, or came twice", e.Key.Row, e.Value)
		}
		seen[e.Key.Row] = true
	}
	if len(seen) != rows {
		t.Errorf("listed %d rows, want %d", len(seen), rows)
	}
	oldest := due(t, l, now.Add(-(rows-3)*time.Second))
	if !slices.Equal(oldest, []string{"row 1202", "row 1201", "row 1200"}) {
		t.Errorf("the longest due are %q", oldest)
	}
	if all := due(t, l, now); len(all) != rows || all[0] != "row 1202" || all[rows-1] != "row 0" {
		t.Errorf("%d rows are due, want %d", len(all), rows)
	}
}

func aListingMayBeLeftEarly(t *testing.T, l ledger.Ledger) {
	for i := range 3 {
		e := entry(fmt.Sprint(i), "")
		e.Due = now
		insert(t, l, e)
	}
	n := 0
	for _, rows := range []iter.Seq2[ledger.Entry, error]{l.List(t.Context(), things), l.Due(t.Context(), things, now)} {
		for _, err := range rows {
			if err != nil {
				t.Error(err)
			}
			n++
			break
		}
	}
	if n != 2 {
		t.Errorf("%d entries, want the first of each", n)
	}
}

func dueShowsWhatIsDue(t *testing.T, l ledger.Ledger) {
	for row, at := range map[string]time.Time{
		"never": {}, "a moment too late": now.Add(ledger.Precision), "now": now, "long ago": now.Add(-time.Hour),
		"in winter": time.Date(2025, 12, 31, 23, 59, 59, 999999900, time.UTC), "elsewhere": now.Add(-time.Minute).In(time.FixedZone("", -5*3600)),
	} {
		e := entry(row, row)
		e.Due = at
		insert(t, l, e)
	}
	wantDue(t, l, now, "in winter", "long ago", "elsewhere", "now")
	wantDue(t, l, now.Add(-ledger.Precision), "in winter", "long ago", "elsewhere")
	wantDue(t, l, now.In(time.FixedZone("", 9*3600)), "in winter", "long ago", "elsewhere", "now")
	wantDue(t, l, now.AddDate(-10, 0, 0))
}

func dueGoesWithTheEntry(t *testing.T, l ledger.Ledger) {
	e := entry("a", "")
	e.Due = now
	e = insert(t, l, e)
	update := func(due time.Time) {
		t.Helper()
		e.Due = due
		var err error
		if e, err = l.Update(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if got := get(t, l, e.Key); !got.Due.Equal(due) || got.Due.IsZero() != due.IsZero() {
			t.Errorf("due %s, want %s", got.Due, due)
		}
	}
	wantDue(t, l, now, "a")
	update(now.Add(time.Minute))
	wantDue(t, l, now)
	wantDue(t, l, now.Add(time.Minute), "a")
	update(time.Time{})
	wantDue(t, l, now.AddDate(100, 0, 0))
	update(now)
	if err := l.Delete(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	wantDue(t, l, now)
}
