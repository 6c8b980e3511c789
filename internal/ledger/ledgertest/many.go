package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/busbell/busbell/internal/ledger"
)

func ofManyInsertsOneWins(t *testing.T, l ledger.Ledger) {
	oneWins(t, 20, func(i int) error {
		_, err := l.Insert(t.Context(), entry("a", fmt.Sprint(i)))
		return err
	}, ledger.ErrExists)
}

func ofManyUpdatesOneWins(t *testing.T, l ledger.Ledger) {
	e := insert(t, l, entry("a", "start"))
	won := oneWins(t, 20, func(i int) error {
		mine := e
		mine.Value = fmt.Append(nil, i)
		_, err := l.Update(t.Context(), mine)
		return err
	}, ledger.ErrChanged)
	wantValue(t, l, e.Key, fmt.Sprint(won))
}

func ofAnUpdateAndADeleteOneWins(t *testing.T, l ledger.Ledger) {
	e := insert(t, l, entry("a", "start"))
	oneWins(t, 20, func(i int) error {
		if i%2 == 0 {
			return l.Delete(t.Context(), e)
		}
		_, err := l.Update(t.Context(), e)
		return err
	}, ledger.ErrChanged, ledger.ErrNotFound)
}

// oneWins makes all tries at once and returns which of them had no error.
func oneWins(t *testing.T, tries int, try func(int) error, lost ...error) int {
	t.Helper()
	var wg sync.WaitGroup
	var won, winner atomic.Int32
	for i := range tries {
		wg.Go(func() {
			switch err := try(i); {
			case err == nil:
				won.Add(1)
				winner.Store(int32(i))
			case !isAny(err, lost):
				t.Errorf("a loser got %v, want one of %v", err, lost)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d won, want 1", won.Load())
	}
	return int(winner.Load())
}

func isAny(err error, wanted []error) bool {
	for _, want := range wanted {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}

// Each writer adds one, ten times, to what it has read.
func nothingIsLostAmongManyWriters(t *testing.T, l ledger.Ledger) {
	const writers, times = 6, 10
	key := insert(t, l, entry("a", "0")).Key
	add := func() error {
		for {
			e, err := l.Get(t.Context(), key)
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(string(e.Value))
			if err != nil {
				return err
			}
			e.Value = strconv.AppendInt(nil, int64(n+1), 10)
			if _, err := l.Update(t.Context(), e); !errors.Is(err, ledger.ErrChanged) {
				return err
			}
		}
	}
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range times {
				if err := add(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	wantValue(t, l, key, strconv.Itoa(writers*times))
}

// A call whose caller has gone ends with an error that is none of the
// ledger's, or does what it was asked.
func aCallThatWasCalledOff(t *testing.T, l ledger.Ledger) {
	e := insert(t, l, entry("a", "one"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	called := map[string]error{"delete": l.Delete(ctx, ledger.Entry{Key: e.Key, Version: "stale"})}
	_, called["get"] = l.Get(ctx, e.Key)
	_, called["insert"] = l.Insert(ctx, entry("b", "new"))
	for _, err := range l.List(ctx, things) {
		called["list"] = err
	}
	for what, err := range called {
		if isAny(err, []error{ledger.ErrExists, ledger.ErrNotFound}) {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantValue(t, l, e.Key, "one")
}
