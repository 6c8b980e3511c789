// Package ledgertest holds the promises that every ledger keeps, as tests
// that any implementation can be put through.
package ledgertest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// Run checks the ledgers that open returns. Each must start empty.
func Run(t *testing.T, open func(*testing.T) ledger.Ledger) {
	for name, check := range map[string]func(*testing.T, ledger.Ledger){
		"what was inserted is there":             whatWasInsertedIsThere,
		"a key is inserted once":                 aKeyIsInsertedOnce,
		"a stale version changes nothing":        aStaleVersionChangesNothing,
		"what was deleted is gone":               whatWasDeletedIsGone,
		"keys may hold any text":                 keysMayHoldAnyText,
		"of many inserts one wins":               ofManyInsertsOneWins,
		"of many updates one wins":               ofManyUpdatesOneWins,
		"a listing shows its partition only":     aListingShowsItsPartitionOnly,
		"due shows what is due, longest first":   dueShowsWhatIsDue,
		"a caller's bytes stay the caller's own": bytesAreCopied,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

func entry(row, value string) ledger.Entry {
	return ledger.Entry{Key: ledger.Key{Partition: "test/things", Row: row}, Value: []byte(value)}
}

func insert(t *testing.T, l ledger.Ledger, e ledger.Entry) ledger.Entry {
	t.Helper()
	stored, err := l.Insert(t.Context(), e)
	if err != nil {
		t.Fatalf("insert %q: %v", e.Key, err)
	}
	return stored
}

func wantValue(t *testing.T, l ledger.Ledger, key ledger.Key, want string) {
	t.Helper()
	e, err := l.Get(t.Context(), key)
	if err != nil || string(e.Value) != want {
		t.Fatalf("get %q = %q, %v; want %q", key, e.Value, err, want)
	}
}

func whatWasInsertedIsThere(t *testing.T, l ledger.Ledger) {
	due := time.Date(2026, 4, 17, 8, 34, 2, 417e6, time.UTC)
	e := entry("a", "one")
	e.Due = due
	stored := insert(t, l, e)
	got, err := l.Get(t.Context(), e.Key)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Value) != "one" || !got.Due.Equal(due) || got.Version != stored.Version || got.Version == "" {
		t.Errorf("got %+v, stored %+v", got, stored)
	}
}

func aKeyIsInsertedOnce(t *testing.T, l ledger.Ledger) {
	insert(t, l, entry("a", "one"))
	if _, err := l.Insert(t.Context(), entry("a", "two")); !errors.Is(err, ledger.ErrExists) {
		t.Errorf("second insert: %v, want ErrExists", err)
	}
	wantValue(t, l, entry("a", "").Key, "one")
}

func aStaleVersionChangesNothing(t *testing.T, l ledger.Ledger) {
	stale := insert(t, l, entry("a", "one"))
	fresh := stale
	fresh.Value = []byte("two")
	if _, err := l.Update(t.Context(), fresh); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Update(t.Context(), stale); !errors.Is(err, ledger.ErrChanged) {
		t.Errorf("stale update: %v, want ErrChanged", err)
	}
	if err := l.Delete(t.Context(), stale); !errors.Is(err, ledger.ErrChanged) {
		t.Errorf("stale delete: %v, want ErrChanged", err)
	}
	wantValue(t, l, stale.Key, "two")
}

func whatWasDeletedIsGone(t *testing.T, l ledger.Ledger) {
	e := insert(t, l, entry("a", "one"))
	if err := l.Delete(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Get(t.Context(), e.Key); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("get: %v, want ErrNotFound", err)
	}
	if _, err := l.Update(t.Context(), e); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("update: %v, want ErrNotFound", err)
	}
	if err := l.Delete(t.Context(), e); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("delete: %v, want ErrNotFound", err)
	}
	insert(t, l, entry("a", "again"))
}

func keysMayHoldAnyText(t *testing.T, l ledger.Ledger) {
	// Table Storage refuses / \ # ? and control characters in keys.
	rows := []string{`a/b\c#d?e`, "tab\tnew\nline", "ä 'quoted' 100 %+&", "UPPER", "upper", ""}
	for _, row := range rows {
		insert(t, l, entry(row, "value of "+row))
	}
	for _, row := range rows {
		wantValue(t, l, entry(row, "").Key, "value of "+row)
	}
}

func ofManyInsertsOneWins(t *testing.T, l ledger.Ledger) {
	oneWins(t, ledger.ErrExists, func(i int) error {
		_, err := l.Insert(t.Context(), entry("a", fmt.Sprint(i)))
		return err
	})
}

func ofManyUpdatesOneWins(t *testing.T, l ledger.Ledger) {
	e := insert(t, l, entry("a", "start"))
	oneWins(t, ledger.ErrChanged, func(i int) error {
		mine := e
		mine.Value = fmt.Append(nil, i)
		_, err := l.Update(t.Context(), mine)
		return err
	})
}

func oneWins(t *testing.T, lost error, try func(int) error) {
	var wg sync.WaitGroup
	var won atomic.Int32
	for i := range 20 {
		wg.Go(func() {
			switch err := try(i); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, lost):
				t.Errorf("a loser got %v, want %v", err, lost)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d won, want 1", won.Load())
	}
}

func aListingShowsItsPartitionOnly(t *testing.T, l ledger.Ledger) {
	insert(t, l, entry("a", "1"))
	insert(t, l, entry("b", "2"))
	insert(t, l, ledger.Entry{Key: ledger.Key{Partition: "test/others", Row: "a"}, Value: []byte("3")})
	got := map[string]string{}
	for e, err := range l.List(t.Context(), "test/things") {
		if err != nil {
			t.Fatal(err)
		}
		got[e.Key.Row] = string(e.Value)
	}
	if len(got) != 2 || got["a"] != "1" || got["b"] != "2" {
		t.Errorf("listed %v", got)
	}
}

func dueShowsWhatIsDue(t *testing.T, l ledger.Ledger) {
	now := time.Date(2026, 4, 17, 8, 0, 0, 0, time.UTC)
	for row, due := range map[string]time.Time{
		"never": {}, "later": now.Add(time.Second), "now": now, "long ago": now.Add(-time.Hour),
	} {
		e := entry(row, row)
		e.Due = due
		insert(t, l, e)
	}
	var got []string
	for e, err := range l.Due(t.Context(), "test/things", now) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Key.Row)
	}
	if len(got) != 2 || got[0] != "long ago" || got[1] != "now" {
		t.Errorf("due: %q", got)
	}
}

func bytesAreCopied(t *testing.T, l ledger.Ledger) {
	e := entry("a", "one")
	insert(t, l, e)
	e.Value[0] = 'X'
	got, err := l.Get(t.Context(), e.Key)
	if err != nil {
		t.Fatal(err)
	}
	got.Value[1] = 'Y'
	wantValue(t, l, e.Key, "one")
}
