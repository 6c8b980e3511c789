package tables

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

func TestPartitionKeysAreReadable(t *testing.T) {
	long := strings.Repeat("x", mostPartition+1)
	for name, want := range map[string]string{
		"production/incidents": "production:incidents", "a:b": "a=3Ab", "a=b": "a=3Db", "": "=", "Ä": "=C3=84", "a b": "a=20b",
		long: long[:mostPartition-64] + "==" + rowKey(long),
	} {
		if got := partitionKey(name); got != want {
			t.Errorf("%q is kept as %q, want %q", name, got, want)
		}
	}
}

var goodKey = regexp.MustCompile(`^[A-Za-z0-9._:=-]{1,266}$`)

func FuzzNoTwoPartitionsShareAKey(f *testing.F) {
	f.Add("a/b", "a:b")
	f.Add("", "=")
	f.Add(strings.Repeat("é", 200), strings.Repeat("é", 201))
	f.Fuzz(func(t *testing.T, a, b string) {
		if !goodKey.MatchString(partitionKey(a)) {
			t.Errorf("%q is kept as %q", a, partitionKey(a))
		}
		if (a == b) != (partitionKey(a) == partitionKey(b)) {
			t.Errorf("%q and %q are kept as %q and %q", a, b, partitionKey(a), partitionKey(b))
		}
	})
}

func FuzzARowSaysWhatItWasGiven(f *testing.F) {
	f.Add("production/incidents", "1-abc", []byte(`{"a":1}`), int64(1776414842417000000))
	f.Add("", "\xff\x00", bytes.Repeat([]byte{0}, valuePart+1), int64(0))
	f.Fuzz(func(t *testing.T, partition, row string, value []byte, due int64) {
		e := ledger.Entry{Key: ledger.Key{Partition: partition, Row: row}, Value: value}
		if due != 0 {
			e.Due = time.Unix(0, due).UTC().Truncate(ledger.Precision)
		}
		text, err := encode(e, "token")
		if err != nil {
			if e.Check() == nil {
				t.Fatal(err)
			}
			return
		}
		got, token, err := decode(text, time.Now())
		if err != nil || token != "token" || got.Key != e.Key || !bytes.Equal(got.Value, value) || !got.Due.Equal(e.Due) {
			t.Errorf("got %+v by %q, %v; want %+v", got, token, err, e)
		}
		for _, b := range text {
			if b >= 0x80 {
				t.Fatalf("not ASCII: %q", text)
			}
		}
	})
}

func FuzzAForeignRowIsRefusedOrRead(f *testing.F) {
	good, err := encode(entry("one"), "token")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"PartitionKey":"a","RowKey":"b","Timestamp":"yesterday"}`))
	f.Add([]byte(`{"PartitionKey":"a","RowKey":"b","Shape":1,"Partition":"\"","Row":"\"a\"","Due":"x","Due@odata.type":"Edm.DateTime"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, _, err := decode(text, time.Now()); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q", err)
		}
	})
}

// Another version of Busbell, or another program, wrote the row.
func TestARowThatIsNotOursIsRefusedAndNamed(t *testing.T) {
	for change, want := range map[string]string{
		"Shape": "shape 2, and this version of Busbell knows 1 only", "Row": "written by something else", "Partition": "written by something else",
	} {
		s := new(standIn)
		l := open(t, s, "busbell")
		e := insert(t, l, entry("one"))
		for _, row := range s.tables["busbell"] {
			row.properties[change] = map[string]any{"Shape": 2}[change]
		}
		_, err := l.Get(t.Context(), e.Key)
		listed := error(nil)
		for _, err := range l.List(t.Context(), "test/things") {
			listed = err
		}
		for _, err := range []error{err, listed} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
}

func TestARowFitsIntoTheService(t *testing.T) {
	longest := strings.Repeat("\x00", ledger.MaxName)
	text, err := encode(ledger.Entry{
		Key: ledger.Key{Partition: longest, Row: longest}, Value: make([]byte, ledger.MaxValue), Due: time.Now(),
	}, "token")
	if err != nil {
		t.Fatal(err)
	}
	var properties map[string]any
	if err := json.Unmarshal(text, &properties); err != nil {
		t.Fatal(err)
	}
	size := 0 // as the service counts: two bytes a letter, binaries as they are
	for name, value := range properties {
		s, _ := value.(string)
		units := len(s)
		if strings.HasPrefix(name, "Value") {
			size += units * 3 / 4
		} else {
			size += 2 * units
			if units > 32<<10 {
				t.Errorf("%s has %d letters", name, units)
			}
		}
		size += 2*len(name) + 8
	}
	if size > 1<<20 || len(properties) > 252 {
		t.Errorf("%d bytes in %d properties", size, len(properties))
	}
}
