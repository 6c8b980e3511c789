package errorqueue_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// spoil writes something else over the rows of a partition whose names begin
// so, and returns how many there are.
func (d *desk) spoil(t *testing.T, partition, row, value string) (n int) {
	t.Helper()
	for e, err := range d.ledger.List(t.Context(), partition) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(e.Key.Row, row) {
			continue
		}
		n++
		e.Value = []byte(value)
		if _, err := d.ledger.Update(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// What a row may hold that nobody can use.
var spoilt = map[string]string{
	"no JSON": "not JSON", "cut off": `{"v":1,"numb`, "packed and cut off": "\x1f\x8b\x08", "empty": "", "another type": `{"v":1,"fingerprint":7,"stage":7,"number":"x","id":7,"next":"x","parts":"x"}`,
	"of a newer Busbell": `{"v":9}`, "of an older one": `{"v":0,"fingerprint":7,"stage":7,"number":"x","id":7,"next":"x","parts":"x"}`,
}

// One row of any kind that cannot be used ends neither the pass nor the
// telling.
func TestARowThatCannotBeUsedEndsNoPass(t *testing.T) {
	for name, value := range spoilt {
		for _, at := range []struct{ partition, row string }{
			{"test/incidents", ""},
			{"test/places", "$last"},
			{"test/places", "$plan/"},
			{"test/places", "error"},
			{"test/notices", ""},
			{"test/channels", ""},
		} {
			t.Run(name+" in "+at.partition+" "+at.row, func(t *testing.T) {
				d := newDesk(t)
				d.Stretch = 1 // so that the place has a row
				d.queues["error"].fail(3, "OrderPlaced", "CardExpired")
				d.pass(t)
				if at.row == "$plan/" {
					insertRow(t, d, at.partition, at.row+"x/0")
				}
				if d.spoil(t, at.partition, at.row, value) == 0 {
					t.Fatal("there is no such row")
				}
				d.queues["shop.orders/$DeadLetterQueue"].fail(1, "CustomerMoved", "AddressUnknown")
				heard := d.pass(t)
				if !slices.Contains(heard, "announce: 1 failed CustomerMoved in shop.billing: AddressUnknown") {
					t.Errorf("heard %q", heard)
				}
				if name != "of an older one" && !d.keeps(t, at.partition, value) {
					t.Error("its bytes are lost")
				}
			})
		}
	}
}

// keeps reports whether the bytes of a spoilt row are in its partition, or were
// set aside.
func (d *desk) keeps(t *testing.T, partition, value string) bool {
	t.Helper()
	for _, bad := range d.setAside(t) {
		if bad.Partition == partition && string(bad.Value) == value {
			return true
		}
	}
	for e, err := range d.ledger.List(t.Context(), partition) {
		if err != nil {
			t.Fatal(err)
		}
		if string(e.Value) == value {
			return true
		}
	}
	return false
}

func (d *desk) setAside(t *testing.T) (all []ledger.BadRow) {
	t.Helper()
	for e, err := range d.ledger.List(t.Context(), "test/places") {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(e.Key.Row, ledger.SetAsidePrefix) {
			continue
		}
		row, err := ledger.BadRows(d.ledger, "test", nil).Read(t.Context(), e, nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row.Value)
	}
	return all
}

func insertRow(t *testing.T, d *desk, partition, row string) {
	t.Helper()
	if _, err := d.ledger.Insert(t.Context(), ledger.Entry{Key: ledger.Key{Partition: partition, Row: row}, Value: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
}

// A notice of the first life was said, so the next life must not begin with
// the same.
func TestFailuresBehindALostIncidentAreToldAgain(t *testing.T) {
	for name, value := range spoilt {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
			d.pass(t)
			d.spoil(t, "test/incidents", "", value)
			d.now = d.now.Add(24 * time.Hour)
			heard := d.pass(t)
			if !slices.Contains(heard, "announce: 2 failed OrderPlaced in shop.billing: CardExpired") {
				t.Errorf("heard %q", heard)
			}
		})
	}
}
