package ledger_test

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"log/slog"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

type order struct {
	Name  string `json:"name,omitempty"`
	Count int    `json:"count,omitempty"`
}

func orders(l ledger.Ledger) ledger.Table[order] {
	return ledger.Table[order]{Ledger: l, Environment: "test", Name: "orders", Shape: 2}
}

// put writes an entry as it stands, over whatever is there.
func put(t *testing.T, l ledger.Ledger, row, value string) {
	t.Helper()
	e := ledger.Entry{Key: ledger.Key{Partition: "test/orders", Row: row}, Value: []byte(value), Due: time.Unix(1, 0)}
	if _, err := l.Insert(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func collect[T any](t *testing.T, rows iter.Seq2[ledger.Row[T], error]) map[string]ledger.Row[T] {
	t.Helper()
	all := map[string]ledger.Row[T]{}
	for r, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		all[r.Key] = r
	}
	return all
}

// setAside are the rows that were set aside, as "row: bytes".
func setAside(t *testing.T, l ledger.Ledger) []string {
	t.Helper()
	var all []string
	for _, r := range collect(t, ledger.BadRows(l, "test", nil).List(t.Context())) {
		if strings.HasPrefix(r.Key, ledger.SetAsidePrefix) {
			all = append(all, r.Value.Row+": "+string(r.Value.Value))
		}
	}
	slices.Sort(all)
	return all
}

func TestARowIsReadAsItWasSaved(t *testing.T) {
	table := orders(new(ledger.Memory))
	for _, want := range []order{{}, {Name: "tea", Count: 3}, {Name: strings.Repeat("long", 100_000)}} {
		saved, err := table.Save(t.Context(), ledger.Row[order]{Ref: ledger.Ref{Key: "a" + want.Name[:min(3, len(want.Name))]}, Value: want})
		if err != nil {
			t.Fatal(err)
		}
		got, err := table.Get(t.Context(), saved.Key)
		if err != nil || got.Value != want || got.Version != saved.Version {
			t.Errorf("%+.80v, %v; want %+.80v", got, err, want)
		}
		if changed, err := table.Changed(got); changed || err != nil {
			t.Errorf("it counts as changed: %v", err)
		}
	}
}

func TestAValueThatNoRowTakesIsKnownForIt(t *testing.T) {
	name := make([]byte, ledger.MaxValue) // random, so that packing does not help
	for i := range name {
		name[i] = ' ' + byte(mathrand.IntN(90))
	}
	if _, err := orders(new(ledger.Memory)).Save(t.Context(), ledger.Row[order]{Value: order{Name: strings.Repeat(string(name), 2)}}); !errors.Is(err, ledger.ErrUnwritable) {
		t.Errorf("one that is too large: %v", err)
	}
	never := ledger.Table[struct{ At time.Time }]{Ledger: new(ledger.Memory), Name: "orders"}
	row := ledger.Row[struct{ At time.Time }]{Value: struct{ At time.Time }{time.UnixMilli(1e15)}}
	if _, err := never.Save(t.Context(), row); !errors.Is(err, ledger.ErrUnwritable) {
		t.Errorf("one without a form: %v", err)
	}
	if _, err := never.Changed(row); !errors.Is(err, ledger.ErrUnwritable) {
		t.Errorf("asked whether it changed: %v", err)
	}
}

func TestOfTwoWhoSaveOneVersionOneWins(t *testing.T) {
	table := orders(new(ledger.Memory))
	row, err := table.Save(t.Context(), ledger.Row[order]{Ref: ledger.Ref{Key: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Save(t.Context(), ledger.Row[order]{Ref: ledger.Ref{Key: "a"}}); !errors.Is(err, ledger.ErrExists) {
		t.Errorf("a second insert: %v", err)
	}
	if _, err := table.Save(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Save(t.Context(), row); !errors.Is(err, ledger.ErrChanged) {
		t.Errorf("a stale update: %v", err)
	}
	if err := table.Delete(t.Context(), row.Ref); err != nil {
		t.Errorf("a stale delete: %v", err)
	}
}

// Whatever cannot be used is kept elsewhere, once, and its row begins anew.
// forgetful makes every write, and says of it that nobody knows.
type forgetful struct{ ledger.Ledger }

var errNoAnswer = errors.New("no answer")

func (l forgetful) Insert(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	if _, err := l.Ledger.Insert(ctx, e); err != nil {
		return e, err
	}
	return ledger.Entry{}, errNoAnswer
}

func (l forgetful) Update(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	if _, err := l.Ledger.Update(ctx, e); err != nil {
		return e, err
	}
	return ledger.Entry{}, errNoAnswer
}

func TestAWriteWhoseAnswerWasLostHasSucceeded(t *testing.T) {
	table := orders(forgetful{new(ledger.Memory)})
	r := ledger.Row[order]{Ref: ledger.Ref{Key: "a"}, Value: order{Name: "tea"}}
	for n := range 3 { // an insert, and updates of what it returned
		r.Value.Count = n
		var err error
		if r, err = table.Save(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if got, err := table.Get(t.Context(), "a"); err != nil || got.Value.Count != n || got.Version != r.Version {
			t.Errorf("got %+v, %v; saved %+v", got, err, r)
		}
	}
	r.Version = ""
	if _, err := table.Save(t.Context(), r); !ledger.Conflict(err) {
		t.Errorf("a second insert: %v, want a conflict", err)
	}
}

func TestAWriteThatTwoProcessesMakeIsMadeOnce(t *testing.T) {
	table := orders(new(ledger.Memory))
	before, err := table.Save(t.Context(), ledger.Row[order]{Ref: ledger.Ref{Key: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	decided := before
	decided.Value.Name = "tea"
	first, err := table.SaveAs(t.Context(), decided, "decision 1")
	if err != nil {
		t.Fatal(err)
	}
	second, err := table.SaveAs(t.Context(), decided, "decision 1")
	if err != nil || second.Version != first.Version {
		t.Errorf("made again: version %s, %v; want %s, as it was made", second.Version, err, first.Version)
	}
	if _, err := table.SaveAs(t.Context(), decided, "decision 2"); !ledger.Conflict(err) {
		t.Errorf("another decision about what is no longer there: %v, want a conflict", err)
	}
	if _, err := table.Save(t.Context(), second); err != nil {
		t.Error(err)
	}
	if _, err := table.SaveAs(t.Context(), decided, "decision 1"); !ledger.Conflict(err) {
		t.Errorf("made again after somebody changed it: %v, want a conflict", err)
	}
}

func TestARowThatCannotBeUsedIsSetAside(t *testing.T) {
	for name, value := range map[string]string{
		"no JSON": "not JSON", "a list": "[]", "cut off": `{"v":2,"na`, "another type": `{"v":2,"name":7}`, "packed": "\x1f\x8b\x08", "empty": "", "newer": `{"v":3,"name":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			l := new(ledger.Memory)
			table := orders(l)
			put(t, l, "a", value)
			put(t, l, "b", `{"v":2,"name":"tea"}`)
			for range 3 {
				for _, rows := range []map[string]ledger.Row[order]{collect(t, table.List(t.Context())), collect(t, table.Due(t.Context(), time.Now()))} {
					if a := rows["a"]; len(rows) != 2 || rows["b"].Value.Name != "tea" || a.Value != (order{}) || a.Version == "" || !a.Due.Equal(time.Unix(1, 0)) {
						t.Errorf("%+v", rows)
					}
				}
			}
			if got := setAside(t, l); !slices.Equal(got, []string{"a: " + value}) {
				t.Errorf("set aside: %q", got)
			}
			row, err := table.Get(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			row.Value.Name = "coffee"
			if _, err := table.Save(t.Context(), row); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestARowOfAnOlderShapeIsAbsentAndLoggedOnce(t *testing.T) {
	l := new(ledger.Memory)
	table := orders(l)
	table.Name = rand.Text() // it is logged once in the life of a process
	var log strings.Builder
	table.Log = slog.New(slog.NewTextHandler(&log, nil))
	for _, row := range []string{"a", "b"} {
		e := ledger.Entry{Key: ledger.Key{Partition: table.Partition(), Row: row}, Value: []byte(`{"v":1,"name":7}`)}
		if _, err := l.Insert(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	rows := collect(t, table.List(t.Context()))
	if len(rows) != 2 || rows["a"].Value != (order{}) || rows["a"].Version == "" || len(setAside(t, l)) != 0 {
		t.Errorf("%+v, set aside: %q", rows, setAside(t, l))
	}
	if n := strings.Count(log.String(), "older shape"); n == 0 || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("logged %s", log.String())
	}
}

// badStore is a ledger of which one row is none.
type badStore struct {
	ledger.Ledger
	bad ledger.Entry
}

func (l *badStore) List(ctx context.Context, partition string) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		if yield(l.bad, ledger.ErrBad) {
			l.Ledger.List(ctx, partition)(yield)
		}
	}
}

func TestARowWithoutANameIsKeptAndSkipped(t *testing.T) {
	l := &badStore{Ledger: new(ledger.Memory), bad: ledger.Entry{Key: ledger.Key{Partition: "test/orders", Row: "?"}, Value: []byte("what the store holds")}}
	put(t, l, "b", `{"v":2,"name":"tea"}`)
	for range 2 {
		if rows := collect(t, orders(l).List(t.Context())); len(rows) != 1 {
			t.Errorf("%+v", rows)
		}
	}
	found := orders(l).Examine(t.Context())
	if found.Rows != 2 || len(found.Bad) != 1 || found.Bad[0].Row != "?" || found.Err != nil {
		t.Errorf("%+v", found)
	}
}

// What cannot be kept elsewhere is not written over.
func TestARowStaysWhereItIsUntilItIsKept(t *testing.T) {
	l := new(ledger.Memory)
	put(t, l, "a", "not JSON")
	if _, err := orders(ledger.ReadOnly{Ledger: l}).Get(t.Context(), "a"); !errors.Is(err, ledger.ErrBad) {
		t.Errorf("error is %v", err)
	}
	if rows := collect(t, orders(ledger.ReadOnly{Ledger: l}).List(t.Context())); len(rows) != 0 {
		t.Errorf("listed %+v", rows)
	}
	if e, err := l.Get(t.Context(), ledger.Key{Partition: "test/orders", Row: "a"}); string(e.Value) != "not JSON" || err != nil {
		t.Errorf("it holds %q, %v", e.Value, err)
	}
}
