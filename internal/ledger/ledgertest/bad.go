package ledgertest

import (
	"errors"
	"testing"

	"github.com/busbell/busbell/internal/ledger"
)

// RunBad checks what a ledger makes of a row that is no entry of ours, which
// spoil makes of one that is. Other rows are given all the same; what is known
// of the bad one is enough to write over it.
func RunBad(t *testing.T, l ledger.Ledger, spoil func(ledger.Key)) {
	for _, row := range []string{"a", "bad", "z"} {
		e := entry(row, "value of "+row)
		e.Due = now
		insert(t, l, e)
	}
	key := entry("bad", "").Key
	spoil(key)
	bad, err := l.Get(t.Context(), key)
	if !errors.Is(err, ledger.ErrBad) || bad.Key != key || bad.Version == "" || len(bad.Value) == 0 {
		t.Fatalf("get: %+v, %v", bad, err)
	}
	for how, rows := range map[string]func(func(ledger.Entry, error) bool){"list": l.List(t.Context(), things), "due": l.Due(t.Context(), things, now)} {
		good, broken := 0, 0
		for e, err := range rows {
			switch {
			case err == nil && string(e.Value) == "value of "+e.Key.Row:
				good++
			case errors.Is(err, ledger.ErrBad) && e.Key.Partition == things && e.Key.Row != "" && len(e.Value) > 0:
				broken++
			default:
				t.Errorf("%s: %+v, %v", how, e, err)
			}
		}
		if good != 2 || broken != 1 {
			t.Errorf("%s: %d good and %d bad, want 2 and 1", how, good, broken)
		}
	}
	_, err = l.Insert(t.Context(), entry("bad", "anew"))
	wantErr(t, "insert over it", err, ledger.ErrExists)
	bad.Value = []byte("anew")
	if _, err := l.Update(t.Context(), bad); err != nil {
		t.Fatal(err)
	}
	wantValue(t, l, key, "anew")
}
