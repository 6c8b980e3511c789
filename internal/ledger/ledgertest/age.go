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
	time.Sleep(1100 * time.Millisecond) // a store may tell the time in whole seconds
	second := readings(t, l, e.Key)
	for how, was := range first {
		is := second[how]
		if was.Written.IsZero() || !is.Written.Equal(was.Written) || is.Age <= was.Age {
			t.Errorf("%s: written %s, %s old, then written %s, %s old", how, was.Written, was.Age, is.Written, is.Age)
		}
	}
	begun := time.Now()
	updated, err := l.Update(t.Context(), second["get"])
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
