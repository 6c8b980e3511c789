// Package ledgertest holds the promises that every ledger keeps, as tests
// that any implementation can be put through.
package ledgertest

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// Run checks the ledgers that open returns. Each must start empty.
func Run(t *testing.T, open func(*testing.T) ledger.Ledger) {
	for name, check := range map[string]func(*testing.T, ledger.Ledger){
		"what was inserted is there":                whatWasInsertedIsThere,
		"a key is inserted once":                    aKeyIsInsertedOnce,
		"an entry says which write made it":         anEntrySaysWhichWriteMadeIt,
		"a stale version changes nothing":           aStaleVersionChangesNothing,
		"no version is none of the entry's":         noVersionIsNoneOfTheEntrys,
		"what was deleted is gone":                  whatWasDeletedIsGone,
		"an entry that came back is another":        anEntryThatCameBackIsAnother,
		"a caller's bytes stay the caller's own":    bytesAreCopied,
		"of many inserts one wins":                  ofManyInsertsOneWins,
		"of many updates one wins":                  ofManyUpdatesOneWins,
		"of an update and a delete one wins":        ofAnUpdateAndADeleteOneWins,
		"nothing is lost among many writers":        nothingIsLostAmongManyWriters,
		"a listing shows its partition only":        aListingShowsItsPartitionOnly,
		"what is listed can be changed":             whatIsListedCanBeChanged,
		"a long listing is whole":                   aLongListingIsWhole,
		"a listing may be left early":               aListingMayBeLeftEarly,
		"due shows what is due, longest first":      dueShowsWhatIsDue,
		"due goes with the entry":                   dueGoesWithTheEntry,
		"due is kept to its precision":              dueIsKeptToItsPrecision,
		"a value may be empty, and long":            aValueMayBeEmptyAndLong,
		"what is too much is refused":               whatIsTooMuchIsRefused,
		"keys may hold any text":                    keysMayHoldAnyText,
		"partitions that look alike stay apart":     partitionsThatLookAlikeStayApart,
		"a call that was called off changes little": aCallThatWasCalledOff,
		"each write makes an entry young":           eachWriteMakesAnEntryYoung,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, open(t))
		})
	}
}

const things = "test/things"

func entry(row, value string) ledger.Entry {
	return ledger.Entry{Key: ledger.Key{Partition: things, Row: row}, Value: []byte(value)}
}

func insert(t *testing.T, l ledger.Ledger, e ledger.Entry) ledger.Entry {
	t.Helper()
	stored, err := l.Insert(t.Context(), e)
	if err != nil {
		t.Fatalf("insert %.60q: %v", e.Key, err)
	}
	return stored
}

func get(t *testing.T, l ledger.Ledger, key ledger.Key) ledger.Entry {
	t.Helper()
	e, err := l.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("get %.60q: %v", key, err)
	}
	return e
}

func wantValue(t *testing.T, l ledger.Ledger, key ledger.Key, want string) {
	t.Helper()
	if got := get(t, l, key); string(got.Value) != want || got.Key != key {
		t.Fatalf("get %.60q = %.60q, %.60q; want %.60q", key, got.Key, got.Value, want)
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func whatWasInsertedIsThere(t *testing.T, l ledger.Ledger) {
	e := entry("a", "one")
	e.Due = time.Date(2026, 4, 17, 8, 34, 2, 417e6, time.FixedZone("", 7200))
	stored := insert(t, l, e)
	got := get(t, l, e.Key)
	for _, have := range []ledger.Entry{stored, got} {
		if string(have.Value) != "one" || !have.Due.Equal(e.Due) || have.Version != stored.Version || have.Version == "" {
			t.Errorf("got %+v, stored %+v", have, stored)
		}
	}
}

func anEntrySaysWhichWriteMadeIt(t *testing.T, l ledger.Ledger) {
	e := entry("a", "one")
	e.WriteID = "first"
	e = insert(t, l, e)
	refused := e
	refused.Version, refused.WriteID = "", "refused"
	_, err := l.Insert(t.Context(), refused)
	wantErr(t, "second insert", err, ledger.ErrExists)
	if got := get(t, l, e.Key); got.WriteID != "first" {
		t.Errorf("inserted by %q, want first", got.WriteID)
	}
	e.WriteID = "second"
	if _, err := l.Update(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	for e, err := range l.List(t.Context(), things) {
		if err != nil || e.WriteID != "second" {
			t.Errorf("updated by %q, %v; want second", e.WriteID, err)
		}
	}
}

func aKeyIsInsertedOnce(t *testing.T, l ledger.Ledger) {
	insert(t, l, entry("a", "one"))
	_, err := l.Insert(t.Context(), entry("a", "two"))
	wantErr(t, "second insert", err, ledger.ErrExists)
	wantValue(t, l, entry("a", "").Key, "one")
}

func aStaleVersionChangesNothing(t *testing.T, l ledger.Ledger) {
	stale := insert(t, l, entry("a", "one"))
	fresh := stale
	fresh.Value = []byte("two")
	fresh, err := l.Update(t.Context(), fresh)
	if err != nil || fresh.Version == stale.Version {
		t.Fatalf("updated to version %q from %q, %v", fresh.Version, stale.Version, err)
	}
	_, err = l.Update(t.Context(), stale)
	wantErr(t, "stale update", err, ledger.ErrChanged)
	wantErr(t, "stale delete", l.Delete(t.Context(), stale), ledger.ErrChanged)
	wantValue(t, l, stale.Key, "two")
	if _, err := l.Update(t.Context(), fresh); err != nil {
		t.Errorf("an update with the version of the last: %v", err)
	}
}

// A store may take an absent version for "any".
func noVersionIsNoneOfTheEntrys(t *testing.T, l ledger.Ledger) {
	e := insert(t, l, entry("a", "one"))
	for _, version := range []string{"", "*"} {
		e.Version = version
		_, err := l.Update(t.Context(), e)
		wantErr(t, "update of version "+version, err, ledger.ErrChanged)
		wantErr(t, "delete of version "+version, l.Delete(t.Context(), e), ledger.ErrChanged)
	}
	wantValue(t, l, e.Key, "one")
}

func whatWasDeletedIsGone(t *testing.T, l ledger.Ledger) {
	e := insert(t, l, entry("a", "one"))
	if err := l.Delete(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	_, err := l.Get(t.Context(), e.Key)
	wantErr(t, "get", err, ledger.ErrNotFound)
	_, err = l.Update(t.Context(), e)
	wantErr(t, "update", err, ledger.ErrNotFound)
	wantErr(t, "delete", l.Delete(t.Context(), e), ledger.ErrNotFound)
}

func anEntryThatCameBackIsAnother(t *testing.T, l ledger.Ledger) {
	old := insert(t, l, entry("a", "one"))
	if err := l.Delete(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	insert(t, l, entry("a", "again"))
	_, err := l.Update(t.Context(), old)
	wantErr(t, "update of the one before", err, ledger.ErrChanged)
	wantErr(t, "delete of the one before", l.Delete(t.Context(), old), ledger.ErrChanged)
	wantValue(t, l, old.Key, "again")
}

func bytesAreCopied(t *testing.T, l ledger.Ledger) {
	e := entry("a", "one")
	insert(t, l, e)
	e.Value[0] = 'X'
	got := get(t, l, e.Key)
	got.Value[1] = 'Y'
	wantValue(t, l, e.Key, "one")
	if !slices.Equal(e.Value, []byte("Xne")) || !bytes.Equal(got.Value, []byte("oYe")) {
		t.Errorf("the caller's own bytes are %q and %q", e.Value, got.Value)
	}
}
