package tables

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/ledger/ledgertest"
)

// inBubble runs a test in a bubble of time, on a ledger that reaches the wire
// without a socket and whose table is there.
func inBubble(t *testing.T, test func(*testing.T, *wire, *Ledger)) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{service: new(standIn)}
		l, err := Open(Config{Endpoint: "http://127.0.0.1:10002/devstoreaccount1", transport: ledgertest.Direct{Service: w}})
		if err != nil {
			t.Fatal(err)
		}
		insert(t, l, entry("one"))
		test(t, w, l)
	})
}

// took is how long a call took, to the tenth of a second, and its error.
func took(do func() error) (time.Duration, error) {
	begun := time.Now()
	err := do()
	return time.Since(begun).Round(100 * time.Millisecond), err
}

func TestNoCallIsWaitedForLongerThanPromised(t *testing.T) {
	for _, tt := range []struct {
		name     string
		fault    fault
		get      time.Duration // until a call for one row gives up
		list     time.Duration // until one for many does
		getCalls int
	}{
		{"no answer", fault{do: wait}, 7 * time.Second, 15 * time.Second, 3},
		{"cut", fault{do: drop}, 1100 * time.Millisecond, 1100 * time.Millisecond, 4},
		{"503", fault{do: status(503)}, 1100 * time.Millisecond, 1100 * time.Millisecond, 4},
		{"503, come back in two seconds", fault{do: status(503, "Retry-After", "2")}, 6 * time.Second, 6 * time.Second, 4},
		{"429, come back in five seconds", fault{do: status(429, "Retry-After", "5")}, 5 * time.Second, 10 * time.Second, 2},
		{"429, come back in an hour", fault{do: status(429, "Retry-After", "3600")}, 0, 0, 1},
		{"503, come back whenever", fault{do: status(503, "Retry-After", "-1")}, 1100 * time.Millisecond, 1100 * time.Millisecond, 4},
		{"403", fault{do: status(403)}, 0, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *wire, l *Ledger) {
				w.fail(often(tt.fault, 20)...)
				d, err := took(func() error { _, err := l.Get(t.Context(), entry("").Key); return err })
				if _, calls := w.left(); d != tt.get || err == nil || calls != tt.getCalls {
					t.Errorf("get gave up after %s and %d calls, want %s and %d: %v", d, calls, tt.get, tt.getCalls, err)
				}
				w.fail(often(tt.fault, 20)...)
				d, err = took(func() error {
					for _, err := range l.List(t.Context(), "test/things") {
						return err
					}
					return nil
				})
				if d != tt.list || err == nil {
					t.Errorf("list gave up after %s, want %s: %v", d, tt.list, err)
				}
			})
		})
	}
}

func TestAServiceThatAsksForPatienceGetsIt(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, l *Ledger) {
		w.fail(fault{do: status(503, "Retry-After", "4")})
		d, err := took(func() error { _, err := l.Get(t.Context(), entry("").Key); return err })
		if d != 4*time.Second || err != nil {
			t.Errorf("read after %s: %v", d, err)
		}
	})
}

func TestTheCallersDeadlineEndsEverything(t *testing.T) {
	for name, f := range map[string]fault{
		"no answer": {do: wait}, "cut": {do: drop}, "503 with patience": {do: status(503, "Retry-After", "3")},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *wire, l *Ledger) {
				for _, op := range operations {
					w.fail(often(f, 20)...)
					ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
					d, err := took(func() error { return op.do(ctx, l, entry("one")) })
					cancel()
					if d > 500*time.Millisecond || err == nil {
						t.Errorf("%s ended after %s: %v", op.name, d, err)
					}
					if name == "no answer" && !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%s: %v is not the deadline's", op.name, err)
					}
				}
			})
		})
	}
}

// The ledger's own patience is not the caller's deadline, for who meets that
// one stops everything.
func TestALedgersPatienceIsNotTheCallersDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, l *Ledger) {
		w.fail(often(fault{do: wait}, 20)...)
		_, err := l.Get(t.Context(), entry("").Key)
		if err == nil || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer in time") {
			t.Errorf("%v", err)
		}
	})
}

func TestASlowServiceIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := slow(2900*time.Millisecond, new(standIn))
		l, err := Open(Config{Endpoint: "http://127.0.0.1:10002/devstoreaccount1", transport: ledgertest.Direct{Service: service}})
		if err != nil {
			t.Fatal(err)
		}
		// The first call makes the table as well, within the same patience.
		if _, err := l.Insert(t.Context(), entry("one")); err == nil {
			t.Error("three slow calls within seven seconds")
		}
		e := insert(t, l, entry("one"))
		if err := l.Delete(t.Context(), e); err != nil {
			t.Error(err)
		}
	})
}

// A write that worked in its last try, too late to be answered, is unknown.
func TestAWriteThatWasAcceptedTooLateIsUnknown(t *testing.T) {
	inBubble(t, func(t *testing.T, w *wire, l *Ledger) {
		w.fail(often(fault{after: true, do: wait}, 20)...)
		e := entry("two")
		e.Key.Row = "b"
		_, err := l.Insert(t.Context(), e)
		if err == nil || errors.Is(err, ledger.ErrExists) {
			t.Errorf("%v", err)
		}
		w.fail()
		if _, err := l.Get(t.Context(), e.Key); err != nil {
			t.Errorf("it was accepted, and then: %v", err)
		}
	})
}

// A table is not there at once on a new account. Whoever reads it meanwhile
// finds nothing, which is so.
func TestATableThatWasJustMadeIsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &standIn{late: 1000}
		l, err := Open(Config{Endpoint: "http://127.0.0.1:10002/devstoreaccount1", transport: ledgertest.Direct{Service: s}})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range l.List(t.Context(), "shop/notices") {
			t.Errorf("List: %v", err)
		}
		for _, err := range l.Due(t.Context(), "shop/notices", time.Now()) {
			t.Errorf("Due: %v", err)
		}
		if _, err := l.Get(t.Context(), entry("").Key); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("Get: %v", err)
		}
		if _, err := l.Insert(t.Context(), entry("one")); err == nil || !strings.Contains(err.Error(), "TableNotFound") {
			t.Errorf("Insert: %v", err)
		}
		s.late = 2
		if _, err := l.Insert(t.Context(), entry("one")); err != nil {
			t.Errorf("Insert, when it is there: %v", err)
		}
	})
}

func TestATableIsMadeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(standIn)
		w := &wire{service: s}
		isCreate := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/Tables") }
		w.fail(fault{do: drop, after: true, only: isCreate}, fault{do: status(503), only: isCreate})
		l, err := Open(Config{Endpoint: "http://127.0.0.1:10002/devstoreaccount1", transport: ledgertest.Direct{Service: w}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Get(t.Context(), entry("").Key); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%v, want ErrNotFound", err)
		}
		insert(t, l, entry("one"))
		if len(s.tables) != 1 {
			t.Errorf("tables: %v", s.tables)
		}
		w.fail(fault{do: status(403), only: isCreate})
		s.tables = nil // somebody deleted it
		if err := l.Delete(t.Context(), ledger.Entry{Key: entry("").Key}); err == nil || !strings.Contains(err.Error(), "it answered 403") {
			t.Errorf("%v", err)
		}
	})
}
