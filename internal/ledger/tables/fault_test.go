package tables

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
)

// An operation is one of a ledger's, and what is true when it has worked on
// an entry whose value is "one".
type operation struct {
	name   string
	writes bool
	do     func(context.Context, *Ledger, ledger.Entry) error
	check  func(*testing.T, *Ledger)
}

var operations = []operation{
	{"get", false, func(ctx context.Context, l *Ledger, e ledger.Entry) error {
		got, err := l.Get(ctx, e.Key)
		return want(err, string(got.Value) == "one" && got.Version == e.Version, got)
	}, unchanged},
	{"list", false, func(ctx context.Context, l *Ledger, e ledger.Entry) error {
		n := 0
		for got, err := range l.List(ctx, e.Key.Partition) {
			if err := want(err, got.Version == e.Version, got); err != nil {
				return err
			}
			n++
		}
		return want(nil, n == 1, n)
	}, unchanged},
	{"due", false, func(ctx context.Context, l *Ledger, e ledger.Entry) error {
		n := 0
		for got, err := range l.Due(ctx, e.Key.Partition, e.Due) {
			if err := want(err, got.Version == e.Version, got); err != nil {
				return err
			}
			n++
		}
		return want(nil, n == 1, n)
	}, unchanged},
	{"insert", true, func(ctx context.Context, l *Ledger, _ ledger.Entry) error {
		e := entry("new")
		e.Key.Row = "b"
		stored, err := l.Insert(ctx, e)
		if err != nil {
			return err
		}
		stored.Value = []byte("two") // its version is the present one
		_, err = l.Update(ctx, stored)
		return err
	}, func(t *testing.T, l *Ledger) {
		unchanged(t, l)
		if e, err := l.Get(t.Context(), ledger.Key{Partition: "test/things", Row: "b"}); err != nil || string(e.Value) != "two" {
			t.Errorf("inserted %q, %v", e.Value, err)
		}
	}},
	{"update", true, func(ctx context.Context, l *Ledger, e ledger.Entry) error {
		e.Value = []byte("two")
		stored, err := l.Update(ctx, e)
		if err != nil {
			return err
		}
		return l.Delete(ctx, stored) // its version is the present one
	}, gone},
	{"delete", true, func(ctx context.Context, l *Ledger, e ledger.Entry) error { return l.Delete(ctx, e) }, gone},
}

func want(err error, ok bool, got any) error {
	if err == nil && !ok {
		return fmt.Errorf("got %+v", got)
	}
	return err
}

func unchanged(t *testing.T, l *Ledger) {
	t.Helper()
	wantEntry(t, l, "one")
}

func gone(t *testing.T, l *Ledger) {
	t.Helper()
	if e, err := l.Get(t.Context(), entry("").Key); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("still there: %q, %v", e.Value, err)
	}
}

// whileOne runs a test for each operation, on a ledger that holds one entry.
func whileOne(t *testing.T, service http.Handler, test func(*testing.T, operation, *wire, *Ledger, ledger.Entry)) {
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			w := &wire{service: service}
			l := open(t, w, newTable())
			e := entry("one")
			e.Due = time.Date(2026, 4, 17, 8, 34, 2, 0, time.UTC)
			test(t, op, w, l, insert(t, l, e))
		})
	}
}

func TestOneFaultOnTheWayChangesNothing(t *testing.T) {
	t.Parallel()
	for _, f := range passingFaults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, service http.Handler) {
				whileOne(t, service, func(t *testing.T, op operation, w *wire, l *Ledger, e ledger.Entry) {
					if f.silent {
						l.point.try, l.query.try = 300*time.Millisecond, 300*time.Millisecond
					}
					w.fail(f)
					if err := op.do(t.Context(), l, e); err != nil {
						t.Error(err)
					}
					if faults, _ := w.left(); faults != 0 {
						t.Error("the fault was not met")
					}
					op.check(t, l)
				})
			})
		})
	}
}

// When nothing helps, the error says that the outcome is unknown, which is
// not that somebody else was there.
func TestAFaultThatLastsIsTheCallersToKnow(t *testing.T) {
	t.Parallel()
	for _, f := range append(lastingFaults, passingFaults...) {
		if f.name == "HTML that says created" {
			continue // is met by inserts alone
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			whileOne(t, new(standIn), func(t *testing.T, op operation, w *wire, l *Ledger, e ledger.Entry) {
				p := pace{try: 50 * time.Millisecond, whole: 200 * time.Millisecond, tries: 3, pause: time.Millisecond}
				l.point, l.query = p, p
				w.fail(often(f, 20)...)
				err := op.do(t.Context(), l, e)
				if err == nil || errors.Is(err, ledger.ErrExists) || errors.Is(err, ledger.ErrChanged) || errors.Is(err, ledger.ErrNotFound) {
					t.Fatalf("%v", err)
				}
				wantClean(t, err, op)
				// net/http itself reads again where a kept connection has gone.
				if _, calls := w.left(); calls > 4 {
					t.Errorf("%d calls", calls)
				}
			})
		})
	}
}

// wantClean checks that an error is one line, says what could not be done and
// where, and holds nothing that opens the account.
func wantClean(t *testing.T, err error, op operation) {
	t.Helper()
	what := cmp.Or(map[string]string{"due": "list", "get": "read"}[op.name], op.name)
	said := err.Error()
	for _, part := range []string{what + ` "test/things" in table t`, "127.0.0.1:"} {
		if !strings.Contains(said, part) {
			t.Errorf("%q does not say %q", said, part)
		}
	}
	for _, secret := range []string{azuriteKey, "SharedKey", "sig=", "http://", "PartitionKey", "html", "?", "\n", rowKey("a")} {
		if strings.Contains(said, secret) {
			t.Errorf("%q holds %q", said, secret)
		}
	}
}

// Somebody else writes between the first try, which never arrived, and the
// second: that is a change by somebody else, and nobody's echo.
func TestSomebodyElsesWriteIsNotTakenForOnesOwn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, service http.Handler) {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprintf("first try accepted: %t", lost), func(t *testing.T) {
				t.Parallel()
				name := newTable()
				w := &wire{service: service}
				mine, theirs := open(t, w, name), open(t, service, name)
				both := insert(t, theirs, entry("one"))

				between := fault{do: drop, first: func() {
					other := both
					other.Value = []byte("theirs")
					if _, err := theirs.Update(t.Context(), other); err != nil {
						t.Error(err)
					}
				}, after: lost}
				w.fail(between)
				both.Value = []byte("mine")
				if _, err := mine.Update(t.Context(), both); !errors.Is(err, ledger.ErrChanged) {
					t.Errorf("update: %v, want ErrChanged", err)
				}
				wantEntry(t, mine, "theirs")

				fresh := entry("mine")
				fresh.Key.Row = "b"
				between.first = func() {
					other := fresh
					other.Value = []byte("theirs")
					if _, err := theirs.Insert(t.Context(), other); err != nil {
						t.Error(err)
					}
				}
				w.fail(between)
				if _, err := mine.Insert(t.Context(), fresh); !errors.Is(err, ledger.ErrExists) {
					t.Errorf("insert: %v, want ErrExists", err)
				}
				if e, err := mine.Get(t.Context(), fresh.Key); err != nil || string(e.Value) != "theirs" {
					t.Errorf("holds %q, %v", e.Value, err)
				}
			})
		}
	})
}

// A write whose answer was lost, and the reading back of which goes wrong as
// well, is neither done nor refused.
func TestADoubtThatCannotBeSettledStaysOne(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, service http.Handler) {
		w := &wire{service: service}
		l := open(t, w, newTable())
		e := insert(t, l, entry("one"))
		isGet := func(r *http.Request) bool { return r.Method == http.MethodGet }
		w.fail(append([]fault{{after: true, do: drop}}, often(fault{do: status(503), only: isGet}, 4)...)...)
		e.Value = []byte("two")
		if _, err := l.Update(t.Context(), e); err == nil || errors.Is(err, ledger.ErrChanged) {
			t.Errorf("%v", err)
		}
		wantEntry(t, l, "two")
	})
}

func TestAPageIsReadAgainWithoutRepeatingRows(t *testing.T) {
	t.Parallel()
	w := &wire{service: new(standIn)}
	l := open(t, w, "busbell")
	const rows = 3*scanned + 1
	for i := range rows {
		e := entry("x")
		e.Key.Row = fmt.Sprint(i)
		insert(t, l, e)
	}
	second := func(r *http.Request) bool { return r.URL.Query().Has("NextRowKey") }
	w.fail(fault{do: drop, only: second}, fault{cut: halved, only: second}, fault{do: status(503), only: second})
	seen := map[string]bool{}
	for e, err := range l.List(t.Context(), "test/things") {
		if err != nil {
			t.Fatal(err)
		}
		if seen[e.Key.Row] {
			t.Errorf("%s came twice", e.Key.Row)
		}
		seen[e.Key.Row] = true
	}
	if faults, _ := w.left(); faults != 0 || len(seen) != rows {
		t.Errorf("%d rows, want %d; %d faults not met", len(seen), rows, faults)
	}
}
