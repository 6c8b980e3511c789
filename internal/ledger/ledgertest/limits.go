package ledgertest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

func dueIsKeptToItsPrecision(t *testing.T, l ledger.Ledger) {
	fine := time.Date(2026, 4, 17, 8, 34, 2, 123456789, time.UTC)
	for row, due := range map[string]time.Time{
		"fine":  fine,
		"first": time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC), "last": time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
	} {
		e := entry(row, "")
		e.Due = due
		stored, got := insert(t, l, e), get(t, l, e.Key)
		if want := due.Truncate(ledger.Precision); !stored.Due.Equal(want) || !got.Due.Equal(want) {
			t.Errorf("due %s, then %s, want %s", stored.Due, got.Due, want)
		}
	}
	// What was due before its last digits were cut off is due.
	wantDue(t, l, fine, "first", "fine")
}

func aValueMayBeEmptyAndLong(t *testing.T, l ledger.Ledger) {
	long := bytes.Repeat([]byte{0, 1, 2, 0xff, '"', '\\', '\n', 0x80}, ledger.MaxValue/8)
	for row, value := range map[string][]byte{
		"nil": nil, "empty": {}, "zero": {0}, "no text": {0xff, 0xfe, 0, 0xc3}, "long": long, "almost": long[:ledger.MaxValue-1],
	} {
		e := insert(t, l, ledger.Entry{Key: ledger.Key{Partition: things, Row: row}, Value: value})
		if got := get(t, l, e.Key); !bytes.Equal(got.Value, value) {
			t.Errorf("%s: got %d bytes, want %d", row, len(got.Value), len(value))
		}
		e.Value = bytes.Repeat([]byte("x"), len(value)/2) // shorter than before
		if _, err := l.Update(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		wantValue(t, l, e.Key, string(e.Value))
	}
}

func whatIsTooMuchIsRefused(t *testing.T, l ledger.Ledger) {
	name := strings.Repeat("\x00", ledger.MaxName) // the longest when escaped
	most := insert(t, l, ledger.Entry{Key: ledger.Key{Partition: name, Row: name}, Value: make([]byte, ledger.MaxValue)})
	wantValue(t, l, most.Key, string(most.Value))
	for what, change := range map[string]func(*ledger.Entry){
		"a long value":     func(e *ledger.Entry) { e.Value = make([]byte, ledger.MaxValue+1) },
		"a long partition": func(e *ledger.Entry) { e.Key.Partition += "x" },
		"a long row":       func(e *ledger.Entry) { e.Key.Row += "x" },
		"an early due":     func(e *ledger.Entry) { e.Due = time.Date(1600, 12, 31, 23, 59, 59, 0, time.UTC) },
		"a late due":       func(e *ledger.Entry) { e.Due = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		e := most
		change(&e)
		if _, err := l.Insert(t.Context(), e); err == nil || isAny(err, []error{ledger.ErrExists}) {
			t.Errorf("insert with %s: %v", what, err)
		}
		if _, err := l.Update(t.Context(), e); err == nil || isAny(err, []error{ledger.ErrNotFound, ledger.ErrChanged}) {
			t.Errorf("update with %s: %v", what, err)
		}
	}
	wantValue(t, l, most.Key, string(most.Value))
}

// names are all different, and each is something that some store trips over.
var names = []string{
	"", " ", "a", "A", "a ", " a", "a/", "a/b", "a:b", "a=b", "a=2Fb", "a%2Fb", "a%252Fb", "a\\b", "a#b", "a?b", "a+b", "a b", "a'b", "a''b",
	`a"b`, "a\tb", "a\nb", "a\r\nb", "a\x00b", "a\x7fb", "a\u0085b", "é", "e\u0301", "ſ", "s", "İ", "i", "\xff", "\xc3", "\ufffd", "\ufffe", "😀", "\U0010ffff",
	"*", "$batch", "..", ".", "null", "=", "==", "()", "' or '1' eq '1", strings.Repeat("a", 300), strings.Repeat("a", 301), strings.Repeat("/", 1024),
	strings.Repeat("é", ledger.MaxName/2),
}

func keysMayHoldAnyText(t *testing.T, l ledger.Ledger) {
	for _, row := range names {
		insert(t, l, entry(row, "value of "+row))
	}
	for _, row := range names {
		wantValue(t, l, entry(row, "").Key, "value of "+row)
	}
	if all := list(t, l, things); len(all) != len(names) {
		t.Errorf("%d rows, want %d", len(all), len(names))
	}
}

func partitionsThatLookAlikeStayApart(t *testing.T, l ledger.Ledger) {
	for _, name := range names {
		insert(t, l, ledger.Entry{Key: ledger.Key{Partition: name, Row: "a"}, Value: []byte(name), Due: now})
	}
	for _, name := range names {
		wantValue(t, l, ledger.Key{Partition: name, Row: "a"}, name)
		all := list(t, l, name)
		if len(all) != 1 || string(all[0].Value) != name || all[0].Key.Partition != name {
			t.Errorf("the partition %.60q holds %d entries: %.120v", name, len(all), all)
		}
		for e, err := range l.Due(t.Context(), name, now) {
			if err != nil || e.Key.Partition != name {
				t.Errorf("due in %.60q is %.60q, %v", name, e.Key, err)
			}
		}
	}
}
