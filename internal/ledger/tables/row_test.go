package tables

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
)

func TestPartitionKeysAreReadable(t *testing.T) {
	long := strings.Repeat("x", maxPartition+1)
	for name, want := range map[string]string{
		"production/incidents": "production:incidents", "a:b": "a=3Ab", "a=b": "a=3Db", "": "=", "Ä": "=C3=84", "a b": "a=20b",
		long: long[:maxPartition-64] + "==" + rowKey(long),
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
		e := ledger.Entry{Key: ledger.Key{Partition: partition, Row: row}, Value: value, WriteID: "a write"}
		if due != 0 {
			e.Due = time.Unix(0, due).UTC().Truncate(ledger.Precision)
		}
		text, err := encode(e)
		if err != nil {
			if e.Check() == nil {
				t.Fatal(err)
			}
			return
		}
		got, err := decode(text, time.Now())
		if err != nil || got.WriteID != e.WriteID || got.Key != e.Key || !bytes.Equal(got.Value, value) || !got.Due.Equal(e.Due) {
			t.Errorf("got %+v, %v; want %+v", got, err, e)
		}
		for _, b := range text {
			if b >= 0x80 {
				t.Fatalf("not ASCII: %q", text)
			}
		}
	})
}

func FuzzAForeignRowIsRefusedOrRead(f *testing.F) {
	good, err := encode(entry("one"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"PartitionKey":"a","RowKey":"b","Timestamp":"yesterday"}`))
	f.Add([]byte(`{"PartitionKey":"a","RowKey":"b","Shape":1,"Partition":"\"","Row":"\"a\"","Due":"x","Due@odata.type":"Edm.DateTime"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := decode(text, time.Now()); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q", err)
		}
	})
}

// Another version of Busbell, or another program, wrote the row.
func TestARowThatIsNotOursHidesNoOther(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes map[string]any // nil takes the property away
	}{
		{"another shape", map[string]any{"Shape": 2}},
		{"a shape of another type", map[string]any{"Shape": "1"}},
		{"no shape", map[string]any{"Shape": nil}},
		{"no name", map[string]any{"Row": nil}},
		{"another row's name", map[string]any{"Row": `"other"`}},
		{"a name that is not quoted", map[string]any{"Row": "x"}},
		{"no partition", map[string]any{"Partition": nil}},
		{"a value that is no binary", map[string]any{"Value0@odata.type": nil}},
		{"a value that is no base64", map[string]any{"Value0": "?"}},
		{"a value of another type", map[string]any{"Value0": 7, "Value0@odata.type": nil}},
		{"a value with a gap", map[string]any{"Value0": nil, "Value0@odata.type": nil, "Value1": "eA==", "Value1@odata.type": "Edm.Binary"}},
		{"properties of another program", map[string]any{"Value": "x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := new(standIn)
			ledgertest.RunBad(t, open(t, s, "busbell"), func(key ledger.Key) {
				properties := s.tables["busbell"][partitionKey(key.Partition)+" "+rowKey(key.Row)].properties
				for name, value := range tt.changes {
					if properties[name] = value; value == nil {
						delete(properties, name)
					}
				}
			})
		})
	}
}

func TestWhatTheServiceCannotGiveIsSetAsideOnce(t *testing.T) {
	s := new(standIn)
	l := open(t, s, "busbell")
	type thing struct{ Name string }
	things := ledger.Table[thing]{Ledger: l, Environment: "test", Name: "things", Shape: 1}
	for _, name := range []string{"a", "bad", "nameless"} {
		if _, err := things.Save(t.Context(), ledger.Row[thing]{Ref: ledger.Ref{Key: name}, Value: thing{name}}); err != nil {
			t.Fatal(err)
		}
	}
	property := func(row string) map[string]any {
		return s.tables["busbell"][partitionKey("test/things")+" "+rowKey(row)].properties
	}
	property("bad")["Shape"], property("nameless")["Row"] = 2, nil
	for range 3 {
		seen := map[string]thing{}
		for r, err := range things.List(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			seen[r.Key] = r.Value
		}
		if want := map[string]thing{"a": {"a"}, "bad": {}}; !maps.Equal(seen, want) {
			t.Errorf("listed %v, want %v", seen, want)
		}
	}
	kept := map[string]bool{}
	for r, err := range ledger.BadRows(l, "test", nil).List(t.Context()) {
		if err != nil || r.Value.Stays == bytes.Contains(r.Value.Value, []byte("PartitionKey")) {
			t.Fatalf("%+v, %v", r, err)
		}
		kept[r.Value.Row] = true
	}
	if len(kept) != 2 || !kept["bad"] || !kept[rowKey("nameless")] {
		t.Errorf("set aside: %v", kept)
	}
	if r, err := things.Get(t.Context(), "nameless"); err != nil || r.Version == "" { // who asks by name gives it the name back
		t.Errorf("%+v, %v", r, err)
	}
}

func TestARowFitsIntoTheService(t *testing.T) {
	longest := strings.Repeat("\x00", ledger.MaxName)
	text, err := encode(ledger.Entry{
		Key: ledger.Key{Partition: longest, Row: longest}, Value: make([]byte, ledger.MaxValue), Due: time.Now(),
	})
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
