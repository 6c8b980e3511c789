package errorqueue_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/incident"
	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/triage"
)

// spoil writes something else over the rows of a partition whose names begin
// so, and returns how many there are.
func (d *driver) spoil(t *testing.T, partition, row, value string) (n int) {
	t.Helper()
	for e, err := range d.ledger.List(t.Context(), partition) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(e.Key.Row, row) {
			continue
		}
		n++
		e.Value = ofItsShape(value, e)
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

// ofItsShape is a spoilt value of shape 1 with the shape of a row.
func ofItsShape(value string, row ledger.Entry) []byte {
	if head, _, ok := bytes.Cut(row.Value, []byte(",")); ok && bytes.HasPrefix(head, []byte(`{"v":`)) {
		value = strings.Replace(value, `{"v":1`, string(head), 1)
	}
	return []byte(value)
}

// One row of any kind that cannot be used ends neither the pass nor the
// telling.
func TestARowThatCannotBeUsedEndsNoPass(t *testing.T) {
	for name, value := range spoilt {
		for _, at := range []struct{ partition, row string }{
			{"test/incidents", ""},
			{"test/places", "$last"},
			{"test/journal", ""},
			{"test/places", "error"},
			{"test/notices", ""},
			{"test/channels", ""},
		} {
			t.Run(name+" in "+at.partition+" "+at.row, func(t *testing.T) {
				d := newDriver(t)
				d.Batch = 1 // so that the place has a row
				d.queues["error"].fail(3, "OrderPlaced", "CardExpired")
				d.pass(t)
				if at.partition == "test/journal" {
					insertRow(t, d, at.partition, "x/0")
				}
				if d.spoil(t, at.partition, at.row, value) == 0 {
					t.Fatal("there is no such row")
				}
				d.queues["shop.orders/$DeadLetterQueue"].fail(1, "CustomerMoved", "AddressUnknown")
				heard := d.pass(t)
				if !slices.Contains(heard, "post: 1 failed CustomerMoved in shop.billing: AddressUnknown") {
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
func (d *driver) keeps(t *testing.T, partition, value string) bool {
	t.Helper()
	for _, bad := range d.setAside(t) {
		if bad.Partition == partition && bytes.Equal(bad.Value, ofItsShape(value, ledger.Entry{Value: bad.Value})) {
			return true
		}
	}
	for e, err := range d.ledger.List(t.Context(), partition) {
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(e.Value, ofItsShape(value, e)) {
			return true
		}
	}
	return false
}

func (d *driver) setAside(t *testing.T) (all []ledger.BadRow) {
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

// paged is what the pager heard, but for the end of alarms that hours without
// a pass may have left.
func (d *driver) paged() []string {
	return slices.DeleteFunc(d.pager.heard(), func(line string) bool { return strings.Contains(line, "the ledger can be read again") })
}

func insertRow(t *testing.T, d *driver, partition, row string) {
	t.Helper()
	if _, err := d.ledger.Insert(t.Context(), ledger.Entry{Key: ledger.Key{Partition: partition, Row: row}, Value: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
}

// A notice of the first life was said, so the next life must not begin with
// the same.
func TestFailuresOfALostIncidentAreReportedAgain(t *testing.T) {
	for name, value := range spoilt {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, triage.PageRule{When: "incident.count > 0", Priority: "P1"})
			d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
			d.pass(t)
			d.spoil(t, "test/incidents", "", value)
			d.now = d.now.Add(24 * time.Hour)
			d.pager.heard()
			heard := d.pass(t)
			for _, want := range []string{
				"post: 2 failed OrderPlaced in shop.billing: CardExpired",
				"update: No longer followed here: 2 failed OrderPlaced in shop.billing: CardExpired",
			} {
				if !slices.Contains(heard, want) {
					t.Errorf("heard %q, want %q", heard, want)
				}
			}
			wantHeard(t, d.paged(), "close: Over: its record was lost", "post P1: 2 failed OrderPlaced in shop.billing: CardExpired")
		})
	}
}

// What was to be said, and cannot be read any more, is said all the same: the
// incident knows what it was.
func TestWhatALostNoticeWouldHaveSaidIsSaid(t *testing.T) {
	for _, kinds := range []int{1, 12} { // of a page and an alert each, of a digest and a storm
		t.Run(fmt.Sprint(kinds), func(t *testing.T) {
			d := newDriver(t, triage.PageRule{When: "incident.count > 0", Priority: "P1"})
			for i := range kinds {
				d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+i), "Broken")
			}
			d.chat.fails, d.pager.fails = errors.New("no answer"), errors.New("no answer")
			d.pass(t)
			if d.spoil(t, "test/notices", "", "not JSON") == 0 {
				t.Fatal("there are no notices")
			}
			d.chat.fails, d.pager.fails = nil, nil
			d.pass(t)
			d.now = d.now.Add(time.Hour) // what was perhaps said is looked up
			heard := strings.Join(slices.Concat(d.pass(t), d.pass(t), d.pass(t)), "\n")
			raised := map[string]bool{}
			for _, n := range d.pager.said {
				raised[n.Alias] = n.Act == notify.Post
			}
			paged := d.paged()
			if want := map[int]string{1: "post: 1 failed EventA", 12: "post: 12 failures of 12 kinds"}[kinds]; !strings.Contains(heard, want) {
				t.Errorf("heard %s", heard)
			}
			if len(paged) != min(kinds, 6) {
				t.Errorf("paged %q", paged)
			}
			all, err := d.Incidents.All(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range all { // else nobody closes the alert
				if k.Priority != "" && !raised[k.Alerts[0].Alias] {
					t.Errorf("%s has the alert %s, which is not raised", k.Fingerprint, k.Alerts[0].Alias)
				}
			}
			wantHeard(t, d.pass(t))
			wantHeard(t, d.paged())
		})
	}
}

// loseEntry makes a pass that is killed at its first notice, and spoils the journal
// entry that it leaves.
func (d *driver) loseEntry(t *testing.T) {
	t.Helper()
	down := errors.New("killed here")
	d.ledger.before = func(e ledger.Entry) error {
		if e.Key.Partition == "test/notices" {
			return down
		}
		return nil
	}
	d.now = d.now.Add(2 * time.Minute)
	if _, err := d.Run(t.Context()); !errors.Is(err, down) {
		t.Fatal(err)
	}
	d.ledger.before = nil
	if d.spoil(t, "test/journal", "", "not JSON") == 0 {
		t.Fatal("there is no plan")
	}
}

// A plan of which a part is lost may have been carried out in part: incidents
// are saved, and what they say is not.
func TestWhatALostPlanWouldHaveSaidIsSaid(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.loseEntry(t)
	if heard := d.pass(t); !slices.Contains(heard, "post: 1 failed OrderPlaced in shop.billing: CardExpired") {
		t.Errorf("heard %q", heard)
	}
	for range 3 {
		for _, line := range d.pass(t) {
			if !strings.Contains(line, "Rows of the ledger") {
				t.Errorf("heard %q", line)
			}
		}
	}
	if n := d.spoil(t, "test/journal", "", "not JSON"); n > 0 {
		t.Errorf("%d parts of the plan are left", n)
	}
}

// Bad rows are a problem of their own: told once, however often they are met,
// and over when what was kept of them is deleted.
func TestUnusableRowsAreReportedOnce(t *testing.T) {
	for _, at := range []struct{ partition, row string }{
		{"test/incidents", ""},
		{"test/places", "$last"},
		{"test/places", "error"},
		{"test/channels", ""},
	} {
		t.Run(at.partition+" "+at.row, func(t *testing.T) {
			d := newDriver(t)
			d.RemindAfter = time.Hour
			d.Batch = 1
			d.queues["error"].fail(3, "OrderPlaced", "CardExpired")
			d.pass(t)
			if d.spoil(t, at.partition, at.row, "not JSON") != 1 {
				t.Fatal("there is no such row")
			}
			told := 0
			for range 60 {
				d.queues["error"].fail(1, fmt.Sprintf("Event%c", 'A'+told), "Broken") // there is something to say, so that all is read
				for _, line := range d.pass(t) {
					if strings.HasSuffix(line, ": Rows of the ledger could not be used: "+at.partition) {
						told++
					}
				}
			}
			if bad := d.setAside(t); told != 1 || len(bad) != 1 || string(bad[0].Value) != "not JSON" {
				t.Errorf("told %d times, set aside %+v", told, bad)
			}
			for e, err := range d.ledger.List(t.Context(), "test/places") {
				if err == nil && strings.HasPrefix(e.Key.Row, ledger.SetAsidePrefix) {
					err = d.ledger.Delete(t.Context(), e)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if heard := strings.Join(d.pass(t), "\n"); !strings.Contains(heard, "Resolved: what was kept of rows that could not be used is deleted: "+at.partition) {
				t.Errorf("heard %s", heard)
			}
		})
	}
}

func TestTheReportOfABadRowSaysWhereItIs(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.pass(t)
	d.spoil(t, "test/incidents", "", "not JSON")
	fingerprint := ""
	d.now = d.now.Add(2 * time.Minute)
	for range 2 {
		if why := d.why(t); why != "" {
			fingerprint += why
		}
	}
	bad := d.setAside(t)
	if len(bad) != 1 || !strings.Contains(fingerprint, bad[0].Row+" (decode: invalid character") || !strings.Contains(fingerprint, "kept as $bad/") {
		t.Errorf("says %q of %+v", fingerprint, bad)
	}
}

// The row of the report may be spoilt itself.
func TestTheReportOfABadRowDependsOnNone(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(1, "OrderPlaced", "CardExpired")
	d.pass(t)
	d.spoil(t, "test/incidents", "", "not JSON")
	d.pass(t)
	d.pass(t)
	if d.spoil(t, "test/incidents", "bad-row", "no JSON either") != 1 || d.spoil(t, "test/places", ledger.SetAsidePrefix, "nor this") == 0 {
		t.Fatal("there is no report")
	}
	heard := strings.Join(append(d.pass(t), d.pass(t)...), "\n")
	for _, partition := range []string{"test/incidents", "test/places"} {
		if !strings.Contains(heard, "post: Rows of the ledger could not be used: "+partition) {
			t.Errorf("heard %s", heard)
		}
	}
	wantHeard(t, d.pass(t))
}

// What goes to a page waits until its row is restored: the page may be lost
// in the very pass in which its incident ends. It is looked for, and not posted
// again.
func TestAPageThatIsLostTakesNoLineWithIt(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
	d.pass(t)
	d.spoil(t, "test/notices", "incident/", "not JSON")
	d.queues["error"].messages = nil
	heard := strings.Join(slices.Concat(d.pass(t), d.pass(t), d.pass(t), d.pass(t)), "\n")
	for _, want := range []string{"update: Resolved: 2 failed OrderPlaced", "reply: Resolved after"} {
		if !strings.Contains(heard, want) {
			t.Errorf("heard %s, want %s", heard, want)
		}
	}
	if strings.Contains(heard, "failed OrderPlaced") && strings.Contains(heard, "post: Resolved") {
		t.Errorf("posted again: %s", heard)
	}
}

// Whichever of the rows is lost that say that an incident is over, its page
// says so and its alert is closed.
func TestWhatIsOverShowsSoWhicheverRowIsLost(t *testing.T) {
	rows := 1
	for n := 0; n < rows; n++ {
		d := newDriver(t, triage.PageRule{When: "incident.count > 0", Priority: "P1"})
		d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
		d.pass(t)
		d.queues["error"].messages = nil
		d.chat.fails, d.pager.fails = errors.New("no answer"), errors.New("no answer")
		d.pass(t)
		d.pager.heard()
		var names []string
		for e, err := range d.ledger.List(t.Context(), "test/notices") {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, e.Key.Row)
		}
		slices.Sort(names)
		rows = len(names)
		d.spoilRow(t, "test/notices", names[n])
		d.wantOver(t, names[n])
	}
	if rows != 5 { // the page, its update and its line; the alert and its end
		t.Errorf("there are %d rows", rows)
	}
}

// The row of a page may be lost after its incident has begun its next
// generation, which has another page.
func TestALostPageOfAnEarlierGenerationShowsThatItIsOver(t *testing.T) {
	d := newDriver(t)
	d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
	d.pass(t)
	messages := d.queues["error"].messages
	d.queues["error"].messages = nil
	d.chat.fails = errors.New("no answer")
	d.pass(t)
	d.queues["error"].messages = messages
	d.pass(t)
	page := incident.Incident{Fingerprint: d.only(t).Fingerprint, Generation: 1}
	d.spoilRow(t, "test/notices", page.PageKey(d.Chat))
	d.chat.fails = nil
	var heard []string
	for range 6 {
		d.now = d.now.Add(time.Minute)
		heard = append(heard, d.pass(t)...)
	}
	if !slices.Contains(heard, "update: Resolved: 2 failed OrderPlaced in shop.billing: CardExpired") {
		t.Errorf("heard %q", heard)
	}
}

// A plan of which a part is lost may have saved that an incident is over.
func TestWhatIsOverShowsSoThoughThePlanIsLost(t *testing.T) {
	d := newDriver(t, triage.PageRule{When: "incident.count > 0", Priority: "P1"})
	d.queues["error"].fail(2, "OrderPlaced", "CardExpired")
	d.pass(t)
	d.pager.heard()
	d.queues["error"].messages = nil
	d.loseEntry(t)
	d.wantOver(t, "the plan")
}

// wantOver makes passes and checks that the one page and the one alert say that
// they are over.
func (d *driver) wantOver(t *testing.T, lost string) {
	t.Helper()
	d.chat.fails, d.pager.fails = nil, nil
	var heard []string
	for range 6 {
		d.now = d.now.Add(10 * time.Minute) // what was perhaps said is looked up
		heard = append(heard, d.pass(t)...)
	}
	if !slices.Contains(heard, "update: Resolved: 2 failed OrderPlaced in shop.billing: CardExpired") {
		t.Errorf("without %s: heard %q", lost, heard)
	}
	if paged := strings.Join(d.paged(), "\n"); !strings.Contains(paged, "close: ") || strings.Contains(paged, "post") {
		t.Errorf("without %s: paged %q", lost, paged)
	}
}

// spoilRow makes one row unusable.
func (d *driver) spoilRow(t *testing.T, partition, row string) {
	t.Helper()
	e, err := d.ledger.Get(t.Context(), ledger.Key{Partition: partition, Row: row})
	if err == nil {
		e.Value = []byte("not JSON")
		_, err = d.ledger.Update(t.Context(), e)
	}
	if err != nil {
		t.Fatal(err)
	}
}
