package ledgertest

import (
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// readings are an entry as each way to read it shows it.
func readings(t *testing.T, l ledger.Ledger, key ledger.Key) map[string]ledger.Entry {
	t.Helper()
	all := map[string]ledger.Entry{"get": get(t, l, key)}
	for _, e := range list(t, l, key.Partition) {
		all["list"] = e
	}
	for e, err := range l.Due(t.Context(), key.Partition, now) {
		if err != nil {
			t.Fatal(err)
		}
		all["due"] = e
	}
	return all
}

func eachWriteMakesAnEntryYoung(t *testing.T, l ledger.Ledger) {
	e := entry("a", "one")
	e.Due = now
	e.Written, e.Age = now, time.Hour // a caller's own are not stored
	stored := insert(t, l, e)
	first := readings(t, l, e.Key)
	for how, was := range first {
		is := was
		for is.Age <= was.Age && t.Context().Err() == nil { // a store may tell the time in whole seconds
			is = readings(t, l, e.Key)[how]
		}
		if was.Written.IsZero() || !is.Written.Equal(was.Written) {
			t.Errorf("%s: written %s, then written %s", how, was.Written, is.Written)
		}
	}
	begun := time.Now()
	updated, err := l.Update(t.Context(), first["get"])
	if err != nil {
		t.Fatal(err)
	}
	for how, is := range readings(t, l, e.Key) {
		if !is.Written.After(first[how].Written) || is.Age < 0 || is.Age > time.Since(begun) {
			t.Errorf("%s: after an update written %s, %s old", how, is.Written, is.Age)
		}
	}
	for what, e := range map[string]ledger.Entry{"insert": stored, "update": updated} {
		if !e.Written.IsZero() || e.Age != 0 {
			t.Errorf("%s returns an entry that is written %s, %s old", what, e.Written, e.Age)
		}
	}
}
